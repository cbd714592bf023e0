// Frames are their members end to end: little-endian numbers, texts with their size before them.
#include "storage/remote/table_wire.h"

#include <algorithm>

#include "storage/bytes.h"
#include "storage/remote/socket.h"

namespace wf::remote {
namespace {

constexpr std::uint32_t magic = 0x54'46'57'00;  // no other protocol begins so

template <class Enum>
void put_enum(std::string& out, Enum value) {
  wf::put_little(out, static_cast<std::uint8_t>(value));
}

std::string question(Ask ask) {
  std::string frame(FrameStream::head_bytes, '\0');
  put_enum(frame, ask);
  return frame;
}

void begin_answer(std::string& frame, Tone tone) {
  frame.assign(FrameStream::head_bytes, '\0');
  put_enum(frame, tone);
}

void put_flag(std::string& out, bool value) {
  wf::put_little(out, static_cast<std::uint8_t>(value ? 1 : 0));
}
bool take_flag(ByteReader& in) { return in.little<std::uint8_t>() != 0; }

void put_signed(std::string& out, std::int64_t value) {
  wf::put_little(out, static_cast<std::uint64_t>(value));
}
std::int64_t take_signed(ByteReader& in) {
  return static_cast<std::int64_t>(in.little<std::uint64_t>());
}

// A count of things of at least one byte each: never more than there are bytes, so that a broken
// frame cannot ask for memory.
std::size_t take_count(ByteReader& in) {
  return std::min<std::size_t>(in.little<std::uint32_t>(), in.rest().size());
}
void put_count(std::string& out, std::size_t count) {
  wf::put_little(out, static_cast<std::uint32_t>(count));
}

void put(std::string& out, const Query& query) {
  wf::put_text(out, query.path);
  wf::put_little(out, static_cast<std::uint64_t>(query.now.us));
  put_count(out, query.values.size());
  for (const auto& [name, value] : query.values) {
    wf::put_text(out, name);
    wf::put_text(out, value);
  }
}
Query take_query(ByteReader& in) {
  Query query;
  query.path = in.text();
  query.now.us = static_cast<std::int64_t>(in.little<std::uint64_t>());
  for (std::size_t left = take_count(in); left > 0; --left) {
    const std::string_view name = in.text();
    query.values.emplace_back(name, in.text());
  }
  return query;
}

void put(std::string& out, const RowQuery& query) {
  wf::put_text(out, query.index);
  wf::put_text(out, query.prefix);
  put_flag(out, query.near.has_value());
  const Point near = query.near.value_or(Point{});
  wf::put_little(out, static_cast<std::uint32_t>(near.lon_e7));
  wf::put_little(out, static_cast<std::uint32_t>(near.lat_e7));
  wf::put_little(out, query.radius_m);
  put_count(out, query.equal.size());
  for (const auto& [column, value] : query.equal) {
    wf::put_text(out, column);
    wf::put_text(out, value);
  }
  put_count(out, query.owner_columns.size());
  for (const std::string& column : query.owner_columns) wf::put_text(out, column);
  wf::put_text(out, query.owner);
  put_flag(out, query.computed.has_value());
  put(out, query.computed.value_or(Query{}));
  wf::put_text(out, query.cursor);
  wf::put_little(out, query.limit);
  wf::put_little(out, query.scan_limit);
  wf::put_little(out, query.bytes_max);
}
RowQuery take_row_query(ByteReader& in) {
  RowQuery query;
  query.index = in.text();
  query.prefix = in.text();
  const bool near = take_flag(in);
  Point point;
  point.lon_e7 = static_cast<std::int32_t>(in.little<std::uint32_t>());
  point.lat_e7 = static_cast<std::int32_t>(in.little<std::uint32_t>());
  if (near) query.near = point;
  query.radius_m = in.little<std::uint32_t>();
  for (std::size_t left = take_count(in); left > 0; --left) {
    const std::string_view column = in.text();
    query.equal.emplace_back(column, in.text());
  }
  for (std::size_t left = take_count(in); left > 0; --left) {
    query.owner_columns.emplace_back(in.text());
  }
  query.owner = in.text();
  const bool computed = take_flag(in);
  Query asked = take_query(in);
  if (computed) query.computed = std::move(asked);
  query.cursor = in.text();
  query.limit = in.little<std::uint32_t>();
  query.scan_limit = in.little<std::uint32_t>();
  query.bytes_max = in.little<std::uint32_t>();
  return query;
}

tl::unexpected<Error> broken() { return fail(Code::corrupt, "an answer that does not decode"); }

template <class T>
Result<T> whole(const ByteReader& in, T value) {
  if (!in.at_end()) return broken();
  return value;
}

}  // namespace

std::string hello_frame(const Uuid& log) {
  std::string frame = question(Ask::hello);
  wf::put_little(frame, magic);
  wf::put_little(frame, format_version);
  put_id(frame, log);
  return frame;
}

std::string get_frame(std::string_view table, std::string_view key) {
  std::string frame = question(Ask::get);
  wf::put_text(frame, table);
  wf::put_text(frame, key);
  return frame;
}

std::string answer_frame(std::string_view table, std::string_view key, const Query& query) {
  std::string frame = question(Ask::answer);
  wf::put_text(frame, table);
  wf::put_text(frame, key);
  put(frame, query);
  return frame;
}

std::string page_frame(std::string_view table, const RowQuery& query) {
  std::string frame = question(Ask::page);
  wf::put_text(frame, table);
  put(frame, query);
  return frame;
}

std::string watch_frame(const std::vector<std::string_view>& tables) {
  std::string frame = question(Ask::watch);
  put_count(frame, tables.size());
  for (const std::string_view table : tables) wf::put_text(frame, table);
  return frame;
}

Result<Question> parse_question(std::string_view frame) {
  ByteReader in(frame);
  Question question;
  question.ask = static_cast<Ask>(in.little<std::uint8_t>());
  switch (question.ask) {
    case Ask::hello:
      if (in.little<std::uint32_t>() != magic || in.little<std::uint16_t>() != format_version) {
        return fail(Code::mismatch, "the two processes do not speak the same format of tables");
      }
      question.log = in.id();
      break;
    case Ask::get:
    case Ask::answer:
      question.table = in.text();
      question.key = in.text();
      if (question.ask == Ask::answer) question.query = take_query(in);
      break;
    case Ask::page:
      question.table = in.text();
      question.page = take_row_query(in);
      break;
    case Ask::watch:
      for (std::size_t left = take_count(in); left > 0; --left)
        question.tables.push_back(in.text());
      break;
  }
  if (!in.at_end()) return fail(Code::invalid, "a question that does not decode");
  return question;
}

void put_welcome(std::string& frame, std::uint64_t incarnation) {
  begin_answer(frame, Tone::done);
  wf::put_little(frame, incarnation);
}

void put_row(std::string& frame, const RowRead& row) {
  begin_answer(frame, Tone::done);
  wf::put_text(frame, row.json);
  wf::put_little(frame, row.row_version);
  wf::put_little(frame, row.hash);
  put_flag(frame, row.quarantined_since.has_value());
  put_signed(frame, row.quarantined_since.value_or(Instant{}).us);
}

void put_text(std::string& frame, const std::optional<std::string>& text) {
  begin_answer(frame, Tone::done);
  put_flag(frame, text.has_value());
  if (text) wf::put_text(frame, *text);
}

void put_page(std::string& frame, const RowPage& page) {
  begin_answer(frame, Tone::done);
  put_count(frame, page.rows.size());
  for (const std::string& row : page.rows) wf::put_text(frame, row);
  wf::put_text(frame, page.cursor);
}

void put_not_here(std::string& frame, std::string_view why) {
  begin_answer(frame, Tone::not_here);
  wf::put_text(frame, why);
}

void put_error(std::string& frame, const Error& error) {
  begin_answer(frame, Tone::failed);
  put_enum(frame, error.code);
  wf::put_text(frame, error.detail);
}

Result<Answer> parse_answer(std::string_view frame) {
  ByteReader in(frame);
  Answer answer;
  const auto tone = in.little<std::uint8_t>();
  if (!in.ok() || tone > static_cast<std::uint8_t>(Tone::not_here)) return broken();
  answer.tone = static_cast<Tone>(tone);
  if (answer.tone == Tone::done) {
    answer.rest = in.rest();
    return answer;
  }
  const auto code = answer.tone == Tone::failed ? in.little<std::uint8_t>()
                                                : static_cast<std::uint8_t>(Code::unavailable);
  if (code > static_cast<std::uint8_t>(Code::forbidden)) return broken();
  answer.error = {static_cast<Code>(code), std::string(in.text())};
  return whole(in, std::move(answer));
}

Result<std::uint64_t> parse_welcome(std::string_view rest) {
  ByteReader in(rest);
  const auto incarnation = in.little<std::uint64_t>();
  return whole(in, incarnation);
}

Result<RowRead> parse_row(std::string_view rest) {
  ByteReader in(rest);
  RowRead row;
  row.json = in.text();
  row.row_version = in.little<std::uint64_t>();
  row.hash = in.little<std::uint64_t>();
  const bool quarantined = take_flag(in);
  const Instant since{take_signed(in)};
  if (quarantined) row.quarantined_since = since;
  return whole(in, std::move(row));
}

Result<std::optional<std::string>> parse_text(std::string_view rest) {
  ByteReader in(rest);
  std::optional<std::string> text;
  if (take_flag(in)) text = in.text();
  return whole(in, std::move(text));
}

Result<RowPage> parse_page(std::string_view rest) {
  ByteReader in(rest);
  RowPage page;
  for (std::size_t left = take_count(in); left > 0; --left) page.rows.emplace_back(in.text());
  page.cursor = in.text();
  return whole(in, std::move(page));
}

void put_moved(std::string& frame, const std::vector<Moved>& moved) {
  begin_answer(frame, Tone::done);
  put_count(frame, moved.size());
  for (const Moved& one : moved) {
    wf::put_little(frame, one.table);
    put_flag(frame, one.state.live);
    put_signed(frame, one.state.failing_since.value_or(Instant{}).us);
    wf::put_little(frame, one.state.quarantined);
    wf::put_text(frame, one.state.generation);
    put_count(frame, one.state.positions.size());
    for (const SlotOffset& slot : one.state.positions) {
      wf::put_text(frame, slot.topic);
      wf::put_little(frame, slot.partition);
      put_signed(frame, slot.offset);
    }
    put_flag(frame, one.all_changed);
    put_count(frame, one.keys.size());
    for (const std::string& key : one.keys) wf::put_text(frame, key);
  }
}

Result<std::vector<Moved>> parse_moved(std::string_view rest) {
  ByteReader in(rest);
  std::vector<Moved> moved;
  for (std::size_t left = take_count(in); left > 0 && in.ok(); --left) {
    Moved& one = moved.emplace_back();
    one.table = in.little<std::uint16_t>();
    one.state.live = take_flag(in);
    if (const Instant since{take_signed(in)}; since.us != 0) one.state.failing_since = since;
    one.state.quarantined = in.little<std::uint64_t>();
    one.state.generation = in.text();
    for (std::size_t slots = take_count(in); slots > 0; --slots) {
      SlotOffset& slot = one.state.positions.emplace_back();
      slot.topic = in.text();
      slot.partition = in.little<std::uint32_t>();
      slot.offset = take_signed(in);
    }
    one.all_changed = take_flag(in);
    for (std::size_t keys = take_count(in); keys > 0; --keys) one.keys.emplace_back(in.text());
  }
  return whole(in, std::move(moved));
}

}  // namespace wf::remote
