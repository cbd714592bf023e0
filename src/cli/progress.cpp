// Rates and bars.
#include "cli/progress.h"

#include <fmt/format.h>

#include <algorithm>

namespace wf::cli {
namespace {

constexpr Duration bar_every = Duration::millis(100);
constexpr Duration line_every = Duration::seconds(5);
constexpr std::uint64_t width = 30;

}  // namespace

std::string progress_text(std::uint64_t done,
                          std::uint64_t total,
                          std::uint64_t count,
                          std::string_view unit,
                          Duration elapsed) {
  const std::uint64_t whole = std::max<std::uint64_t>(total, 1);
  const std::uint64_t at = std::min(done, whole);
  const double seconds = static_cast<double>(std::max<std::int64_t>(elapsed.us, 1)) / 1e6;
  const double left =
      at == 0 ? 0 : seconds * static_cast<double>(whole - at) / static_cast<double>(at);
  return fmt::format("[{}{}] {} %, {} {}/s, {} s left",
                     std::string(at * width / whole, '#'),
                     std::string(width - at * width / whole, '-'),
                     at * 100 / whole,
                     static_cast<std::uint64_t>(static_cast<double>(count) / seconds),
                     unit,
                     static_cast<std::uint64_t>(left + 0.5));
}

Progress::Progress(Output& out, std::string what, std::string_view unit)
    : out_(out),
      what_(std::move(what)),
      unit_(unit),
      terminal_(out.is_terminal()),
      started_(wall_clock()) {
  printed_ = started_;
}

void Progress::update(std::uint64_t done, std::uint64_t total, std::uint64_t count) {
  const Instant now = wall_clock();
  if (now - printed_ < (terminal_ ? bar_every : line_every)) return;
  printed_ = now;
  shown_ = true;
  const std::string text = progress_text(done, total, count, unit_, now - started_);
  out_.text() +=
      terminal_ ? fmt::format("\r{} {}\x1b[K", what_, text) : fmt::format("{} {}\n", what_, text);
  out_.flush();
}

void Progress::finish() {
  if (shown_ && terminal_) {
    out_.text() += "\r\x1b[K";
    out_.flush();
  }
  shown_ = false;
}

}  // namespace wf::cli
