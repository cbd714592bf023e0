// Fuzzes the configuration files: a line with "process" or "platform", then the text of the file.
#include "base/check.h"
#include "base/json.h"
#include "fuzz/input.h"
#include "gen/platform.h"
#include "gen/process.h"

namespace wf::fuzz {
namespace {

// What is accepted is written so that it is accepted again, and says the same.
template <class Config>
void check(std::string_view text, Result<Config> (*parse)(const Json&, std::vector<Fault>&)) {
  const auto document = parse_json(text);
  if (!document) return;
  std::vector<Fault> faults;
  const Result<Config> config = parse(document->root(), faults);
  WF_CHECK(config.has_value() == faults.empty());
  if (!config) return;
  std::string written;
  write_json(written, *config);
  const auto again = parse_json(written);
  WF_CHECK(again.has_value());
  const Result<Config> back = parse(again->root(), faults);
  WF_CHECK(back.has_value() && *back == *config);
}

}  // namespace
}  // namespace wf::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  wf::fuzz::Input input(data, size);
  if (input.line() == "platform") {
    wf::fuzz::check<wf::PlatformConfig>(input.rest(), wf::parse_platform);
  } else {
    wf::fuzz::check<wf::ProcessConfig>(input.rest(), wf::parse_process);
  }
  return 0;
}
