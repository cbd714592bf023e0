// What a client's JSON must look like, as data; generated code has one Shape per command and
// configuration.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "base/aggregate.h"
#include "base/json.h"

namespace wf {

// A JSON Schema pattern (ECMA 262), searched for in a text as JSON Schema says: unanchored unless
// it has ^ and $. Bytes, not code points. Immutable; any thread.
class Pattern {
 public:
  explicit Pattern(const char* text);
  ~Pattern();
  Pattern(const Pattern&) = delete;
  Pattern& operator=(const Pattern&) = delete;
  bool found_in(std::string_view text) const;

 private:
  struct Compiled;
  std::unique_ptr<Compiled> compiled_;
};

struct ShapeField;

struct Shape {
  enum class Kind : std::uint8_t {
    text,
    integer,
    boolean,
    enumeration,
    array,
    object,
    id,
    instant,
    money,
    point
  };

  Kind kind = Kind::object;
  std::int64_t low =
      INT64_MIN;  // of an integer its value; of a text its code points; of an array its length
  std::int64_t high = INT64_MAX;
  const Pattern* pattern = nullptr;
  std::span<const std::string_view> values{};  // enumeration
  const Shape* item = nullptr;                 // array
  std::span<const ShapeField> fields{};        // object
  bool closed = false;                         // object: other members are faults
};

struct ShapeField {
  std::string_view name;
  const Shape* shape = nullptr;
  bool required = false;
  bool nullable = false;  // null is a value of its own
};

inline constexpr Shape shape_boolean{.kind = Shape::Kind::boolean};
inline constexpr Shape shape_id{.kind = Shape::Kind::id};
inline constexpr Shape shape_instant{.kind = Shape::Kind::instant};
inline constexpr Shape shape_money{.kind = Shape::Kind::money};
inline constexpr Shape shape_point{.kind = Shape::Kind::point};
extern const Shape shape_refused;  // base/refused.h

// Appends every fault of `json`, up to faults_max. Codes: type, required, unknown_field,
// duplicate_field, enum, format, pattern, minimum, maximum, min_length, max_length, min_items,
// max_items.
inline constexpr std::size_t faults_max = 64;
void check_shape(const Shape& shape, const Json& json, std::vector<Fault>& faults);

}  // namespace wf
