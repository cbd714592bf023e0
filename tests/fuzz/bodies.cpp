// A sample is parsed and written again, with the changed values in place.
#include "fuzz/bodies.h"

#include <fmt/format.h>

#include <array>
#include <fstream>
#include <map>
#include <sstream>
#include <vector>

#include "base/catalogue.h"
#include "base/check.h"
#include "base/json.h"
#include "base/json_write.h"
#include "base/time.h"

namespace wf::fuzz {
namespace {

constexpr std::size_t changes_max = 7;
constexpr std::size_t places = 64;

constexpr std::int64_t numbers[] = {0,
                                    1,
                                    -1,
                                    2,
                                    7,
                                    15,
                                    60,
                                    1440,
                                    10'000,
                                    INT32_MAX,
                                    INT32_MIN,
                                    9'007'199'254'740'991,
                                    INT64_MAX / 1'000'000,
                                    INT64_MAX,
                                    INT64_MIN};

// What texts may be: values of enumerations, zones, currencies, and what is hard to write.
const std::vector<std::string>& texts() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> made{"",
                                  "Asia/Kolkata",
                                  "Europe/London",
                                  "America/St_Johns",
                                  "INR",
                                  "EUR",
                                  "\"\\\n\t\x01",
                                  "\u00e9\u4e2d\U0001f50c",
                                  std::string(300, 'x')};
    for (const std::string_view role : catalogue().roles) made.emplace_back(role);
    for (const TableType* table : catalogue().tables) {
      for (const Column& column : table->info().columns) {
        made.insert(made.end(), column.values.begin(), column.values.end());
      }
    }
    for (const CommandType& type : catalogue().commands) made.emplace_back(type.name);
    if (made.size() > 255) made.resize(255);
    return made;
  }();
  return all;
}

// Quarters of an hour around the samples' times; at the ends all that RFC 3339 can say.
std::string some_instant(std::uint8_t choice) {
  if (choice == 0) return "0001-01-01T00:00:00Z";
  if (choice == 255) return "9999-12-31T23:59:59.999999Z";
  constexpr Instant noon{1'795'251'600'000'000};
  return (noon + Duration::minutes((choice - 128) * 15)).text();
}

class Rewrite {
 public:
  explicit Rewrite(Input& input) {
    for (std::size_t changes = input.below(changes_max + 1); changes > 0; --changes) {
      const std::size_t place = input.below(places);
      changes_[place] = {true, input.byte()};
    }
  }

  void value(Json json) {
    const Change change = next();
    if (json.is_object()) return object(json);
    if (json.is_array()) return array(json, change);
    if (json.is_string()) return text(json.as_string(), change);
    if (json.is_bool()) return append_bool(out, json.as_bool() != change.wanted);
    if (json.is_null()) {
      out += "null";
    } else if (const auto whole = json.as_int64()) {
      integer(*whole, change);
    } else {
      out += json.number_text();
    }
  }

  std::string out;

 private:
  struct Change {
    bool wanted = false;
    std::uint8_t choice = 0;
  };

  Change next() {
    const std::size_t place = place_++;
    return place < places ? changes_[place] : Change{};
  }
  void comma(char open) {
    if (out.back() != open) out += ',';
  }
  void object(Json json) {
    out += '{';
    for (const auto& [key, value_of_key] : json.members()) {
      const Change change = next();  // it is left out, or, more seldom, null
      if (change.wanted && change.choice % 4 != 0) continue;
      comma('{');
      append_json_string(out, key);
      out += ':';
      if (change.wanted) {
        out += "null";
      } else {
        value(value_of_key);
      }
    }
    out += '}';
  }
  // A changed array holds its elements 0 to 3 times.
  void array(Json json, Change change) {
    out += '[';
    for (int times = change.wanted ? change.choice % 4 : 1; times > 0; --times) {
      for (const Json element : json.elements()) {
        comma('[');
        value(element);
      }
    }
    out += ']';
  }
  void text(std::string_view was, Change change) {
    if (!change.wanted) return append_json_string(out, was);
    if (Uuid::parse(was)) return append_json_string(out, some_id(change.choice).text());
    if (Instant::parse(was)) return append_json_string(out, some_instant(change.choice));
    append_json_string(out, texts()[change.choice % texts().size()]);
  }
  void integer(std::int64_t was, Change change) {
    if (!change.wanted) return append_int(out, was);
    const std::size_t n = change.choice;
    append_int(out, n < std::size(numbers) ? numbers[n] : static_cast<std::int64_t>(n));
  }

  std::array<Change, places> changes_{};
  std::size_t place_ = 0;
};

std::vector<Sample> read_samples() {
  std::vector<Sample> found;
  for (const EventType& type : catalogue().events) {
    for (int version = 1;; ++version) {
      const std::ifstream file(
          fmt::format("{}/tests/golden/events/{}.{}.json", WF_SOURCE_DIR, type.name, version));
      if (!file && version > 1) break;
      std::ostringstream text;
      text << file.rdbuf();
      WF_CHECK(!text.str().empty());
      found.push_back({&type, text.str()});
    }
  }
  return found;
}

// The ids of samples, by the name of their member.
const std::map<std::string, Uuid, std::less<>>& sample_ids() {
  static const auto all = [] {
    std::map<std::string, Uuid, std::less<>> made;
    for (const Sample& sample : event_samples()) {
      const auto document = parse_json(sample.text);
      WF_CHECK(document.has_value());
      for (const auto& [key, value] : document->root().members()) {
        const auto id = value.is_string() ? Uuid::parse(value.as_string()) : std::nullopt;
        if (id) made.emplace(key, *id);
      }
    }
    return made;
  }();
  return all;
}

const std::vector<Uuid>& ids() {
  static const auto all = [] {
    std::vector<Uuid> made;
    for (const auto& [name, id] : sample_ids()) made.push_back(id);
    return made;
  }();
  return all;
}

}  // namespace

std::string body_of(std::string_view sample, Input& input) {
  const auto document = parse_json(sample);
  WF_CHECK(document.has_value());
  Rewrite rewrite(input);
  rewrite.value(document->root());
  return std::move(rewrite.out);
}

std::string command_of(const CommandType& type, Input& input) {
  std::string body = body_of(type.sample, input);
  const auto document = parse_json(body);
  WF_CHECK(document.has_value());
  std::vector<Fault> faults;
  type.validate(document->root(), faults);
  if (!faults.empty() || type.path_field.empty()) return faults.empty() ? body : std::string();
  const bool only = document->root().size() == 0;
  const std::uint8_t choice = input.byte();
  const Uuid id = choice == 0 ? sample_ids().find(type.path_field)->second : some_id(choice);
  return fmt::format("{{\"{}\":\"{}\"{}{}",
                     type.path_field,
                     id.text(),
                     only ? "" : ",",
                     std::string_view(body).substr(1));
}

std::span<const Sample> event_samples() {
  static const auto all = read_samples();
  return all;
}

Uuid some_id(std::uint8_t choice) {
  if (choice == 0) return {};
  if (choice == 1) return system_account.value;
  if (choice >= 192) {
    return Uuid::v5(command_id(choice / 2 % 32), choice % 2 == 0 ? "booking" : "block");
  }
  return ids()[choice % ids().size()];
}

Uuid command_id(std::size_t n) { return Uuid::v5({}, fmt::format("command {}", n)); }

}  // namespace wf::fuzz
