// simulator [--seeds N] [--from S] [--lesson NAME] [--jobs J]: runs seeds, and tells the story of
// the first that fails; --story: of the first, whatever becomes of it. Ends with 0: none failed, 1:
// some did, 2: not all could be run.
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <system_error>
#include <vector>

#include "simulation/attempt.h"
#include "simulation/lessons.h"
#include "simulation/shrink.h"

namespace {

using namespace wf::simulation;

struct Options {
  std::uint64_t seeds = 500;
  std::uint64_t from = 0;
  std::uint64_t jobs = 2;
  int shrink_seconds = 60;
  bool until_red = false;
  bool story = false;
  std::string lesson;
  const Lesson* about = nullptr;
  std::string directory =  // in memory, if that is possible
      std::filesystem::exists("/dev/shm") ? "/dev/shm" : std::filesystem::temp_directory_path();
};

// What jobs have found so far. In memory that all of them share.
struct Found {
  std::atomic<std::uint64_t> run = 0;
  std::atomic<std::uint64_t> red = 0;
  std::atomic<std::uint64_t> first_red = UINT64_MAX;
  std::atomic<bool> enough = false;
};

// Some hash tables begin at an address: with the same addresses every run is the same.
void keep_addresses(char** argv) {
  const int now = personality(0xffffffffUL);
  if (now < 0 || (now & ADDR_NO_RANDOMIZE) != 0) return;
  if (personality(static_cast<unsigned long>(now) | ADDR_NO_RANDOMIZE) < 0) return;
  execv("/proc/self/exe", argv);
}

// Its shortest story.
void tell(std::uint64_t seed, const Options& options, int shrink_seconds) {
  Plan plan = plan_of(seed, options.about);
  const std::size_t whole = plan.size();
  const auto fails = [&](const Plan& shorter) {
    return !attempt(seed, shorter, false, options.directory).wrong.empty();
  };
  if (shrink_seconds > 0) plan = shrink(std::move(plan), fails, shrink_seconds);
  const Verdict verdict = attempt(seed, plan, true, options.directory);
  fmt::print("\nseed {}, {} of its {} actions:\n{}", seed, plan.size(), whole, verdict.trace);
  fmt::print("seed {}: {}\nagain: scripts/simulate --seeds 1 --from {}{}{}\n",
             seed,
             verdict.wrong,
             seed,
             options.about == nullptr ? "" : " --lesson ",
             options.about == nullptr ? "" : options.about->name);
}

void count_red(std::uint64_t seed, Found& found) {
  ++found.red;
  std::uint64_t first = found.first_red;
  while (seed < first && !found.first_red.compare_exchange_weak(first, seed)) {
  }
}

// Every jobs-th seed.
void run_job(std::uint64_t job, const Options& options, Found& found) {
  for (std::uint64_t i = job; i < options.seeds && !found.enough; i += options.jobs) {
    const std::uint64_t seed = options.from + i;
    const Plan plan = plan_of(seed, options.about);
    const std::string wrong = attempt(seed, plan, false, options.directory).wrong;
    ++found.run;
    if (wrong.empty()) continue;
    fmt::print("seed {}: {}\n", seed, wrong);
    std::fflush(stdout);
    count_red(seed, found);
    if (options.until_red) found.enough = true;
  }
}

Found& shared_memory() {
  void* const at =
      mmap(nullptr, sizeof(Found), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (at == MAP_FAILED) throw std::system_error(errno, std::generic_category(), "mmap");
  return *new (at) Found;
}

int run(const Options& options) {
  const auto began = std::chrono::steady_clock::now();
  Found& found = shared_memory();
  std::vector<pid_t> children;
  bool whole = true;  // every job came to its end
  for (std::uint64_t job = 0; job < options.jobs && whole; ++job) {
    std::fflush(stdout);
    const pid_t child = fork();
    if (child == 0) {
      run_job(job, options, found);
      std::_Exit(0);
    }
    whole = child > 0;
    if (whole) children.push_back(child);
    if (!whole) found.enough = true;
  }
  for (const pid_t child : children) {
    int status = 0;
    whole &= waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  const std::uint64_t red = found.red;
  if (red > 0 && whole && !options.until_red)
    tell(found.first_red, options, options.shrink_seconds);
  fmt::print(
      "{} seeds from {} on, {} red, {:.0f} s\n", found.run.load(), options.from, red, took.count());
  if (!whole) fmt::print(stderr, "simulator: a job died before its last seed\n");
  if (!whole) return 2;
  return red == 0 ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  keep_addresses(argv);
  Options options;
  CLI::App app("Runs deployments under seeds: processes, clients and networks that fail.");
  app.add_option("--seeds", options.seeds, "how many");
  app.add_option("--from", options.from, "the first one");
  app.add_option("--jobs", options.jobs, "processes at a time")->check(CLI::Range(1, 64));
  app.add_option(
      "--shrink", options.shrink_seconds, "seconds to look for a shorter story; 0: none");
  app.add_flag(
      "--until-red", options.until_red, "ends with the first seed that fails, without a story");
  app.add_flag("--story", options.story, "tells what happens under the first seed, and ends");
  app.add_option("--lesson", options.lesson, "what shall happen more often: a name of lessons.cpp");
  app.add_option("--directory", options.directory, "where runs keep their files meanwhile")
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  options.about = lesson(options.lesson);
  if (!options.lesson.empty() && options.about == nullptr) {
    fmt::print(stderr, "simulator: there is no lesson '{}'\n", options.lesson);
    return 2;
  }
  if (!options.story) return run(options);
  tell(options.from, options, 0);
  return 0;
} catch (const std::exception& error) {  // of the parent, or of a job
  fmt::print(stderr, "simulator: {}\n", error.what());
  return 2;
}
