// The walk over a body beside its shape, with the JSON Pointer of where it is.
#include "base/shape.h"

#include <fmt/format.h>

#include <algorithm>
#include <regex>

#include "base/time.h"
#include "base/utf8.h"
#include "base/uuid.h"

namespace wf {
namespace {

constexpr Shape text_64{.kind = Shape::Kind::text, .high = 64};
constexpr ShapeField refused_fields[] = {{"command", &text_64, true},
                                         {"stream", &shape_id, true},
                                         {"reason", &text_64, true},
                                         {"event", &shape_id, true}};
// What is stored as the client wrote it has a bound: nanoseconds and an offset; a place to less
// than an atom.
constexpr std::size_t instant_chars_max = 35;
constexpr std::size_t degrees_chars_max = 24;

constexpr Shape minor_units{
    .kind = Shape::Kind::integer, .low = -1'000'000'000'000'000, .high = 1'000'000'000'000'000};
constexpr Shape currency{.kind = Shape::Kind::text};
constexpr ShapeField money_fields[] = {{"minor", &minor_units, true},
                                       {"currency", &currency, true}};
constexpr Shape money_object{.kind = Shape::Kind::object, .fields = money_fields, .closed = true};

class Check {
 public:
  explicit Check(std::vector<Fault>& faults) : faults_(faults) {}

  void value(const Shape& shape, const Json& json) {
    switch (shape.kind) {
      case Shape::Kind::text:
        return text(shape, json);
      case Shape::Kind::integer:
        return integer(shape, json);
      case Shape::Kind::boolean:
        if (!json.is_bool()) fault("type", "must be true or false");
        return;
      case Shape::Kind::enumeration:
        return enumeration(shape, json);
      case Shape::Kind::array:
        return array(shape, json);
      case Shape::Kind::object:
        return object(shape, json);
      case Shape::Kind::id:
        return parsed(
            json, "must be a UUID", [](std::string_view t) { return Uuid::parse(t).has_value(); });
      case Shape::Kind::instant:
        return parsed(
            json, "must be an RFC 3339 time, as 2026-11-21T09:00:00Z", [](std::string_view t) {
              return t.size() <= instant_chars_max && Instant::parse(t).has_value();
            });
      case Shape::Kind::money:
        return money(json);
      case Shape::Kind::point:
        return point(json);
    }
  }

 private:
  void fault(std::string_view code, std::string detail) {
    if (faults_.size() < faults_max) faults_.push_back({at_, std::string(code), std::move(detail)});
  }

  void inside(std::string_view token, const Shape& shape, const Json& json) {
    const std::size_t size = at_.size();
    append_pointer_token(at_, token);
    value(shape, json);
    at_.resize(size);
  }

  void fault_inside(std::string_view token, std::string_view code, std::string detail) {
    const std::size_t size = at_.size();
    append_pointer_token(at_, token);
    fault(code, std::move(detail));
    at_.resize(size);
  }

  void text(const Shape& shape, const Json& json) {
    if (!json.is_string()) return fault("type", "must be a text");
    const std::string_view text = json.as_string();
    const auto length = static_cast<std::int64_t>(count_code_points(text));
    if (length < shape.low)
      fault("min_length", fmt::format("must have at least {} characters", shape.low));
    if (length > shape.high)
      return fault("max_length", fmt::format("must have at most {} characters", shape.high));
    if (shape.pattern != nullptr && !shape.pattern->found_in(text))
      fault("pattern", "has not the form it must have");
  }

  void integer(const Shape& shape, const Json& json) {
    const std::optional<std::int64_t> number = json.as_int64();
    if (!number) return fault("type", "must be an integer");
    if (*number < shape.low) fault("minimum", fmt::format("must be at least {}", shape.low));
    if (*number > shape.high) fault("maximum", fmt::format("must be at most {}", shape.high));
  }

  void enumeration(const Shape& shape, const Json& json) {
    if (!json.is_string()) return fault("type", "must be a text");
    if (std::ranges::find(shape.values, json.as_string()) == shape.values.end()) {
      fault("enum", fmt::format("must be one of {}", fmt::join(shape.values, ", ")));
    }
  }

  void array(const Shape& shape, const Json& json) {
    if (!json.is_array()) return fault("type", "must be an array");
    const auto size = static_cast<std::int64_t>(json.size());
    if (size < shape.low)
      fault("min_items", fmt::format("must have at least {} elements", shape.low));
    if (size > shape.high)
      return fault("max_items", fmt::format("must have at most {} elements", shape.high));
    std::size_t index = 0;
    for (const Json element : json.elements())
      inside(std::to_string(index++), *shape.item, element);
  }

  void object(const Shape& shape, const Json& json) {
    if (!json.is_object()) return fault("type", "must be an object");
    for (const ShapeField& field : shape.fields) {
      const std::optional<Json> member = json.find(field.name);
      if (member) {
        if (field.nullable && member->is_null()) continue;
        inside(field.name, *field.shape, *member);
      } else if (field.required) {
        fault_inside(field.name, "required", "is missing");
      }
    }
    if (!shape.closed) return;
    for (const auto& [key, member] : json.members()) {
      const auto same = [&name = key](const ShapeField& field) { return field.name == name; };
      if (std::ranges::none_of(shape.fields, same))
        fault_inside(key, "unknown_field", "is not known here");
    }
  }

  template <class Valid>
  void parsed(const Json& json, const char* detail, Valid valid) {
    if (!json.is_string()) return fault("type", detail);
    if (!valid(json.as_string())) fault("format", detail);
  }

  void money(const Json& json) {
    const std::size_t before = faults_.size();
    object(money_object, json);
    if (faults_.size() != before) return;
    const std::string_view code = json.find("currency")->as_string();
    const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
    if (code.size() != 3 || !std::ranges::all_of(code, upper)) {
      fault_inside("currency", "format", "must be three capital letters (ISO 4217)");
    }
  }

  void point(const Json& json) {
    if (!json.is_array() || json.size() != 2) return fault("type", "must be [longitude, latitude]");
    int index = 0;
    for (const Json element : json.elements()) {
      const double limit = index == 0 ? 180 : 90;
      const std::string token = std::to_string(index++);
      if (!element.is_number()) {
        fault_inside(token, "type", "must be a number");
      } else if (element.kind() == JsonKind::number &&
                 element.number_text().size() > degrees_chars_max) {
        fault_inside(token, "format", "must be degrees in at most 24 characters");
      } else if (element.as_double() < -limit) {
        fault_inside(token, "minimum", fmt::format("must be at least {}", -limit));
      } else if (element.as_double() > limit) {
        fault_inside(token, "maximum", fmt::format("must be at most {}", limit));
      }
    }
  }

  std::vector<Fault>& faults_;
  std::string at_;
};

}  // namespace

const Shape shape_refused{.kind = Shape::Kind::object, .fields = refused_fields, .closed = true};

struct Pattern::Compiled {
  std::regex regex;
};

Pattern::Pattern(const char* text)
    : compiled_(new Compiled{std::regex(text, std::regex::ECMAScript)}) {}
Pattern::~Pattern() = default;

bool Pattern::found_in(std::string_view text) const {
  return std::regex_search(text.begin(), text.end(), compiled_->regex);
}

void check_shape(const Shape& shape, const Json& json, std::vector<Fault>& faults) {
  if (const std::optional<std::string> twice = duplicate_key(json)) {
    faults.push_back({*twice, "duplicate_field", "is there twice"});
  }
  Check(faults).value(shape, json);
}

}  // namespace wf
