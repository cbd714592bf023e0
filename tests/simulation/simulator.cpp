// simulator [--seeds N] [--from S] [--lesson NAME] [--jobs J]: runs seeds, and tells the story of
// the first that fails; --story: of the first, whatever becomes of it.
#include <fmt/format.h>
#include <sys/personality.h>
#include <sys/wait.h>
#include <unistd.h>
#include <CLI/CLI.hpp>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <vector>

#include "simulation/attempt.h"
#include "simulation/lessons.h"
#include "simulation/shrink.h"

namespace {

using namespace wf::simulation;

// Some hash tables begin at an address: with the same addresses every run is the same.
void keep_addresses(char** argv) {
  const int now = personality(0xffffffffUL);
  if (now < 0 || (now & ADDR_NO_RANDOMIZE) != 0) return;
  if (personality(static_cast<unsigned long>(now) | ADDR_NO_RANDOMIZE) < 0) return;
  execv("/proc/self/exe", argv);
}

// Its shortest story.
void tell(std::uint64_t seed, const Lesson* about, int shrink_seconds) {
  Plan plan = plan_of(seed, about);
  const std::size_t whole = plan.size();
  if (shrink_seconds > 0) plan = shrink(seed, std::move(plan), shrink_seconds);
  const Verdict verdict = attempt(seed, plan, true);
  fmt::print("\nseed {}, {} of its {} actions:\n{}", seed, plan.size(), whole, verdict.trace);
  fmt::print("seed {}: {}\nagain: scripts/simulate --seeds 1 --from {}{}{}\n",
             seed,
             verdict.wrong,
             seed,
             about == nullptr ? "" : " --lesson ",
             about == nullptr ? "" : about->name);
}

}  // namespace

int main(int argc, char** argv) {
  keep_addresses(argv);
  std::uint64_t seeds = 500;
  std::uint64_t from = 0;
  std::uint64_t jobs = 2;
  int shrink_seconds = 60;
  bool stop_at_red = false;
  bool story = false;
  CLI::App app("Runs deployments under seeds: processes, clients and networks that fail.");
  app.add_option("--seeds", seeds, "how many");
  app.add_option("--from", from, "the first one");
  app.add_option("--jobs", jobs, "processes at a time")->check(CLI::Range(1, 64));
  app.add_option("--shrink", shrink_seconds, "seconds to look for a shorter story; 0: none");
  app.add_flag("--until-red", stop_at_red, "ends with the first seed that fails, without a story");
  app.add_flag("--story", story, "tells what happens under the first seed, and ends");
  std::string named;
  app.add_option("--lesson", named, "what shall happen more often: a name of lessons.cpp");
  CLI11_PARSE(app, argc, argv);
  const Lesson* const about = lesson(named);
  if (!named.empty() && about == nullptr) {
    fmt::print(stderr, "simulator: there is no lesson '{}'\n", named);
    return 2;
  }
  if (story) {
    tell(from, about, 0);
    return 0;
  }

  const auto began = std::chrono::steady_clock::now();
  // Each job takes every jobs-th seed, and ends with the first that fails.
  std::vector<pid_t> children;
  int results[2];
  if (pipe(results) != 0) return 2;
  for (std::uint64_t job = 0; job < jobs; ++job) {
    std::fflush(stdout);
    const pid_t child = fork();
    if (child != 0) {
      children.push_back(child);
      continue;
    }
    close(results[0]);
    for (std::uint64_t i = job; i < seeds; i += jobs) {
      const std::string wrong = attempt(from + i, plan_of(from + i, about), false).wrong;
      if (wrong.empty()) continue;
      fmt::print("seed {}: {}\n", from + i, wrong);
      std::fflush(stdout);
      const std::uint64_t seed = from + i;
      if (write(results[1], &seed, sizeof seed) != sizeof seed) std::_Exit(2);
      if (stop_at_red) break;
    }
    std::_Exit(0);
  }
  close(results[1]);
  std::vector<std::uint64_t> red;
  for (std::uint64_t seed; read(results[0], &seed, sizeof seed) == sizeof seed;) {
    red.push_back(seed);
    if (!stop_at_red) continue;
    for (const pid_t child : children) kill(child, SIGTERM);
  }
  for (const pid_t child : children) waitpid(child, nullptr, 0);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  if (!red.empty() && !stop_at_red) {
    tell(*std::min_element(red.begin(), red.end()), about, shrink_seconds);
  }
  fmt::print("{} seeds from {} on, {} red, {:.0f} s\n", seeds, from, red.size(), took.count());
  return red.empty() ? 0 : 1;
}
