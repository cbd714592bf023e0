// Each call is one question on a connection of the object's own.
#include "cli/remote_log.h"

#include <algorithm>
#include <atomic>
#include <mutex>

#include "base/catalogue.h"
#include "cli/control_wire.h"
#include "storage/bytes.h"

namespace wf::cli {
namespace {

constexpr Duration wait_again = Duration::millis(100);

// The answer without its tone.
Result<std::string> answer_of(std::string frame) {
  const auto tone = static_cast<Tone>(frame[0]);
  frame.erase(0, 1);
  if (tone == Tone::done) return frame;
  ByteReader reader(frame);
  const auto code = static_cast<Code>(reader.little<std::uint8_t>());
  return fail(code, std::string(reader.text()));
}

Result<std::string> ask(const Connection& connection, std::string_view question) {
  if (auto ok = connection.send(question); !ok) return tl::unexpected(ok.error());
  auto frame = connection.receive();
  if (!frame) return frame;
  return answer_of(std::move(*frame));
}

std::string question_of(Ask what) { return {static_cast<char>(what)}; }

std::string question_of(Ask what, const Slot& slot) {
  std::string question = question_of(what);
  put_slot(question, slot);
  return question;
}

Result<std::string> hello(const Connection& connection, const std::string& path) {
  std::string question = question_of(Ask::hello);
  put_text(question, catalogue().build);
  if (auto ok = connection.send(question); !ok) return tl::unexpected(ok.error());
  auto frame = connection.receive_within(hello_within);
  if (frame) return answer_of(std::move(*frame));
  if (frame.error().code != Code::unavailable) return frame;
  return fail(Code::unavailable, path + ": the process does not answer: is it stopped?");
}

// A connection that has been introduced.
Result<Connection> introduced(const std::string& path) {
  auto connection = Connection::open(path);
  if (!connection) return connection;
  if (const auto answer = hello(*connection, path); !answer) {
    return tl::unexpected(answer.error());
  }
  return connection;
}

class RemoteReader final : public Reader {
 public:
  explicit RemoteReader(Connection connection) : connection_(std::move(connection)) {}

  Result<void> seek(const Slot& slot, Offset from) override {
    std::string question = question_of(Ask::seek, slot);
    put_little(question, from);
    const auto answer = ask(connection_, question);
    if (!answer) return tl::unexpected(answer.error());
    return {};
  }
  void drop(const Slot& slot) override {
    // If it fails, so does the next read, which can say so.
    static_cast<void>(ask(connection_, question_of(Ask::drop, slot)));
  }
  Result<Batch> read(const Slot& slot, Limit limit) override {
    std::string question = question_of(Ask::read, slot);
    put_little(question, static_cast<std::uint64_t>(limit.records));
    put_little(question, static_cast<std::uint64_t>(limit.bytes));
    auto answer = ask(connection_, question);
    if (!answer) return tl::unexpected(answer.error());
    const auto bytes = std::make_shared<const std::string>(std::move(*answer));
    auto records = read_records(*bytes);
    if (!records) return tl::unexpected(records.error());
    return Batch{std::move(*records), {bytes}};
  }
  bool wait(Duration timeout) override {
    while (timeout.us > 0 && !interrupted_.exchange(false)) {
      const Duration slice = std::min(timeout, wait_again);
      std::string question = question_of(Ask::wait);
      put_little(question, slice.us);
      const auto answer = ask(connection_, question);
      if (!answer) return true;  // the next read tells why
      if (*answer == "1") return true;
      timeout.us -= slice.us;
    }
    return false;
  }
  void interrupt() override { interrupted_ = true; }

 private:
  Connection connection_;
  std::atomic<bool> interrupted_ = false;
};

class RemoteAppender final : public Appender {
 public:
  explicit RemoteAppender(Connection connection) : connection_(std::move(connection)) {}

  Result<void> append(const Slot& slot,
                      std::span<const Record> records,
                      Durability durability) override {
    if (dead_) return fail(Code::closed, "an append failed before");
    std::string question = question_of(Ask::append, slot);
    put_little(question, static_cast<std::uint8_t>(durability));
    for (const Record& record : records) put_record(question, record);
    const auto answer = ask(connection_, question);
    if (answer) return {};
    dead_ = answer.error().code != Code::full;
    return tl::unexpected(answer.error());
  }

 private:
  Connection connection_;
  bool dead_ = false;
};

class RemoteLog final : public Log {
 public:
  RemoteLog(std::string path, Connection connection, const Uuid& id, std::vector<TopicSpec> topics)
      : path_(std::move(path)),
        connection_(std::move(connection)),
        id_(id),
        topics_(std::move(topics)) {}

  Uuid id() const override { return id_; }
  const std::vector<TopicSpec>& topics() const override { return topics_; }
  Result<std::unique_ptr<Appender>> writer(std::string) override {
    auto connection = introduced(path_);
    if (!connection) return tl::unexpected(connection.error());
    return std::make_unique<RemoteAppender>(std::move(*connection));
  }
  Result<std::unique_ptr<Reader>> reader() override {
    auto connection = introduced(path_);
    if (!connection) return tl::unexpected(connection.error());
    return std::make_unique<RemoteReader>(std::move(*connection));
  }
  Result<Offset> begin(const Slot& slot) override { return offset(Ask::begin, slot); }
  Result<Offset> end(const Slot& slot) override { return offset(Ask::end, slot); }
  Result<std::unique_ptr<Ownership>> own(const std::vector<std::string>&) override {
    return fail(Code::forbidden, "the process that has the log open decides its commands");
  }

 private:
  Result<Offset> offset(Ask what, const Slot& slot) {
    const std::scoped_lock lock(mutex_);
    const auto answer = ask(connection_, question_of(what, slot));
    if (!answer) return tl::unexpected(answer.error());
    ByteReader reader(*answer);
    return reader.little<Offset>();
  }

  std::string path_;
  std::mutex mutex_;
  Connection connection_;
  Uuid id_;
  std::vector<TopicSpec> topics_;
};

}  // namespace

Result<std::unique_ptr<Log>> open_remote_log(const std::string& socket_path) {
  auto connection = Connection::open(socket_path);
  if (!connection) return tl::unexpected(connection.error());
  const auto answer = hello(*connection, socket_path);
  if (!answer) return tl::unexpected(answer.error());
  ByteReader reader(*answer);
  const Uuid id = reader.id();
  std::vector<TopicSpec> topics;
  while (reader.ok() && !reader.at_end()) {
    TopicSpec& topic = topics.emplace_back();
    topic.name = reader.text();
    topic.partitions = reader.little<std::uint32_t>();
    topic.compacted = reader.little<std::uint8_t>() != 0;
  }
  if (!reader.ok()) return fail(Code::corrupt, "an answer that does not decode");
  return std::make_unique<RemoteLog>(socket_path, std::move(*connection), id, std::move(topics));
}

Result<std::string> ask_status(const std::string& socket_path) {
  const auto connection = introduced(socket_path);
  if (!connection) return tl::unexpected(connection.error());
  return ask(*connection, question_of(Ask::status));
}

Result<std::uint64_t> ask_compact(const std::string& socket_path) {
  const auto connection = introduced(socket_path);
  if (!connection) return tl::unexpected(connection.error());
  const auto answer = ask(*connection, question_of(Ask::compact));
  if (!answer) return tl::unexpected(answer.error());
  return ByteReader(*answer).little<std::uint64_t>();
}

Result<void> ask_checkpoint(const std::string& socket_path,
                            std::string_view table,
                            const std::string& directory) {
  const auto connection = introduced(socket_path);
  if (!connection) return tl::unexpected(connection.error());
  std::string question = question_of(Ask::checkpoint);
  put_text(question, table);
  put_text(question, directory);
  const auto answer = ask(*connection, question);
  if (!answer) return tl::unexpected(answer.error());
  return {};
}

Result<void> ask_rebuild(const std::string& socket_path,
                         std::span<const std::string> tables,
                         std::string_view key,
                         const std::function<bool(std::string_view)>& progress) {
  const auto connection = introduced(socket_path);
  if (!connection) return tl::unexpected(connection.error());
  std::string question = question_of(Ask::rebuild);
  put_text(question, key);
  for (const std::string& table : tables) put_text(question, table);
  if (auto ok = connection->send(question); !ok) return ok;
  for (bool cancelled = false;;) {
    auto frame = connection->receive();
    if (!frame) return tl::unexpected(frame.error());
    if (static_cast<Tone>(frame->front()) != Tone::more) {
      const auto answer = answer_of(std::move(*frame));
      if (!answer) return tl::unexpected(answer.error());
      return {};
    }
    if (!progress(std::string_view(*frame).substr(1)) && !std::exchange(cancelled, true)) {
      connection->stop_sending();
    }
  }
}

}  // namespace wf::cli
