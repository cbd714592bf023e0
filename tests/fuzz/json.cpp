// Fuzzes the JSON codecs: a line with the name of an event or command, then the text of its body.
#include "base/json.h"

#include <variant>

#include "base/catalogue.h"
#include "base/check.h"
#include "base/json_canonical.h"
#include "base/json_cursor.h"
#include "fuzz/bodies.h"
#include "fuzz/input.h"
#include "gen/account_json.h"
#include "gen/booking_json.h"
#include "gen/charger_json.h"
#include "gen/inbox_json.h"
#include "gen/login_json.h"

namespace wf::fuzz {
namespace {

// What decodes is written so that it decodes to the same. False: it does not decode.
template <class T>
bool there_and_back(std::string_view text) {
  T value;
  JsonCursor in(text);
  read_json(in, value);
  if (!in.finished()) return false;
  std::string written;
  write_json(written, value);
  T again;
  JsonCursor back(written);
  read_json(back, again);
  WF_CHECK(back.finished());
  WF_CHECK(value == again);
  return true;
}

// Tries the alternative of that name; true if the text is one.
template <class Variant, std::size_t n = 0>
bool codec_of(std::string_view name, std::string_view text) {
  if constexpr (n == std::variant_size_v<Variant>) {
    return false;
  } else {
    using T = std::variant_alternative_t<n, Variant>;
    if (type_of(Variant(T{})).name != name) return codec_of<Variant, n + 1>(name, text);
    return there_and_back<T>(text);
  }
}

bool codec(std::string_view name, std::string_view text) {
  return codec_of<account::Event>(name, text) || codec_of<account::Command>(name, text) ||
         codec_of<booking::Event>(name, text) || codec_of<booking::Command>(name, text) ||
         codec_of<charger::Event>(name, text) || codec_of<charger::Command>(name, text) ||
         codec_of<inbox::Event>(name, text) || codec_of<inbox::Command>(name, text) ||
         codec_of<login::Event>(name, text) || codec_of<login::Command>(name, text);
}

void walk(JsonCursor cursor, std::string_view text) {
  const std::string_view raw = cursor.raw();
  if (!cursor.finished()) return;
  WF_CHECK(raw.data() >= text.data() && raw.data() + raw.size() <= text.data() + text.size());
}

// The strict parser: what it accepts, the quick one steps over, and its canonical form is a fixed
// point.
void strict(std::string_view text, const CommandType* command) {
  walk(JsonCursor(text), text);
  const auto document = parse_json(text);
  if (!document) return;
  JsonCursor cursor(text);
  cursor.skip();
  WF_CHECK(cursor.finished());
  const std::string once = canonical(document->root());
  const auto again = parse_json(once);
  WF_CHECK(again.has_value());
  WF_CHECK(canonical(again->root()) == once);
  if (command == nullptr) return;
  // What the gateway lets through, the decider reads.
  std::vector<Fault> faults;
  command->validate(document->root(), faults);
  if (!faults.empty() || duplicate_key(document->root()) || !command->path_field.empty()) return;
  Input unchanged(nullptr, 0);
  const std::string on_the_log = body_of(text, unchanged);
  WF_CHECK(codec(command->name, on_the_log));
}

}  // namespace
}  // namespace wf::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  wf::fuzz::Input input(data, size);
  const std::string_view name = input.line();
  wf::fuzz::codec(name, input.rest());
  wf::fuzz::strict(input.rest(), wf::catalogue().command(name));
  return 0;
}
