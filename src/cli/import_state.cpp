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

constexpr Uuid import_space{{0x77,
                             0x61,
                             0x79,
                             0x66,
                             0x6f,
                             0x6c,
                             0x64,
                             0x2d,  // wayfold-import
                             0x69,
                             0x6d,
                             0x70,
                             0x6f,
                             0x72,
                             0x74,
                             0x00,
                             0x01}};

struct Head {
  std::string input;
  Uuid import;
};

std::string head_line(const Head& head) {
  return fmt::format(R"({{"input":"{}","import":"{}"}})", head.input, head.import.text());
}

// Empty if it is none. A head without an import is of a build that had but one for each input.
Head read_head(const std::string& text) {
  Head head;
  std::string import;
  JsonCursor cursor(text);
  cursor.begin_object();
  for (std::string_view key; cursor.next_key(key);) {
    if (key == "input") {
      cursor.string(head.input);
    } else if (key == "import") {
      cursor.string(import);
    } else {
      cursor.skip();
    }
  }
  const auto id = import.empty() ? Uuid::v5(import_space, head.input) : Uuid::parse(import);
  if (!cursor.finished() || !id) return {};
  head.import = *id;
  return head;
}

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
    } else if (key == "position") {
      cursor.string(answer.position);
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

Result<ImportState> ImportState::open(const std::string& path,
                                      const std::string& input,
                                      const Uuid& import) {
  ImportState state;
  state.import_ = import.nil() ? Uuid::v5(import_space, input) : import;
  if (path.empty()) return state;
  bool whole = true;
  if (std::ifstream file(path); file) {
    std::string text;
    if (std::getline(file, text)) {
      const Head head = read_head(text);
      if (head.input != input || (!import.nil() && head.import != import)) {
        return fail(Code::mismatch,
                    fmt::format("{} is of another file, or of import {}; name another --state",
                                path,
                                head.import.text()));
      }
      state.import_ = head.import;
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
    fmt::print(state.file_.get(), "{}\n", head_line({input, state.import_}));
  } else if (!whole) {
    fmt::print(state.file_.get(), "\n");
  }
  return state;
}

std::optional<ImportAnswer> ImportState::take(std::uint64_t line) {
  auto taken = answers_.extract(line);
  if (!taken) return std::nullopt;
  return std::move(taken.mapped());
}

void ImportState::add(std::uint64_t line, const ImportAnswer& answer) {
  if (!file_) return;
  std::string text = fmt::format(R"({{"line":{},"status":{},"id":")", line, answer.status);
  text += answer.id + "\"";
  if (!answer.position.empty()) append_json_string(text += R"(,"position":)", answer.position);
  if (!answer.accepted()) {
    append_json_string(text += R"(,"code":)", answer.code);
    append_json_string(text += R"(,"detail":)", answer.detail);
  }
  fmt::print(file_.get(), "{}}}\n", text);
}

void ImportState::flush() {
  if (file_) std::fflush(file_.get());
}

}  // namespace wf::cli
