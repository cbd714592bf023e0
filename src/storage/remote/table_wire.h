// The frames between a process that reads tables and one that has them.
//
// A connection begins with hello, which both ends' format and log must pass; then it is either
// asked questions, one after another, or told what moves: after `watch` the server pushes.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.h"
#include "storage/table_view.h"

namespace wf::remote {

inline constexpr std::uint16_t format_version = 4;
inline constexpr std::size_t question_bytes_max = std::size_t{64} << 10U;
inline constexpr std::size_t answer_bytes_max = std::size_t{16} << 20U;
// What a page may ask for, whatever the one who asks allows its own clients.
inline constexpr std::uint32_t page_rows_max = 1'000;
inline constexpr std::uint32_t page_scan_max = 1'000'000;
inline constexpr std::uint32_t page_bytes_max = std::uint32_t{8} << 20U;  // its last row fits too

enum class Ask : std::uint8_t { hello = 1, get, answer, page, watch };
enum class Tone : std::uint8_t {
  done,      // what was asked for follows
  failed,    // an Error
  not_here,  // the table is not served here, or not live: ask another node
};

// A question; its views point into the frame. Which members count, `ask` says.
struct Question {
  Ask ask = Ask::hello;
  Uuid log;                              // hello
  std::string_view table;                // get, answer, page
  std::string_view key;                  // get, answer
  Query query;                           // answer; its platform stays null
  RowQuery page;                         // page; likewise
  std::vector<std::string_view> tables;  // watch
};

// Frames as FrameStream::send takes them.
std::string hello_frame(const Uuid& log);
std::string get_frame(std::string_view table, std::string_view key);
std::string answer_frame(std::string_view table, std::string_view key, const Query& query);
std::string page_frame(std::string_view table, const RowQuery& query);
std::string watch_frame(const std::vector<std::string_view>& tables);
// Code::mismatch: a hello of another format; Code::invalid: not a question.
Result<Question> parse_question(std::string_view frame);

// Answers, put into `frame` in place of what was there.
void put_welcome(std::string& frame, std::uint64_t incarnation);
void put_row(std::string& frame, const RowRead& row);
void put_text(std::string& frame, const std::optional<std::string>& text);
void put_page(std::string& frame, const RowPage& page);
void put_not_here(std::string& frame, std::string_view why);
void put_error(std::string& frame, const Error& error);

// What an answer holds behind its tone. Code::corrupt if it does not decode.
struct Answer {
  Tone tone = Tone::failed;
  Error error;            // failed; not_here: its detail says why
  std::string_view rest;  // done
};
Result<Answer> parse_answer(std::string_view frame);
// The same for `rest`.
Result<std::uint64_t> parse_welcome(std::string_view rest);
Result<RowRead> parse_row(std::string_view rest);
Result<std::optional<std::string>> parse_text(std::string_view rest);
Result<RowPage> parse_page(std::string_view rest);

// What a watched table's push says.
struct Moved {
  std::uint16_t table = 0;   // place in the watch's list
  TableState state;          // positions: those that moved since the last push
  bool all_changed = false;  // rows unknown how many; else the keys of those that changed
  std::vector<std::string> keys;
};
void put_moved(std::string& frame, const std::vector<Moved>& moved);
Result<std::vector<Moved>> parse_moved(std::string_view rest);

}  // namespace wf::remote
