// An App on an in-memory log, with tables filled by hand and a decider of a few lines: everything
// of the gateway but sockets.
#pragma once
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/index_key.h"
#include "gateway/app.h"
#include "log/memory_disk.h"
#include "log/rocks_log.h"

namespace wf::gateway::test {

// A table as a map; rows are set by the test.
class HandTable : public TableView {
 public:
  explicit HandTable(const TableType& type) : type_(type) {}
  const TableType& type() const override { return type_; }
  TableState state() const override {
    const std::lock_guard lock(mutex_);
    return {.live = live_,
            .positions = positions_,
            .quarantined = 0,
            .generation = "test",
            .frozen_since = frozen_since_,
            .built_percent = built_percent_,
            .failing_since = failing_since_,
            .opened_as_of = opened_as_of_};
  }
  Result<RowRead> get(std::string_view key) const override {
    const std::lock_guard lock(mutex_);
    if (fails_ > 0) {
      --fails_;
      return fail(Code::timeout, "nobody answered");
    }
    const auto found = rows_.find(std::string(key));
    if (recovers_after_read_) {
      live_ = true;
      failing_since_.reset();
    }
    return found == rows_.end() ? RowRead{} : found->second;
  }
  Result<std::optional<std::string>> answer(std::string_view key,
                                            const Query& query) const override {
    return R"({"path":")" + std::string(query.path) + R"(","key_size":)" +
           std::to_string(key.size()) + "}";
  }
  Result<RowPage> page(const RowQuery& query) const override {
    const std::lock_guard lock(mutex_);
    asked_ = query;
    if (query.cursor == "bad") return fail(Code::invalid, "cursor");
    RowPage page;
    for (const auto& [key, row] : rows_) page.rows.push_back(row.json);
    page.cursor = query.cursor.empty() ? "place" : "";
    return page;
  }

  void set(const Uuid& id, std::string json, std::uint64_t version = 1) {
    const std::lock_guard lock(mutex_);
    std::string key;
    append_index_key(key, id);
    RowRead row;
    row.row_version = version;
    row.hash = version;
    row.json = std::move(json);
    rows_[key] = std::move(row);
  }
  // As the engine does: nothing of the row is left to be read.
  void quarantine(const Uuid& id, Instant since) {
    const std::lock_guard lock(mutex_);
    std::string key;
    append_index_key(key, id);
    rows_[key] = {.json = {}, .row_version = 0, .hash = 0, .quarantined_since = since};
  }
  // So many reads of a row fail.
  void set_failing(int reads) {
    const std::lock_guard lock(mutex_);
    fails_ = reads;
  }
  void set_live(bool live) {
    const std::lock_guard lock(mutex_);
    live_ = live;
  }
  // What it lacks comes as soon as the next row was read.
  void recover_after_read() {
    const std::lock_guard lock(mutex_);
    recovers_after_read_ = true;
  }
  // Not live; as of then, while the next generation is built. Nothing: there is none before it.
  void build(std::optional<Instant> frozen_since, int percent) {
    const std::lock_guard lock(mutex_);
    live_ = false;
    frozen_since_ = frozen_since;
    built_percent_ = percent;
  }
  // As after a start: not live yet, with what its files had then.
  void reopen(Instant as_of) {
    const std::lock_guard lock(mutex_);
    live_ = false;
    opened_as_of_ = as_of;
  }
  void stop_folding(Instant since, std::optional<Instant> opened_as_of = {}) {
    const std::lock_guard lock(mutex_);
    live_ = false;
    failing_since_ = since;
    opened_as_of_ = opened_as_of;
  }
  void reach(Offsets offsets) {
    const std::lock_guard lock(mutex_);
    positions_ = std::move(offsets);
  }
  RowQuery asked() const {
    const std::lock_guard lock(mutex_);
    return asked_;
  }

 private:
  const TableType& type_;
  mutable std::mutex mutex_;
  std::map<std::string, RowRead> rows_;
  mutable int fails_ = 0;
  mutable bool live_ = true;
  bool recovers_after_read_ = false;
  std::optional<Instant> frozen_since_;
  mutable std::optional<Instant> failing_since_;
  std::optional<Instant> opened_as_of_;
  std::optional<int> built_percent_;
  Offsets positions_;
  mutable RowQuery asked_;
};

// What the decider of a test answers.
struct Ruling {
  Kind kind = Kind::event;
  std::string type = {};       // of the event
  std::string payload = "{}";  // of a closing record
};

// Decides commands in the thread that calls it.
class HandDecider {
 public:
  explicit HandDecider(Log& log);
  // Decides what has arrived; `ruling` sees each command once. Returns how many there were.
  std::size_t decide(const std::function<Ruling(const Record&)>& ruling);

 private:
  struct Lane {
    Slot commands;
    Slot events;
    Offset epoch = 0;
    std::uint64_t version = 0;
  };
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<Appender> appender_;
  std::vector<Lane> lanes_;
};

struct AppFixture {
  AppFixture();
  ~AppFixture();

  struct Ask {
    Method method = Method::get;
    std::string target;
    std::vector<Header> headers = {};
    std::string body = {};
  };
  // Sends it; the answer, if there is one at once.
  std::optional<Response> begin(const Ask& ask, Ticket ticket);
  // Sends it, decides and pumps until it is answered. Half a minute at most.
  Response ask(const Ask& ask);
  Response finish(Ticket ticket);
  // Runs what was posted to the io thread, and waits for more until `done`.
  void pump_until(const std::function<bool()>& done);
  // Another backend on `on`, not started, with the configuration as it is now.
  std::unique_ptr<Backend> another(Log& on);

  std::string token(const Uuid& account, std::uint32_t roles, const Uuid& session = {});
  std::uint32_t role(std::string_view name) const;
  HandTable& table(std::string_view name) { return *tables_.at(std::string(name)); }

  MemoryDisk disk;
  std::unique_ptr<Log> log;
  Secrets secrets{random_secrets()};
  ProcessConfig process;
  PlatformConfig platform;
  Instant now = wall_clock();
  Instant failing_since;                                 // of the projector
  std::function<Services::FindOutcome> command_outcome;  // empty: nothing is known
  std::map<std::string, std::unique_ptr<HandTable>> tables_;
  std::unique_ptr<HandDecider> decider;
  std::function<Ruling(const Record&)> ruling = [](const Record&) { return Ruling{}; };
  std::vector<std::string> seen;  // types of the commands decided
  std::unique_ptr<Backend> backend;
  std::unique_ptr<App> app;

  std::mutex mutex;
  std::condition_variable posted_some;
  std::deque<std::function<void()>> posted;
  std::map<std::uint32_t, Response> answers;  // by ticket
  std::map<std::uint32_t, Accept> accepted;
  std::uint32_t tickets = 0;

  const Uuid asha = Uuid::v5({}, "asha");
  const Uuid ravi = Uuid::v5({}, "ravi");
};

bool has_header(const Response& response, std::string_view line);
std::string header(const Response& response, std::string_view name);

}  // namespace wf::gateway::test
