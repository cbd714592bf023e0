// One JSON line per answered line, appended.
#include "cli/import_state.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>

#include "base/hash.h"
#include "base/json_cursor.h"
#include "base/json_write.h"

namespace wf::cli {
namespace {

constexpr std::streamoff sampled = 1 << 20;

std::string head_of(const std::string& input) { return R"({"input":")" + input + "\"}"; }

// False for a line that a crash cut short.
bool read_answer(const std::string& text, std::uint64_t& line, ImportAnswer& answer) {
  JsonCursor cursor(text);
  cursor.begin_object();
  for (std::string_view key; cursor.next_key(key);) {
    if (key == "line") {
      line = static_cast<std::uint64_t>(cursor.int64());
    } else if (key == "status") {
      answer.status = static_cast<int>(cursor.int64());
    } else if (key == "id") {
      cursor.string(answer.id);
    } else if (key == "code") {
      cursor.string(answer.code);
    } else if (key == "detail") {
      cursor.string(answer.detail);
    } else {
      cursor.skip();
    }
  }
  return cursor.finished();
}

}  // namespace

Result<std::string> input_name(const std::string& path) {
  std::ifstream file(path, std::ios::binary | std::ios::ate);
  if (!file) return fail(Code::not_found, "cannot read " + path);
  const std::streamoff size = file.tellg();
  std::string bytes = std::to_string(size);
  std::string part(static_cast<std::size_t>(std::min(size, sampled)), '\0');
  for (const std::streamoff from :
       {std::streamoff{0}, std::max<std::streamoff>(size - sampled, 0)}) {
    file.seekg(from);
    file.read(part.data(), static_cast<std::streamsize>(part.size()));
    bytes += part;
  }
  return xxh3_128(bytes).text();
}

Result<ImportState> ImportState::open(const std::string& path, const std::string& input) {
  ImportState state;
  if (path.empty()) return state;
  bool whole = true;
  if (std::ifstream file(path); file) {
    std::string text;
    if (std::getline(file, text) && text != head_of(input)) {
      return fail(Code::mismatch,
                  path + " is of another import; remove it or name another --state");
    }
    while (std::getline(file, text)) {
      std::uint64_t line = 0;
      ImportAnswer answer;
      whole = read_answer(text, line, answer);
      if (whole) state.answers_[line] = std::move(answer);
    }
  }
  state.file_.reset(std::fopen(path.c_str(), "a"));
  if (!state.file_) return fail(Code::io, path + ": " + std::strerror(errno));
  if (std::ftell(state.file_.get()) == 0) {
    fmt::print(state.file_.get(), "{}\n", head_of(input));
  } else if (!whole) {
    fmt::print(state.file_.get(), "\n");
  }
  return state;
}

const ImportAnswer* ImportState::find(std::uint64_t line) const {
  const auto found = answers_.find(line);
  return found == answers_.end() ? nullptr : &found->second;
}

void ImportState::add(std::uint64_t line, ImportAnswer answer) {
  if (file_) {
    std::string text = fmt::format(R"({{"line":{},"status":{},"id":")", line, answer.status);
    text += answer.id + "\"";
    if (!answer.accepted()) {
      append_json_string(text += R"(,"code":)", answer.code);
      append_json_string(text += R"(,"detail":)", answer.detail);
    }
    fmt::print(file_.get(), "{}}}\n", text);
  }
  answers_[line] = std::move(answer);
}

void ImportState::flush() {
  if (file_) std::fflush(file_.get());
}

}  // namespace wf::cli
