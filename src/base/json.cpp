// Strict parsing: simdjson walks the whole text on demand, so numbers keep their own text; the only
// file that includes it.
#include "base/json.h"

#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>

#include <charconv>
#include <cmath>
#include <cstring>

#include "base/check.h"
#include "base/json_characters.h"

namespace wf {

namespace {

namespace ondemand = simdjson::ondemand;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && is_json_space(text.back())) text.remove_suffix(1);
  while (!text.empty() && is_json_space(text.front())) text.remove_prefix(1);
  return text;
}

// Takes digits off the front; false if there are none.
bool take_digits(std::string_view& text) {
  const std::size_t before = text.size();
  while (!text.empty() && is_json_digit(text.front())) text.remove_prefix(1);
  return text.size() != before;
}

// RFC 8259's grammar of a number.
bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.starts_with('0')) {
    text.remove_prefix(1);
  } else if (!take_digits(text)) {
    return false;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!take_digits(text)) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!take_digits(text)) return false;
  }
  return text.empty();
}

double to_double(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc::result_out_of_range) return value;
  // from_chars does not say which way it left the range: a negative exponent, or zeros after the
  // point, made it small.
  const std::size_t exponent = text.find_first_of("eE");
  const bool small = exponent != text.npos ? text[exponent + 1] == '-' : text.find('.') <= 2;
  const double magnitude = small ? 0.0 : HUGE_VAL;
  return text.front() == '-' ? -magnitude : magnitude;
}

std::optional<std::int64_t> to_int64(std::string_view text) {
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [at, error] = std::from_chars(text.data(), end, value);
  if (error == std::errc{} && at == end) return value;
  constexpr double exact_max = 9007199254740992;  // 2^53: beyond it a double is not one integer
  if (text.find_first_of(".eE") == text.npos) return std::nullopt;
  const double number = to_double(text);
  if (std::fabs(number) > exact_max || number != std::trunc(number)) return std::nullopt;
  return static_cast<std::int64_t>(number);
}

}  // namespace

// Copies a walk over the text into a tape.
class JsonBuilder {
 public:
  static Result<JsonDocument> build(std::string_view text) {
    JsonBuilder builder(text);
    const simdjson::error_code error = builder.walk_document(text);
    if (error != simdjson::SUCCESS) return fail(Code::invalid, simdjson::error_message(error));
    return std::move(builder.document_);
  }

 private:
  explicit JsonBuilder(std::string_view text) {
    document_.text_ = std::make_unique_for_overwrite<char[]>(text.size());
    text_end_ = document_.text_.get();
    document_.nodes_.reserve(text.size() / 8 + 4);
  }

  simdjson::error_code walk_document(std::string_view text) {
    const std::string_view body = trimmed(text);
    if (body.empty()) return simdjson::EMPTY;
    const char first = body.front();
    if (first != '{' && first != '[' && first != '"') return add_scalar(body);
    static thread_local ondemand::parser parser;
    static thread_local std::string padded;
    padded.reserve(body.size() + simdjson::SIMDJSON_PADDING);
    padded = body;
    ondemand::document document;
    if (auto error = parser.iterate(padded).get(document)) return error;
    if (auto error = first == '"' ? walk_string(document) : walk_container(document, first)) {
      return error;
    }
    const bool at_end = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
    return at_end ? simdjson::SUCCESS : simdjson::TRAILING_CONTENT;
  }

  template <class Value>
  simdjson::error_code walk_container(Value& value, char open) {
    return open == '{' ? walk_object(value) : walk_array(value);
  }

  simdjson::error_code walk(ondemand::value value) {
    const std::string_view token = value.raw_json_token();
    switch (token.front()) {
      case '"':
        return walk_string(value);
      case '{':
        return walk_object(value);
      case '[':
        return walk_array(value);
    }
    return add_scalar(trimmed(token));
  }

  template <class Value>
  simdjson::error_code walk_string(Value& value) {
    std::string_view text;
    if (auto error = value.get_string().get(text)) return error;
    add_text(JsonKind::string, text);
    return simdjson::SUCCESS;
  }

  template <class Value>
  simdjson::error_code walk_array(Value& value) {
    ondemand::array array;
    if (auto error = value.get_array().get(array)) return error;
    if (++depth_ > json_depth_max) return simdjson::DEPTH_ERROR;
    const std::size_t at = open(JsonKind::array);
    std::uint32_t size = 0;
    for (auto item : array) {
      ondemand::value element;
      if (auto error = item.get(element)) return error;
      if (auto error = walk(element)) return error;
      ++size;
    }
    close(at, size);
    return simdjson::SUCCESS;
  }

  template <class Value>
  simdjson::error_code walk_object(Value& value) {
    ondemand::object object;
    if (auto error = value.get_object().get(object)) return error;
    if (++depth_ > json_depth_max) return simdjson::DEPTH_ERROR;
    const std::size_t at = open(JsonKind::object);
    std::uint32_t size = 0;
    for (auto item : object) {
      std::string_view key;
      if (auto error = item.unescaped_key().get(key)) return error;
      add_text(JsonKind::string, key);
      ondemand::value member;
      if (auto error = item.value().get(member)) return error;
      if (auto error = walk(member)) return error;
      ++size;
    }
    close(at, size);
    return simdjson::SUCCESS;
  }

  simdjson::error_code add_scalar(std::string_view token) {
    if (token == "null") {
      add(JsonKind::null).integer = 0;
    } else if (token == "true" || token == "false") {
      add(JsonKind::boolean).integer = token == "true" ? 1 : 0;
    } else if (!is_number(token)) {
      return simdjson::TAPE_ERROR;
    } else if (const auto integer = to_int64(token)) {
      add(JsonKind::integer).integer = *integer;
    } else {
      add_text(JsonKind::number, token);
    }
    return simdjson::SUCCESS;
  }

  JsonNode& add(JsonKind kind) {
    JsonNode node{};
    node.kind = kind;
    return document_.nodes_.emplace_back(node);
  }

  // An unescaped string is never longer than its JSON, so the buffer holds all of them.
  void add_text(JsonKind kind, std::string_view text) {
    JsonNode& node = add(kind);
    node.text = text_end_;
    node.size = static_cast<std::uint32_t>(text.size());
    text.copy(text_end_, text.size());
    text_end_ += text.size();
  }

  std::size_t open(JsonKind kind) {
    add(kind).span = 0;
    return document_.nodes_.size() - 1;
  }

  void close(std::size_t at, std::uint32_t size) {
    document_.nodes_[at].span = document_.nodes_.size() - at;
    document_.nodes_[at].size = size;
    --depth_;
  }

  JsonDocument document_;
  char* text_end_ = nullptr;
  int depth_ = 0;
};

Result<JsonDocument> parse_json(std::string_view text) {
  if (text.size() > json_bytes_max) return fail(Code::invalid, "the text is too long");
  if (text.starts_with("\xEF\xBB\xBF")) return fail(Code::invalid, "a byte order mark");
  return JsonBuilder::build(text);
}

bool Json::as_bool() const {
  WF_CHECK(is_bool());
  return node_->integer != 0;
}

std::string_view Json::as_string() const {
  WF_CHECK(is_string());
  return {node_->text, node_->size};
}

std::optional<std::int64_t> Json::as_int64() const {
  if (kind() != JsonKind::integer) return std::nullopt;
  return node_->integer;
}

double Json::as_double() const {
  if (kind() == JsonKind::integer) return static_cast<double>(node_->integer);
  return to_double(number_text());
}

std::string_view Json::number_text() const {
  WF_CHECK(kind() == JsonKind::number);
  return {node_->text, node_->size};
}

std::size_t Json::size() const {
  WF_CHECK(is_array() || is_object());
  return node_->size;
}

std::optional<Json> Json::find(std::string_view key) const {
  if (!is_object()) return std::nullopt;
  for (const auto& [name, value] : members()) {
    if (name == key) return value;
  }
  return std::nullopt;
}

Json::Elements Json::elements() const {
  WF_CHECK(is_array());
  return {node_ + 1, next()};
}

Json::Members Json::members() const {
  WF_CHECK(is_object());
  return {node_ + 1, next()};
}

}  // namespace wf
