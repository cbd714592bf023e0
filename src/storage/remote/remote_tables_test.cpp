// Reading tables elsewhere while nodes die, hang, come back, lag and are asked by many at once.
#include "storage/remote/remote_tables.h"

#include <atomic>
#include <boost/test/unit_test.hpp>
#include <future>
#include <set>
#include <thread>

#include "storage/remote/socket.h"
#include "storage/remote/table_wire.h"
#include "support/served_tables.h"

namespace wf::sample::remote_tables_test {
namespace {

const Uuid log_id = uuid_of(42);

// A table with a channel.
class Channelled : public Bookings {
 public:
  Channelled() : info_(Bookings::info()) { info_.channel = true; }
  const TableInfo& info() const override { return info_; }

 private:
  TableInfo info_;
};

// What a reader was told of changed rows.
class Told {
 public:
  void operator()(const std::vector<std::string>& keys) {
    {
      const std::lock_guard lock(mutex_);
      if (keys.empty()) ++all_;
      keys_.insert(keys.begin(), keys.end());
    }
    changed_.notify_all();
  }
  void wait_for_key(const std::string& key) {
    wait([&] { return keys_.contains(key); });
  }
  void wait_for_all(int times) {
    wait([&] { return all_ >= times; });
  }
  int all() {
    const std::lock_guard lock(mutex_);
    return all_;
  }

 private:
  template <class Condition>
  void wait(const Condition& condition) {
    std::unique_lock lock(mutex_);
    BOOST_REQUIRE(changed_.wait_for(lock, std::chrono::microseconds(patience.us), condition));
  }
  std::mutex mutex_;
  std::condition_variable changed_;
  std::set<std::string> keys_;
  int all_ = 0;
};

struct Fixture {
  TempDir dir;
  Channelled type;
  HandMade one{type};
  HandMade two{type};
  Told told;
  std::unique_ptr<RemoteTables> tables;

  std::string at(const std::string& name) const { return "unix:" + (dir / name).string(); }
  std::unique_ptr<TableServer> start(const std::string& name,
                                     const TableView& view,
                                     TableServerOptions options = {}) const {
    options.address = at(name);
    options.log_id = log_id;
    return serve(view, std::move(options));
  }
  // Tables of the nodes named, not waited for.
  const TableView& reach(const std::vector<std::string>& names,
                         RemoteTablesOptions options = patient(log_id)) {
    options.log_id = log_id;
    options.retry = Duration::millis(1);
    std::vector<TableNode> nodes;
    for (const std::string& name : names) nodes.push_back({at(name), {"bookings"}});
    const TableType* const known = &type;
    auto made = RemoteTables::open(nodes, {&known, 1}, std::move(options));
    BOOST_REQUIRE(made);
    tables = std::move(*made);
    tables->on_rows([this](const TableInfo& table, const std::vector<std::string>& keys) {
      if (table.name == "bookings") told(keys);
    });
    tables->start();
    return *tables->table("bookings");
  }
  void wait_until_live() { BOOST_REQUIRE(tables->wait_for("bookings", {}, patience)); }
  void wait_for(std::int64_t offset) {
    BOOST_REQUIRE(tables->wait_for("bookings", {{"events.bookings", 0, offset}}, patience));
  }
  // The next connection, and what it asked for first.
  static remote::FrameStream greeted(const remote::Listening& at) {
    const auto taken = [&] { return ::accept4(at.socket.fd(), nullptr, nullptr, SOCK_NONBLOCK); };
    int fd = taken();
    for (; fd < 0; fd = taken()) std::this_thread::yield();
    remote::FrameStream stream(remote::Socket(fd), remote::question_bytes_max);
    BOOST_REQUIRE(stream.receive(remote::after(patience)));
    std::string out;
    remote::put_welcome(out, 1);
    BOOST_REQUIRE(stream.send(out, remote::after(patience)));
    BOOST_REQUIRE(stream.receive(remote::after(patience)));
    return stream;
  }
  // What was told of `view` once is all that is ever told.
  static remote::FrameStream watched(const remote::Listening& at, const TableView& view) {
    remote::FrameStream stream = greeted(at);
    std::string push;
    remote::put_moved(push, {{.table = 0, .state = view.state(), .keys = {}}});
    BOOST_REQUIRE(stream.send(push, remote::after(patience)));
    return stream;
  }
  static void is_unavailable(const TableView& view) {
    const auto row = view.get("k");
    BOOST_REQUIRE(!row.has_value());
    BOOST_TEST(name(row.error().code) == "unavailable");
    BOOST_TEST(!view.state().live);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(remote_tables_tests, Fixture)

BOOST_AUTO_TEST_CASE(without_a_node_there_is_no_answer_and_no_waiting) {
  const TableView& view = reach({"nobody.sock"});
  is_unavailable(view);
  BOOST_TEST(!tables->wait_for("bookings", {}, {}));
  BOOST_TEST(tables->table("accounts") == nullptr);
  BOOST_TEST(tables->tables().size() == 1U);
}

BOOST_AUTO_TEST_CASE(a_configuration_that_cannot_be_is_refused) {
  const TableType* const known = &type;
  const auto code = [&](const std::vector<TableNode>& nodes) {
    return RemoteTables::open(nodes, {&known, 1}, {}).error().code;
  };
  BOOST_TEST((code({{"nowhere", {"bookings"}}}) == Code::invalid));
  BOOST_TEST((code({{at("a"), {"no_such_table"}}}) == Code::invalid));
  BOOST_TEST((code(std::vector<TableNode>(65, {at("a"), {"bookings"}})) == Code::invalid));
}

BOOST_AUTO_TEST_CASE(a_server_that_dies_and_comes_back_is_read_again) {
  auto server = start("a", one);
  std::mutex mutex;
  std::vector<std::string> alarms;
  const TableView& view = reach({"a"}, patient(log_id, 16, [&](std::string_view what) {
                                  const std::lock_guard lock(mutex);
                                  alarms.emplace_back(what);
                                }));
  for (int n = 1; n <= 3; ++n) {
    told.wait_for_all(n);
    BOOST_TEST(view.get("k")->json == "1");
    server.reset();
    while (view.get("k")) {
    }
    is_unavailable(view);
    server = start("a", one);
    wait_until_live();
  }
  BOOST_TEST(view.get("k")->json == "1");
  tables.reset();  // its threads tell of alarms until they end
  BOOST_TEST(alarms.size() >= 6U);
  BOOST_TEST(alarms[1].starts_with("tables at unix:"));
}

BOOST_AUTO_TEST_CASE(another_node_answers_when_one_dies) {
  auto first = start("a", one);
  auto second = start("b", two);
  two.on_get = [](std::string_view) { return row_of("two"); };
  one.on_get = [](std::string_view) { return row_of("one"); };
  const TableView& view = reach({"a", "b"});
  wait_until_live();
  first.reset();
  while (view.get("k").value_or(RowRead{}).json != "two") {
  }
  first = start("a", one);
  second.reset();
  while (view.get("k").value_or(RowRead{}).json != "one") {
  }
}

BOOST_AUTO_TEST_CASE(a_node_behind_what_was_told_is_not_read) {
  one.set(10);
  two.set(5);
  auto first = start("a", one);
  const TableView& view = reach({"a", "b"});
  wait_for(10);
  BOOST_TEST(view.state().positions[0].offset == 10);
  const auto second = start("b", two);
  first.reset();
  while (view.get("k")) {
  }
  is_unavailable(view);
  BOOST_TEST(view.state().positions[0].offset == 10);  // what was said stays said
  two.set(9);
  second->moved();
  is_unavailable(view);
  two.set(12);
  second->moved();
  wait_for(12);
  BOOST_TEST(view.get("k")->json == "12");
}

BOOST_AUTO_TEST_CASE(a_node_that_beats_but_folds_no_more_is_left_for_one_that_does) {
  one.set(5);
  two.set(5);
  one.on_get = [](std::string_view) { return row_of("one"); };
  two.on_get = [](std::string_view) { return row_of("two"); };
  const auto first = start("a", one, {.heartbeat = Duration::millis(10)});
  const TableView& view = reach({"a", "b"}, {.silence_max = Duration::seconds(2)});
  wait_until_live();
  const auto second = start("b", two, {.heartbeat = Duration::millis(10)});
  BOOST_TEST(view.get("k")->json == "one");
  two.set(10);
  second->moved();
  wait_for(10);
  BOOST_TEST(view.get("k")->json == "two");
  told.wait_for_all(2);
  BOOST_TEST(told.all() == 2);
}

// A gateway says it with `Age`.
BOOST_AUTO_TEST_CASE(since_when_a_node_folds_no_more_is_told) {
  std::atomic<std::int64_t> failing_us = 0;  // its projector, since then
  const auto server = start("a", one, {.failing_since = [&] { return Instant{failing_us}; }});
  const TableView& view = reach({"a"});
  wait_until_live();
  const auto is_told = [&](std::optional<Instant> since) {
    server->moved();
    while (view.state().failing_since != since) std::this_thread::yield();
    return true;
  };
  BOOST_TEST(is_told({}));
  failing_us = 70;
  BOOST_TEST(is_told(Instant{70}));
  one.fail(Instant{50});  // this table alone: what it has is not all there is
  BOOST_TEST(is_told(Instant{50}));
  is_unavailable(view);
  failing_us = 0;
  one.fail({});
  BOOST_TEST(is_told({}));
  BOOST_TEST(view.get("k").has_value());
}

BOOST_AUTO_TEST_CASE(answers_never_go_back_while_nodes_come_and_go) {
  std::unique_ptr<TableServer> servers[2] = {start("a", one), start("b", two)};
  HandMade* const views[2] = {&one, &two};
  const TableView& view = reach({"a", "b"});
  wait_until_live();
  std::atomic<bool> stop = false;
  std::atomic<int> answered = 0;
  std::atomic<int> went_back = 0;
  std::thread reader([&] {
    std::int64_t told_max = 0;
    while (!stop) {
      const TableState state = view.state();
      if (!state.positions.empty()) told_max = std::max(told_max, state.positions[0].offset);
      const auto row = view.get("k");
      if (!row) continue;
      ++answered;
      if (std::stoll(row->json) < told_max) ++went_back;
    }
  });
  for (int n = 2; n < 60 || answered < 200; ++n) {
    views[n % 2]->set(n);  // one runs ahead, then the other
    servers[n % 2]->moved();
    if (n % 10 == 0) servers[n / 10 % 2].reset();
    if (n % 10 == 0) {
      const std::size_t at = static_cast<std::size_t>(n / 10 % 2);
      servers[at] = start(at == 0 ? "a" : "b", *views[at]);
    }
  }
  stop = true;
  reader.join();
  BOOST_TEST(went_back == 0);
}

BOOST_AUTO_TEST_CASE(a_node_that_hangs_costs_one_deadline_and_is_left) {
  const auto deaf = remote::listen_on(at("deaf"));  // connects, and says nothing
  auto hanging = remote::listen_on(at("a"));
  BOOST_REQUIRE((deaf && hanging));
  const TableView& view = reach(
      {"deaf", "a"}, {.request_max = Duration::seconds(2), .silence_max = Duration::seconds(4)});
  const remote::FrameStream watch = watched(*hanging, one);
  wait_until_live();
  auto asked = std::async(std::launch::async, [&] { return view.get("k").error().code; });
  const remote::FrameStream question = greeted(*hanging);
  BOOST_TEST((asked.get() == Code::timeout));
  while (view.state().live) std::this_thread::yield();
  is_unavailable(view);  // at once: until it is heard of again
  hanging->socket = remote::Socket();
  one.set(2);
  const auto server = start("a", one);
  wait_for(2);
  BOOST_TEST(view.get("k").has_value());
}

BOOST_AUTO_TEST_CASE(another_node_answers_when_one_hangs) {
  const auto hanging = remote::listen_on(at("a"));
  BOOST_REQUIRE(hanging);
  two.on_get = [](std::string_view) { return row_of("two"); };
  std::atomic<int> alarms = 0;
  const auto count = [&](std::string_view what) { alarms += what.ends_with("are read") ? 1 : 0; };
  const TableView& view = reach(
      {"a", "b"}, {.request_max = Duration::seconds(4), .silence_max = patience, .alarm = count});
  const remote::FrameStream watch = watched(*hanging, one);
  wait_until_live();
  const auto server = start("b", two);
  while (alarms < 2) std::this_thread::yield();
  auto asked = std::async(std::launch::async, [&] { return view.get("k"); });
  const remote::FrameStream question = greeted(*hanging);
  BOOST_TEST(asked.get().value_or(RowRead{}).json == "two");
  tables->stop();  // before what its alarms count in
}

BOOST_AUTO_TEST_CASE(a_slow_question_is_not_taken_for_a_dead_node) {
  Door door;
  std::atomic<int> pages = 0;
  one.on_page = two.on_page = [&](const RowQuery&) {
    ++pages;
    door.pass();
    return RowPage{};
  };
  const auto first = start("a", one, {.heartbeat = Duration::millis(10)});
  const auto second = start("b", two, {.heartbeat = Duration::millis(10)});
  std::atomic<int> alarms = 0;
  const TableView& view = reach({"a", "b"},
                                {.request_max = Duration::seconds(4),
                                 .silence_max = patience,
                                 .alarm = [&](std::string_view) { ++alarms; }});
  while (alarms < 2) std::this_thread::yield();  // both are read
  const int all = told.all();
  auto slow = std::async(std::launch::async, [&] { return view.page({}).error().code; });
  int unanswered = 0;
  do {
    unanswered += view.get("k") ? 0 : 1;
  } while (slow.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready);
  for (int n = 0; n < 10; ++n) unanswered += view.get("k") ? 0 : 1;
  BOOST_TEST((slow.get() == Code::timeout));
  BOOST_TEST(unanswered == 0);
  BOOST_TEST(pages == 1);  // what is slow at one would be at the other, too
  BOOST_TEST(alarms == 2);
  BOOST_TEST(told.all() == all);
  door.open();
  tables->stop();  // before what its alarms count in
}

BOOST_AUTO_TEST_CASE(changed_rows_are_told_when_they_can_be_read) {
  const auto server = start("a", one, {.changed_keys_max = 3});
  const TableView& view = reach({"a"});
  told.wait_for_all(1);  // it may have missed something before
  one.set(2);
  server->rows_changed(type.info(), {"k1", "k2"});
  server->moved();
  told.wait_for_key("k1");
  told.wait_for_key("k2");
  BOOST_TEST(view.get("k1")->json == "2");
  BOOST_TEST(view.state().positions[0].offset == 2);
  server->rows_changed(type.info(), {"a", "b", "c", "d"});
  server->moved();
  told.wait_for_all(2);
  server->rows_changed(type.info(), {});  // any row may have, as after a rebuild
  server->moved();
  told.wait_for_all(3);
}

// Whoever waits for a position looks when the table has moved, whichever row it was.
BOOST_AUTO_TEST_CASE(a_position_that_moved_is_told_with_no_row) {
  const auto server = start("a", one);
  reach({"a"});
  told.wait_for_all(1);
  one.set(2);
  server->rows_changed(type.info(), no_row);
  server->moved();
  told.wait_for_key(no_row.front());
}

BOOST_AUTO_TEST_CASE(after_a_reconnect_every_row_may_have_changed) {
  auto server = start("a", one);
  reach({"a"});
  told.wait_for_all(1);
  server.reset();
  server = start("a", one);
  told.wait_for_all(2);
  server->rows_changed(type.info(), {"k"});
  server->moved();
  told.wait_for_key("k");
}

BOOST_AUTO_TEST_CASE(after_a_stop_nothing_is_live) {
  const auto server = start("a", one);
  const TableView& view = reach({"a"});
  wait_until_live();
  tables->stop();
  is_unavailable(view);
}

BOOST_AUTO_TEST_CASE(who_finds_no_free_connection_waits_no_longer_than_allowed) {
  Door door, shut;  // the server's threads may still be in them when it ends
  one.on_get = [&](std::string_view key) {
    if (key == "slow") door.pass();
    return row_of(key);
  };
  const auto server = start("a", one);
  const TableView& view = reach({"a"}, patient(log_id, 1));
  wait_until_live();
  std::string answers[2];
  const auto get = [&](std::size_t n, std::string_view key) {
    answers[n] = view.get(key).value_or(RowRead{}).json;
  };
  std::thread slow(get, 0, "slow");
  door.wait_for_somebody();
  std::thread waits(get, 1, "fast");
  door.open();
  slow.join();
  waits.join();
  BOOST_TEST(answers[0] == "slow");
  BOOST_TEST(answers[1] == "fast");

  one.on_get = [&](std::string_view) {
    shut.pass();
    return RowRead{};
  };
  const TableView& hasty = reach(
      {"a"}, {.request_max = Duration::millis(20), .silence_max = patience, .connections_max = 1});
  wait_until_live();
  BOOST_TEST((hasty.get("k").error().code == Code::timeout));
  shut.open();
}

BOOST_AUTO_TEST_CASE(a_node_without_a_free_connection_is_not_taken_for_a_dead_one) {
  Door door;
  one.on_get = [&](std::string_view) {
    door.pass();
    return row_of("one");
  };
  std::atomic<int> lost = 0;
  const auto alarm = [&](std::string_view what) { lost += what.ends_with("are read") ? 0 : 1; };
  const auto first = start("a", one, {.connections_max = 2});  // one of them watches
  const TableView& view = reach({"a"}, patient(log_id, 16, alarm));
  wait_until_live();
  auto slow = std::async(std::launch::async, [&] { return view.get("k"); });
  door.wait_for_somebody();
  for (int n = 0; n < 20; ++n) BOOST_TEST((view.get("k").error().code == Code::full));
  BOOST_TEST(view.state().live);
  door.open();
  BOOST_TEST(slow.get().value_or(RowRead{}).json == "one");
  BOOST_TEST(view.get("k").value_or(RowRead{}).json == "one");
  BOOST_TEST(lost == 0);
  tables->stop();  // before what its alarms count in
}

BOOST_AUTO_TEST_CASE(sixty_four_threads_over_four_connections_get_their_own_answers) {
  one.on_get = [](std::string_view key) { return row_of(key); };
  std::atomic<int> asking = 0;
  std::atomic<int> asking_max = 0;
  one.on_page = [&](const RowQuery& query) {
    const int now = ++asking;
    for (int seen = asking_max; seen < now && !asking_max.compare_exchange_weak(seen, now);) {
    }
    RowPage page{{query.prefix}, query.prefix + "+"};
    --asking;
    return page;
  };
  const auto server = start("a", one, {.connections_max = 5});  // one of them watches
  const TableView& view = reach({"a"}, patient(log_id, 4));
  wait_until_live();
  std::atomic<int> wrong = 0;
  std::vector<std::thread> threads;
  for (int n = 0; n < 64; ++n) {
    threads.emplace_back([&, n] {
      for (int i = 0; i < 50; ++i) {
        const std::string key = fmt::format("{}/{}", n, i);
        const auto row = view.get(key);
        if (!row || row->json != key) ++wrong;
        RowQuery query;
        query.prefix = key;
        const auto page = view.page(query);
        if (!page || page->rows != std::vector{key} || page->cursor != key + "+") ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  BOOST_TEST(wrong == 0);
  BOOST_TEST(asking_max <= 4);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::sample::remote_tables_test
