// Finds the broker through the environment, and stops, kills and starts it.
#include "conformance/kafka_broker.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <boost/test/unit_test.hpp>

namespace wf::conformance {
namespace {

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  BOOST_REQUIRE_MESSAGE(value != nullptr, name << " is not set: run through with_kafka");
  return value;
}

void control(const std::string& action) {
  shell(from_environment("WF_KAFKA_SCRIPT") + " " + action + " --dir " +
        from_environment("WF_KAFKA_DIR"));
}

pid_t broker_pid() {
  std::ifstream file(from_environment("WF_KAFKA_DIR") + "/1/pid");
  pid_t pid = 0;
  BOOST_REQUIRE(file >> pid && pid > 1);
  return pid;
}

// A signal reaches a process's threads one by one.
bool all_stopped(pid_t pid) {
  for (const auto& task :
       std::filesystem::directory_iterator("/proc/" + std::to_string(pid) + "/task")) {
    std::ifstream file(task.path() / "stat");
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const auto name_end = text.rfind(") ");
    if (name_end != std::string::npos && text[name_end + 2] != 'T') return false;
  }
  return true;
}

}  // namespace

KafkaLogOptions on_broker(const std::vector<TopicSpec>& topics) {
  KafkaLogOptions options;
  options.bootstrap = from_environment("WF_KAFKA_BOOTSTRAP");
  options.prefix = Uuid::random().text() + ".";
  options.topics = topics;
  options.append_deadline = Duration::seconds(60);  // the machine may be busy
  options.query_deadline = Duration::seconds(60);
  options.silence_max = Duration::seconds(60);
  return options;
}

std::unique_ptr<Log> create_on_broker(const KafkaLogOptions& options) {
  const auto report = ensure_topics(options, one_broker);
  BOOST_REQUIRE_MESSAGE(report, (report ? "" : report.error().detail));
  auto log = open_kafka_log(options);
  BOOST_REQUIRE_MESSAGE(log, (log ? "" : log.error().detail));
  return std::move(*log);
}

void stop_broker() {
  const pid_t pid = broker_pid();
  BOOST_REQUIRE_EQUAL(::kill(pid, SIGSTOP), 0);
  while (!all_stopped(pid)) std::this_thread::yield();
}

void continue_broker() { BOOST_CHECK_EQUAL(::kill(broker_pid(), SIGCONT), 0); }

void kill_broker() { control("kill"); }
void start_broker() { control("up"); }

std::string shell(const std::string& command) {
  FILE* pipe = ::popen(command.c_str(), "r");
  BOOST_REQUIRE(pipe != nullptr);
  std::string text;
  std::array<char, 4096> buffer;
  while (const auto n = std::fread(buffer.data(), 1, buffer.size(), pipe))
    text.append(buffer.data(), n);
  BOOST_REQUIRE_MESSAGE(::pclose(pipe) == 0, "failed: " << command);
  return text;
}

}  // namespace wf::conformance
