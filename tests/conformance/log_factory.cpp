// The list of logs, and the factories of the embedded one.
#include "conformance/log_factory.h"

#include <boost/test/unit_test.hpp>
#include <cstdlib>

#include "conformance/kafka_factory.h"
#include "log/memory_disk.h"
#include "log/rocks_log.h"
#include "support/temp_dir.h"

namespace wf::conformance {
namespace {

std::unique_ptr<Log> opened(RocksLogOptions options) {
  auto log = open_rocks_log(std::move(options));
  BOOST_REQUIRE_MESSAGE(log, (log ? "" : log.error().detail));
  return std::move(*log);
}

class OnDisk : public LogFactory {
 public:
  explicit OnDisk(std::size_t tail_bytes) : tail_bytes_(tail_bytes) {}
  std::unique_ptr<Log> create(const std::vector<TopicSpec>& topics) override {
    return reopen(topics);
  }
  std::unique_ptr<Log> reopen(const std::vector<TopicSpec>& topics) override {
    RocksLogOptions options;
    options.path = (dir_ / "log").string();
    options.topics = topics;
    options.tail_bytes = tail_bytes_;
    return opened(std::move(options));
  }

 private:
  TempDir dir_;
  std::size_t tail_bytes_;
};

class InMemory : public LogFactory {
 public:
  std::unique_ptr<Log> create(const std::vector<TopicSpec>& topics) override {
    return reopen(topics);
  }
  std::unique_ptr<Log> reopen(const std::vector<TopicSpec>& topics) override {
    RocksLogOptions options;
    options.path = "/log";
    options.topics = topics;
    options.disk = &disk_;
    options.inline_commit = true;
    return opened(std::move(options));
  }

 private:
  MemoryDisk disk_;
};

}  // namespace

// Those on this machine, or, run through with_kafka, the one on its broker.
const std::vector<LogKind>& all_logs() {
  static const std::vector<LogKind> here{
      {"rocks", [] { return std::make_unique<OnDisk>(std::size_t{4} << 20U); }},
      {"rocks_without_tail", [] { return std::make_unique<OnDisk>(0); }},
      {"rocks_in_memory", [] { return std::make_unique<InMemory>(); }},
  };
  static const std::vector<LogKind> on_broker{{"kafka", kafka_factory}};
  return std::getenv("WF_KAFKA_BOOTSTRAP") == nullptr ? here : on_broker;
}

}  // namespace wf::conformance
