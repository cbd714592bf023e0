// One line of an import file: a request to the HTTP API, in somebody's name, at some time.
#pragma once
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace wf::cli {

struct ImportLine {
  std::string method;
  std::string path;
  std::string key;          // Idempotency-Key; unique in the file
  std::string as;           // account the command counts for; empty: the importer itself
  std::string occurred_at;  // RFC 3339; empty: now
  std::string body;         // JSON text; "{}" if there is none
  std::string stream;       // any text; lines with equal ones are sent one after another
};

// {"route": "POST /bookings", "key": …, "as"?, "occurred_at"?, "body"?, "stream"?}; other members
// are refused. Code::invalid says what is wrong. No text may hold what a header cannot.
Result<ImportLine> parse_import_line(std::string_view text);

// The KEYs of every "{id:KEY}" in path and body: places for the id that line KEY got.
std::vector<std::string> references(const ImportLine& line);
// Puts ids into those places. `id_of` gives nothing for a key without one; its first such key is
// the error's detail.
Result<void> resolve(ImportLine& line,
                     const std::function<std::optional<std::string>(const std::string&)>& id_of);

// What lines of the same stream have in common, where the line itself tells: `stream`, an id in the
// path, or the body's field that names the command's stream. Empty: nothing does.
std::string stream_text(const ImportLine& line);

}  // namespace wf::cli
