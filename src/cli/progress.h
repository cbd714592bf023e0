// How far long work is: a bar on a terminal, a line now and then elsewhere.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "cli/output.h"

namespace wf::cli {

// One thread. Prints to the error output, so that what a command prints stays clean.
class Progress {
 public:
  // `unit`: what is counted.
  Progress(Output& out, std::string what, std::string_view unit = "events");
  ~Progress() { finish(); }

  // `done` of `total`, and how many units that were, of which the rate is.
  void update(std::uint64_t done, std::uint64_t total, std::uint64_t count);
  void finish();  // ends the bar's line

 private:
  Output& out_;
  std::string what_;
  std::string_view unit_;
  bool terminal_;
  bool shown_ = false;
  Instant started_;
  Instant printed_;
};

// "[#####-----] 52 %, 412,000 events/s, 3 s left".
std::string progress_text(std::uint64_t done,
                          std::uint64_t total,
                          std::uint64_t count,
                          std::string_view unit,
                          Duration elapsed);

}  // namespace wf::cli
