// Tables served over a socket of a test's own, and a view made by hand to serve.
#pragma once
#include <boost/test/unit_test.hpp>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "storage/remote/remote_tables.h"
#include "storage/remote/table_server.h"
#include "support/sample_tables.h"
#include "support/temp_dir.h"

namespace wf::sample {

// Longer than any test may wait; none waits so long unless it fails.
inline constexpr Duration patience = Duration::seconds(30);

// To whom a slow machine is no silent node.
inline RemoteTablesOptions patient(
    const Uuid& log_id,
    std::size_t connections_max = 16,
    std::function<void(std::string_view)> alarm = [](std::string_view) {}) {
  return {.log_id = log_id,
          .request_max = patience,
          .silence_max = patience,
          .connections_max = connections_max,
          .alarm = std::move(alarm)};
}

inline std::unique_ptr<TableServer> serve(const TableView& view, TableServerOptions options) {
  auto server = TableServer::open({&view}, std::move(options));
  BOOST_REQUIRE_MESSAGE(server, (server ? "" : server.error().detail));
  return std::move(*server);
}

// A table's view, and that view over a socket.
class ServedTable {
 public:
  ServedTable(const TempDir& dir, const TableView& view, const Uuid& log_id)
      : name_(view.type().info().name),
        server_(serve(view, {.address = at(dir), .log_id = log_id})) {
    const TableType* const type = &view.type();
    auto tables = RemoteTables::open({{at(dir), {name_}}}, {&type, 1}, patient(log_id));
    BOOST_REQUIRE(tables);
    tables_ = std::move(*tables);
    tables_->start();
  }
  const TableView& view() const { return *tables_->table(name_); }
  void wait_until_live() {
    server_->moved();
    BOOST_REQUIRE(tables_->wait_for(name_, {}, patience));
  }

 private:
  static std::string at(const TempDir& dir) { return "unix:" + (dir / "tables.sock").string(); }
  std::string name_;
  std::unique_ptr<TableServer> server_;
  std::unique_ptr<RemoteTables> tables_;
};

inline RowRead row_of(std::string_view json) {
  RowRead row;
  row.json = json;
  return row;
}

// A view that says what a test tells it to.
class HandMade : public TableView {
 public:
  explicit HandMade(const TableType& type) : type_(type) { set(1); }

  // Stands at `offset`, and its rows say so.
  void set(std::int64_t offset) {
    const std::lock_guard lock(mutex_);
    state_.live = true;
    state_.generation = "code-1-1";
    state_.positions = {{"events.bookings", 0, offset}, {"events.bookings", 1, 7}};
  }
  void set_live(bool live) {
    const std::lock_guard lock(mutex_);
    state_.live = live;
  }
  void fail(std::optional<Instant> since) {
    const std::lock_guard lock(mutex_);
    state_.live = !since;
    state_.failing_since = since;
  }

  const TableType& type() const override { return type_; }
  TableState state() const override {
    const std::lock_guard lock(mutex_);
    return state_;
  }
  Result<RowRead> get(std::string_view key) const override {
    if (on_get) return on_get(key);
    return row_of(std::to_string(state().positions[0].offset));
  }
  Result<std::optional<std::string>> answer(std::string_view key,
                                            const Query& query) const override {
    return on_answer(key, query);
  }
  Result<RowPage> page(const RowQuery& query) const override { return on_page(query); }

  std::function<Result<RowRead>(std::string_view)> on_get;
  std::function<Result<std::optional<std::string>>(std::string_view, const Query&)> on_answer;
  std::function<Result<RowPage>(const RowQuery&)> on_page;

 private:
  const TableType& type_;
  mutable std::mutex mutex_;
  TableState state_;
};

// A door that threads wait at until it is opened.
class Door {
 public:
  void open() {
    {
      const std::lock_guard lock(mutex_);
      open_ = true;
    }
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    ++waiting_;
    changed_.notify_all();
    changed_.wait_for(lock, std::chrono::microseconds(patience.us), [&] { return open_; });
  }
  void wait_for_somebody() {
    std::unique_lock lock(mutex_);
    BOOST_REQUIRE(changed_.wait_for(
        lock, std::chrono::microseconds(patience.us), [&] { return waiting_ > 0; }));
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
  int waiting_ = 0;
};

}  // namespace wf::sample
