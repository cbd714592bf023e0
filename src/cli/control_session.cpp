// Questions to calls of the engine, and their answers back.
#include "cli/control_session.h"

#include <fmt/format.h>

#include <chrono>
#include <future>

#include "cli/status.h"

namespace wf::cli {
namespace {

constexpr Duration wait_max = Duration::seconds(1);
constexpr auto progress_every = std::chrono::milliseconds(200);

std::string failure(const Error& error) {
  std::string frame{static_cast<char>(Tone::failed)};
  put_little(frame, static_cast<std::uint8_t>(error.code));
  put_text(frame, error.detail);
  return frame;
}

Slot read_slot(ByteReader& question) {
  Slot slot;
  slot.topic = question.text();
  slot.partition = question.little<std::uint32_t>();
  return slot;
}

std::string offset_bytes(Offset offset) {
  std::string bytes;
  put_little(bytes, offset);
  return bytes;
}

std::string progress_frame(const RebuildProgress& progress) {
  return fmt::format("{}{{\"records\":{},\"events\":{},\"total\":{}}}",
                     static_cast<char>(Tone::more),
                     progress.records.load(),
                     progress.events.load(),
                     progress.total.load());
}

}  // namespace

void ControlSession::serve() {
  for (;;) {
    const auto frame = connection_.receive();
    if (!frame) return;
    const std::string_view rest = std::string_view(*frame).substr(1);
    ByteReader question(rest);
    const auto text = answer(static_cast<Ask>(frame->front()), question, rest);
    const std::string reply =
        text ? std::string{static_cast<char>(Tone::done)} + *text : failure(text.error());
    if (!connection_.send(reply)) return;
  }
}

Result<std::string> ControlSession::answer(Ask what, ByteReader& question, std::string_view rest) {
  if (!introduced_ && what != Ask::hello) return fail(Code::forbidden, "say hello first");
  switch (what) {
    case Ask::hello:
      return hello(question);
    case Ask::begin:
    case Ask::end:
      return offset(what, question);
    case Ask::seek:
    case Ask::drop:
    case Ask::read:
    case Ask::wait:
      return read_log(what, question);
    case Ask::append:
      return append(rest);
    case Ask::checkpoint:
      return checkpoint(question);
    case Ask::rebuild:
      return rebuild(question);
    case Ask::status:
      return status_json(engine_);
    case Ask::compact:
      return engine_.compact_keys().map([](std::uint64_t dropped) {
        std::string bytes;
        put_little(bytes, dropped);
        return bytes;
      });
  }
  return fail(Code::invalid, "no such question");
}

Result<std::string> ControlSession::hello(ByteReader& question) {
  if (question.text() != catalogue().build) {
    return fail(Code::mismatch,
                fmt::format("the running process is of another build ({})", catalogue().build));
  }
  introduced_ = true;
  std::string answer;
  put_id(answer, engine_.log().id());
  for (const TopicSpec& topic : engine_.log().topics()) {
    put_text(answer, topic.name);
    put_little(answer, topic.partitions);
    put_little(answer, static_cast<std::uint8_t>(topic.compacted ? 1 : 0));
  }
  return answer;
}

Result<std::string> ControlSession::offset(Ask what, ByteReader& question) {
  const Slot slot = read_slot(question);
  if (!question.at_end()) return fail(Code::invalid, "no slot");
  return (what == Ask::begin ? engine_.log().begin(slot) : engine_.log().end(slot))
      .map(offset_bytes);
}

Result<Reader*> ControlSession::reader() {
  if (!reader_) {
    auto opened = engine_.log().reader();
    if (!opened) return tl::unexpected(opened.error());
    reader_ = std::move(*opened);
  }
  return reader_.get();
}

Result<std::string> ControlSession::read_log(Ask what, ByteReader& question) {
  const auto from = reader();
  if (!from) return tl::unexpected(from.error());
  if (what == Ask::wait) {
    const Duration timeout{question.little<std::int64_t>()};
    return std::string((*from)->wait(std::min(timeout, wait_max)) ? "1" : "0");
  }
  const Slot slot = read_slot(question);
  if (what == Ask::drop) {
    (*from)->drop(slot);
    return std::string();
  }
  if (what == Ask::seek) {
    const auto offset = question.little<Offset>();
    if (!question.at_end()) return fail(Code::invalid, "no offset");
    return (*from)->seek(slot, offset).map([] { return std::string(); });
  }
  Limit limit;
  limit.records = std::min<std::size_t>(question.little<std::uint64_t>(), read_records_max);
  limit.bytes = std::min<std::size_t>(question.little<std::uint64_t>(), read_bytes_max);
  if (!question.at_end()) return fail(Code::invalid, "no limit");
  const auto batch = (*from)->read(slot, limit);
  if (!batch) return tl::unexpected(batch.error());
  std::string answer;
  for (const Record& record : batch->records) put_record(answer, record);
  return answer;
}

Result<std::string> ControlSession::append(std::string_view question) {
  ByteReader head(question);
  const Slot slot = read_slot(head);
  const auto durability = static_cast<Durability>(head.little<std::uint8_t>());
  if (!head.ok()) return fail(Code::invalid, "no slot");
  const auto records = read_records(head.rest());
  if (!records) return tl::unexpected(records.error());
  if (!appender_) {
    auto opened = engine_.log().writer("command line");
    if (!opened) return tl::unexpected(opened.error());
    appender_ = std::move(*opened);
  }
  return appender_->append(slot, *records, durability).map([] { return std::string(); });
}

Result<std::string> ControlSession::checkpoint(ByteReader& question) {
  const std::string_view table = question.text();
  const std::string_view directory = question.text();
  if (!question.at_end()) return fail(Code::invalid, "no table and directory");
  return engine_.checkpoint(table, std::string(directory)).map([] { return std::string(); });
}

// Tells of its progress while it runs; a client that has gone, or stopped sending, cancels it.
Result<std::string> ControlSession::rebuild(ByteReader& question) {
  const std::string key(question.text());
  std::vector<std::string> tables;
  while (question.ok() && !question.at_end()) tables.emplace_back(question.text());
  if (!question.ok() || tables.empty() || (!key.empty() && tables.size() > 1)) {
    return fail(Code::invalid, "no key and tables");
  }
  RebuildProgress progress;
  auto done = std::async(std::launch::async, [&] {
    return key.empty() ? engine_.rebuild(tables, progress)
                       : engine_.refold_row(tables.front(), key, progress);
  });
  while (done.wait_for(progress_every) == std::future_status::timeout) {
    const bool told = connection_.send(progress_frame(progress)).has_value();
    if (!told || connection_.other_stopped()) progress.cancel = true;
  }
  // The last counts; if nobody is there to be told, nobody is there for the answer either.
  static_cast<void>(connection_.send(progress_frame(progress)));
  return done.get().map([] { return std::string(); });
}

}  // namespace wf::cli
