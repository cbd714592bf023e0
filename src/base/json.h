// A strict JSON document, as clients send it. For JSON that Wayfold wrote itself there is
// base/json_cursor.h.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace wf {

enum class JsonKind : std::uint8_t {
  null,
  boolean,
  integer,  // a number whose value is whole and fits std::int64_t; 1.0 and 1e3 are
  number,   // any other number
  string,
  array,
  object,
};

// One entry of a document's tape: an object is followed by key, value, key, value…, an array by its
// elements.
struct JsonNode {
  union {
    const char* text;      // string, number
    std::int64_t integer;  // integer, boolean
    std::size_t span;      // array, object: nodes up to its end, itself included
  };
  std::uint32_t size;  // bytes of text, or number of members or elements
  JsonKind kind;
};

// A value in a document: a pointer, valid while the document lives. Immutable; any thread.
class Json {
 public:
  class Elements;
  class Members;
  struct Member;

  explicit Json(const JsonNode* node) : node_(node) {}

  JsonKind kind() const { return node_->kind; }
  bool is_null() const { return kind() == JsonKind::null; }
  bool is_bool() const { return kind() == JsonKind::boolean; }
  bool is_string() const { return kind() == JsonKind::string; }
  bool is_array() const { return kind() == JsonKind::array; }
  bool is_object() const { return kind() == JsonKind::object; }
  bool is_number() const { return kind() == JsonKind::integer || kind() == JsonKind::number; }

  // Asking a value of another kind is a bug, but for as_int64 and find, which then give nothing.
  bool as_bool() const;
  std::string_view as_string() const;
  std::optional<std::int64_t> as_int64() const;
  double as_double() const;              // of any number; infinite beyond a double's range
  std::string_view number_text() const;  // of kind number only, as the client wrote it
  std::size_t size() const;              // elements or members

  // The value of the first member of that name.
  std::optional<Json> find(std::string_view key) const;
  Elements elements() const;  // for (const Json element : json.elements())
  Members members() const;    // for (const auto& [key, value] : json.members())

 private:
  friend class JsonElementIterator;
  friend class JsonMemberIterator;
  const JsonNode* next() const { return node_ + (is_array() || is_object() ? node_->span : 1); }

  const JsonNode* node_;
};

struct Json::Member {
  std::string_view key;
  Json value;
};

class JsonElementIterator {
 public:
  explicit JsonElementIterator(const JsonNode* at) : at_(at) {}
  Json operator*() const { return Json(at_); }
  JsonElementIterator& operator++() {
    at_ = Json(at_).next();
    return *this;
  }
  bool operator==(const JsonElementIterator&) const = default;

 private:
  const JsonNode* at_;
};

class JsonMemberIterator {
 public:
  explicit JsonMemberIterator(const JsonNode* at) : at_(at) {}
  Json::Member operator*() const { return {{at_->text, at_->size}, Json(at_ + 1)}; }
  JsonMemberIterator& operator++() {
    at_ = Json(at_ + 1).next();
    return *this;
  }
  bool operator==(const JsonMemberIterator&) const = default;

 private:
  const JsonNode* at_;
};

class Json::Elements {
 public:
  Elements(const JsonNode* begin, const JsonNode* end) : begin_(begin), end_(end) {}
  JsonElementIterator begin() const { return JsonElementIterator(begin_); }
  JsonElementIterator end() const { return JsonElementIterator(end_); }

 private:
  const JsonNode* begin_;
  const JsonNode* end_;
};

class Json::Members {
 public:
  Members(const JsonNode* begin, const JsonNode* end) : begin_(begin), end_(end) {}
  JsonMemberIterator begin() const { return JsonMemberIterator(begin_); }
  JsonMemberIterator end() const { return JsonMemberIterator(end_); }

 private:
  const JsonNode* begin_;
  const JsonNode* end_;
};

// Owns what its values point into. Moving it keeps them valid. Immutable; any thread.
class JsonDocument {
 public:
  Json root() const { return Json(nodes_.data()); }

 private:
  friend class JsonBuilder;
  JsonDocument() = default;
  std::vector<JsonNode> nodes_;
  std::unique_ptr<char[]> text_;  // the bytes of all strings and numbers
};

inline constexpr int json_depth_max = 64;
inline constexpr std::size_t json_bytes_max = std::size_t{64}
                                              << 20U;  // a caller's own limit is far below

// RFC 8259 in UTF-8 without a byte order mark, or Code::invalid. Duplicate keys pass here: see
// duplicate_key.
Result<JsonDocument> parse_json(std::string_view text);

// JSON Pointer (RFC 6901) to the first member whose object has its name twice. What such an object
// means depends on the reader, so clients' bodies must not have one.
std::optional<std::string> duplicate_key(Json value);

// One reference token appended to a JSON Pointer: "/", then the token with ~ and / escaped.
void append_pointer_token(std::string& pointer, std::string_view token);

}  // namespace wf
