// Reading import lines, and the places in them that wait for ids.
#include "cli/import_line.h"

#include <algorithm>

#include "base/catalogue.h"
#include "base/json.h"
#include "base/json_cursor.h"
#include "base/uuid.h"

namespace wf::cli {
namespace {

constexpr std::string_view opening = "{id:";

bool fits_header(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

bool is_upper(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

Result<void> check(ImportLine& line, const std::string& route) {
  const std::size_t space = route.find(' ');
  if (space == std::string::npos) return fail(Code::invalid, "no `route` like \"POST /bookings\"");
  line.method = route.substr(0, space);
  line.path = route.substr(space + 1);
  if (!is_upper(line.method) || !line.path.starts_with('/') || !fits_header(line.path)) {
    return fail(Code::invalid, "`route` is a method, a space and a path");
  }
  if (line.key.empty() || !fits_header(line.key)) {
    return fail(Code::invalid, "`key` is needed: printable, without spaces");
  }
  if (!fits_header(line.as) || !fits_header(line.occurred_at)) {
    return fail(Code::invalid, "`as` is an account's id, `occurred_at` a time");
  }
  return {};
}

// Calls `place(begin, end, key)` for each "{id:KEY}"; it returns where to look on.
void each_reference(
    const std::string& text,
    const std::function<std::size_t(std::size_t, std::size_t, std::string)>& place) {
  for (std::size_t at = text.find(opening); at != std::string::npos; at = text.find(opening, at)) {
    const std::size_t end = text.find('}', at);
    if (end == std::string::npos) return;
    at = place(at, end + 1, text.substr(at + opening.size(), end - at - opening.size()));
  }
}

}  // namespace

Result<ImportLine> parse_import_line(std::string_view text) {
  if (const auto document = parse_json(text); !document || !document->root().is_object()) {
    return fail(Code::invalid, "the line is no JSON object");
  }
  ImportLine line;
  std::string route;
  line.body = "{}";
  JsonCursor cursor(text);
  cursor.begin_object();
  for (std::string_view name; cursor.next_key(name);) {
    if (name == "route") {
      cursor.string(route);
    } else if (name == "key") {
      cursor.string(line.key);
    } else if (name == "as") {
      cursor.string(line.as);
    } else if (name == "occurred_at") {
      cursor.string(line.occurred_at);
    } else if (name == "stream") {
      cursor.string(line.stream);
    } else if (name == "body") {
      line.body = cursor.raw();
    } else {
      return fail(Code::invalid, "unknown field `" + std::string(name) + "`");
    }
  }
  if (!cursor.finished()) return fail(Code::invalid, "a field is no text");
  if (auto ok = check(line, route); !ok) return tl::unexpected(ok.error());
  return line;
}

std::vector<std::string> references(const ImportLine& line) {
  std::vector<std::string> keys;
  const auto note = [&keys](std::size_t, std::size_t end, std::string key) {
    keys.push_back(std::move(key));
    return end;
  };
  each_reference(line.path, note);
  each_reference(line.body, note);
  return keys;
}

Result<void> resolve(ImportLine& line,
                     const std::function<std::optional<std::string>(const std::string&)>& id_of) {
  std::optional<std::string> missing;
  for (std::string* text : {&line.path, &line.body}) {
    each_reference(*text, [&](std::size_t begin, std::size_t end, std::string key) {
      const auto id = id_of(key);
      if (!id) {
        if (!missing) missing = std::move(key);
        return end;
      }
      text->replace(begin, end - begin, *id);
      return begin + id->size();
    });
  }
  if (missing) return fail(Code::not_found, *missing);
  return {};
}

std::string stream_text(const ImportLine& line) {
  if (!line.stream.empty()) return line.stream;
  for (std::size_t at = line.path.find('/'); at != std::string::npos;
       at = line.path.find('/', at + 1)) {
    const std::string part = line.path.substr(at + 1, 36);
    if (Uuid::parse(part)) return part;
  }
  for (const CommandType& type : catalogue().commands) {
    if (type.method != line.method || type.path != line.path) continue;
    const auto body = parse_json(line.body);
    if (!body || !body->root().is_object()) return {};
    const auto field = body->root().find(type.stream_field);
    return field && field->is_string() ? std::string(field->as_string()) : std::string();
  }
  return {};
}

}  // namespace wf::cli
