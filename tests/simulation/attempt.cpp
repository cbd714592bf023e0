// The child runs, the parent reads what it says through a pipe.
#include "simulation/attempt.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "simulation/world.h"

namespace wf::simulation {
namespace {

namespace fs = std::filesystem;

constexpr unsigned seconds_max = 120;

// libsodium's randomness, from the seed: keys, nonces and ids are the same in every replay.
Random& sodium_source() {
  static Random source(0);
  return source;
}
const char* source_name() { return "simulation"; }
std::uint32_t source_random() { return static_cast<std::uint32_t>(sodium_source().next()); }
void source_fill(void* to, std::size_t size) {
  auto* at = static_cast<unsigned char*>(to);
  for (std::size_t i = 0; i < size; ++i) {
    at[i] = static_cast<unsigned char>(sodium_source().next() >> 24U);
  }
}

void seed_sodium(std::uint64_t seed) {
  static randombytes_implementation source{
      source_name, source_random, nullptr, nullptr, source_fill, nullptr};
  sodium_source() = Random(seed);
  randombytes_set_implementation(&source);
}

// Gone with the object.
class Directory {
 public:
  explicit Directory(const std::string& root)
      : path_(fs::path(root) / fmt::format("wayfold-simulation-{}", getpid())) {
    clear();
    fs::create_directories(path_);
  }
  ~Directory() { clear(); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  std::string path() const { return path_.string(); }

 private:
  void clear() const {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  fs::path path_;
};

Verdict run(std::uint64_t seed, const Plan& plan, bool tracing, const std::string& directory) {
  seed_sodium(seed);
  Verdict verdict;
  World world(seed, directory, tracing);
  verdict.wrong = world.run(plan);
  for (const std::string& line : world.trace()) verdict.trace += line + "\n";
  return verdict;
}

void write_all(int file, const std::string& text) {
  for (std::size_t at = 0; at < text.size();) {
    const auto done = write(file, text.data() + at, text.size() - at);
    if (done <= 0) return;
    at += static_cast<std::size_t>(done);
  }
}

std::string read_all(int file) {
  std::string text;
  char bytes[4096];
  for (ssize_t n; (n = ::read(file, bytes, sizeof bytes)) > 0;) {
    text.append(bytes, static_cast<std::size_t>(n));
  }
  return text;
}

}  // namespace

Verdict attempt(std::uint64_t seed, const Plan& plan, bool tracing, const std::string& root) {
  const Directory directory(root);
  int ends[2];
  if (pipe(ends) != 0) throw std::system_error(errno, std::generic_category(), "pipe");
  const pid_t child = fork();
  if (child < 0) throw std::system_error(errno, std::generic_category(), "fork");
  if (child == 0) {
    close(ends[0]);
    alarm(seconds_max);
    const Verdict verdict = run(seed, plan, tracing, directory.path());
    write_all(ends[1], verdict.wrong + '\0' + verdict.trace);
    std::_Exit(0);
  }
  close(ends[1]);
  const std::string told = read_all(ends[0]);
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  const std::size_t end = std::min(told.find('\0'), told.size());
  Verdict verdict{told.substr(0, end), told.substr(std::min(end + 1, told.size()))};
  if (WIFSIGNALED(status)) {
    verdict.wrong = fmt::format("the process ended by {}", strsignal(WTERMSIG(status)));
  } else if (WEXITSTATUS(status) != 0 || told.empty()) {
    verdict.wrong = fmt::format("the process ended with {}", WEXITSTATUS(status));
  }
  return verdict;
}

}  // namespace wf::simulation
