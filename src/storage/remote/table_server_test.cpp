// What a server of tables does with those who ask well, badly, slowly, too much or not at all.
#include "storage/remote/table_server.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <boost/test/unit_test.hpp>
#include <filesystem>
#include <stdexcept>

#include "storage/remote/socket.h"
#include "storage/remote/table_wire.h"
#include "support/served_tables.h"
#include "support/table_fixture.h"

namespace wf::sample::table_server_test {
namespace {

const Uuid log_id = uuid_of(42);

struct Fixture {
  TempDir dir;
  Bookings type;
  HandMade table{type};
  std::unique_ptr<TableServer> server;
  std::unique_ptr<RemoteTables> tables;

  std::string address() const { return "unix:" + (dir / "tables.sock").string(); }
  void start(TableServerOptions options = {}) {
    options.address = address();
    options.log_id = log_id;
    server = serve(table, std::move(options));
  }
  const TableView& read() {
    const TableType* const known = &type;
    auto made = RemoteTables::open({{address(), {"bookings"}}}, {&known, 1}, patient(log_id));
    BOOST_REQUIRE(made);
    tables = std::move(*made);
    tables->start();
    BOOST_REQUIRE(tables->wait_for("bookings", {}, patience));
    return *tables->table("bookings");
  }

  // A connection that speaks for itself.
  remote::FrameStream connect() const {
    auto socket = remote::connect_to(*remote::resolve(address()), remote::after(patience));
    BOOST_REQUIRE(socket);
    return {std::move(*socket), remote::answer_bytes_max};
  }
  static void send(remote::FrameStream& stream, std::string frame) {
    BOOST_REQUIRE(stream.send(frame, remote::after(patience)));
  }
  static remote::Answer receive(remote::FrameStream& stream) {
    const auto frame = stream.receive(remote::after(patience));
    BOOST_REQUIRE_MESSAGE(frame, (frame ? "" : frame.error().detail));
    const auto answer = remote::parse_answer(*frame);
    BOOST_REQUIRE(answer);
    return *answer;
  }
  static bool is_closed(remote::FrameStream& stream) {
    const auto frame = stream.receive(remote::after(patience));
    return !frame && frame.error().code == Code::closed;
  }
  remote::FrameStream greeted() const {
    remote::FrameStream stream = connect();
    send(stream, remote::hello_frame(log_id));
    BOOST_REQUIRE(receive(stream).tone == remote::Tone::done);
    return stream;
  }
  static std::string frame_of(std::string_view body) {
    return std::string(remote::FrameStream::head_bytes, '\0') + std::string(body);
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(table_server_tests, Fixture)

BOOST_AUTO_TEST_CASE(every_field_of_a_question_and_of_its_answer_arrives) {
  const auto* const platform = reinterpret_cast<const PlatformConfig*>(&type);  // only compared
  RowQuery seen;
  std::string seen_answer;
  table.on_page = [&](const RowQuery& query) {
    seen = query;
    BOOST_TEST(query.computed->get("date") == "2026-11-21");
    BOOST_TEST(query.computed->path == "slots");
    BOOST_TEST(query.computed->platform == platform);
    BOOST_TEST(query.computed->now.us == -7);
    return RowPage{{R"({"a":1})", std::string(300'000, 'x'), ""}, "next"};
  };
  table.on_answer = [&](std::string_view key, const Query& query) {
    seen_answer = fmt::format("{} {} {}", key, query.path, query.get("connector"));
    BOOST_TEST(query.platform == platform);
    BOOST_TEST(query.now.us == (query.path.empty() ? 0 : -7));
    return query.path.empty() ? std::nullopt : std::optional<std::string>("{}");
  };
  table.on_get = [](std::string_view key) {
    return RowRead{std::string(key), UINT64_MAX, 0xFEDCBA9876543210, Instant{-5}};
  };
  start({.platform = platform});
  const TableView& view = read();

  const std::string bytes("\0\xFFkey", 5);
  const auto row = view.get(bytes);
  BOOST_REQUIRE(row.has_value());
  BOOST_TEST(row->json == bytes);
  BOOST_TEST(row->row_version == UINT64_MAX);
  BOOST_TEST(row->hash == 0xFEDCBA9876543210);
  BOOST_TEST((row->quarantined_since == Instant{-5}));

  Query asked{
      .path = "slots", .values = {{"date", "2026-11-21"}, {"connector", "2"}}, .now = Instant{-7}};
  BOOST_TEST(view.answer("k", asked)->value() == "{}");
  BOOST_TEST(seen_answer == "k slots 2");
  BOOST_TEST(!view.answer("k", Query{})->has_value());

  const RowQuery query{.index = "by_place",
                       .prefix = bytes,
                       .near = Point{-1'799'999'999, 899'999'999},
                       .radius_m = 5'000,
                       .equal = {{"status", "reserved"}, {"a", ""}},
                       .owner_columns = {"renter", "host"},
                       .owner = "me",
                       .computed = asked,
                       .cursor = "before",
                       .limit = 7,
                       .scan_limit = 77,
                       .bytes_max = 777};
  const auto page = view.page(query);
  BOOST_REQUIRE(page.has_value());
  BOOST_TEST(page->rows == (std::vector<std::string>{R"({"a":1})", std::string(300'000, 'x'), ""}),
             boost::test_tools::per_element());
  BOOST_TEST(page->cursor == "next");
  BOOST_TEST(seen.index == query.index);
  BOOST_TEST(seen.prefix == bytes);
  BOOST_TEST(seen.near->lon_e7 == query.near->lon_e7);
  BOOST_TEST(seen.near->lat_e7 == query.near->lat_e7);
  BOOST_TEST(seen.radius_m == 5'000U);
  BOOST_TEST((seen.equal == query.equal));
  BOOST_TEST((seen.owner_columns == query.owner_columns));
  BOOST_TEST(seen.owner == "me");
  BOOST_TEST(seen.cursor == "before");
  BOOST_TEST(seen.limit == 7U);
  BOOST_TEST(seen.scan_limit == 77U);
  BOOST_TEST(seen.bytes_max == 777U);
}

BOOST_AUTO_TEST_CASE(rows_that_are_there_gone_or_parked_read_the_same) {
  TableFixture here;
  const auto store = here.open(type);
  const History history({.events = 3'000, .poison_per_mille = 20});
  TableFixture::feed(*store, history, 1);
  store->mark_live();
  ServedTable served(dir, *store, log_id);
  served.wait_until_live();
  std::size_t parked = 0;
  for (std::uint64_t n = 0; n < 450; ++n) {
    const auto near = store->get(bytes_of(uuid_of(n)));
    const auto far = served.view().get(bytes_of(uuid_of(n)));
    BOOST_REQUIRE((near.has_value() && far.has_value()));
    BOOST_REQUIRE(near->json == far->json);
    BOOST_REQUIRE(near->row_version == far->row_version);
    BOOST_REQUIRE(near->hash == far->hash);
    BOOST_REQUIRE((near->quarantined_since == far->quarantined_since));
    if (far->quarantined_since) ++parked;
  }
  BOOST_TEST(parked > 0U);
  const TableState state = served.view().state();
  BOOST_TEST(state.live);
  BOOST_TEST((state.positions == store->state().positions));
  BOOST_TEST(state.quarantined == store->state().quarantined);
  BOOST_TEST(state.generation == store->state().generation);
}

BOOST_AUTO_TEST_CASE(an_error_arrives_with_its_code_and_detail) {
  table.on_get = [](std::string_view) { return fail(Code::corrupt, "row 7 does not decode"); };
  table.on_answer = [](std::string_view, const Query&) -> Result<std::optional<std::string>> {
    throw std::runtime_error("a bug in answer()");
  };
  table.on_page = [](const RowQuery&) {
    return RowPage{{std::string(remote::answer_bytes_max, 'x')}, ""};
  };
  start();
  const TableView& view = read();
  BOOST_TEST((view.get("k").error().code == Code::corrupt));
  BOOST_TEST(view.get("k").error().detail == "row 7 does not decode");
  BOOST_TEST((view.answer("k", {}).error().code == Code::corrupt));
  BOOST_TEST(view.answer("k", {}).error().detail == "a bug in answer()");
  BOOST_TEST((view.page({}).error().code == Code::full));
  RowQuery query;
  query.limit = 1'000'000;
  BOOST_TEST((view.page(query).error().code == Code::invalid));
  query = {};
  query.scan_limit = UINT32_MAX;
  BOOST_TEST((view.page(query).error().code == Code::invalid));
  query = {};
  query.bytes_max = UINT32_MAX;
  BOOST_TEST((view.page(query).error().code == Code::invalid));
  BOOST_TEST(
      (view.get(std::string(remote::question_bytes_max, 'k')).error().code == Code::invalid));
}

BOOST_AUTO_TEST_CASE(a_table_that_is_not_live_is_not_read) {
  table.set_live(false);
  start();
  remote::FrameStream stream = greeted();
  send(stream, remote::get_frame("bookings", "k"));
  BOOST_TEST((receive(stream).tone == remote::Tone::not_here));
  send(stream, remote::get_frame("accounts", "k"));
  BOOST_TEST((receive(stream).tone == remote::Tone::not_here));
  table.set_live(true);
  send(stream, remote::get_frame("bookings", "k"));
  BOOST_TEST((receive(stream).tone == remote::Tone::done));
}

BOOST_AUTO_TEST_CASE(the_socket_is_for_its_owner_alone) {
  start();
  struct stat file {};
  BOOST_REQUIRE(::stat((dir / "tables.sock").c_str(), &file) == 0);
  BOOST_TEST((file.st_mode & 0777U) == 0600U);
  TableServerOptions options{.address = address(), .log_id = log_id};
  BOOST_TEST((TableServer::open({&table}, options).error().code == Code::unavailable));
  server.reset();
  BOOST_TEST(!std::filesystem::exists(dir / "tables.sock"));
}

BOOST_AUTO_TEST_CASE(a_socket_file_of_a_dead_process_is_replaced) {
  {
    auto left = remote::listen_on(address());
    BOOST_REQUIRE(left);
  }
  BOOST_TEST(std::filesystem::exists(dir / "tables.sock"));
  start();
  BOOST_TEST(read().get("k").has_value());
}

BOOST_AUTO_TEST_CASE(tables_are_served_at_private_addresses_only) {
  const auto refusal = [&](const std::string& at) {
    return TableServer::open({&table}, {.address = at, .log_id = log_id}).error().code;
  };
  BOOST_TEST((refusal("0.0.0.0:0") == Code::forbidden));
  BOOST_TEST((refusal("[::]:0") == Code::forbidden));
  BOOST_TEST((refusal("8.8.8.8:1") == Code::forbidden));
  for (const std::string bad :
       {"", "unix:", "localhost", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:x", ":1", "::1:1"}) {
    BOOST_TEST((refusal(bad) == Code::invalid), bad);
  }
  BOOST_TEST((refusal("unix:" + std::string(200, 'x')) == Code::invalid));
  server = serve(table, {.address = "127.0.0.1:0", .log_id = log_id});
  const TableType* const known = &type;
  auto made = RemoteTables::open({{server->address(), {"bookings"}}}, {&known, 1}, patient(log_id));
  BOOST_REQUIRE(made);
  (*made)->start();
  BOOST_REQUIRE((*made)->wait_for("bookings", {}, patience));
  BOOST_TEST((*made)->table("bookings")->get("k")->json == "1");
}

BOOST_AUTO_TEST_CASE(strangers_are_told_why_and_cut) {
  start();
  struct Case {
    std::string frame;
    Code code;
  };
  std::string other_version = remote::hello_frame(log_id);
  ++other_version[remote::FrameStream::head_bytes + 5];
  const Case cases[] = {{other_version, Code::mismatch},
                        {remote::hello_frame(uuid_of(43)), Code::mismatch},
                        {frame_of("GET / HTTP/1.1"), Code::invalid},
                        {frame_of(""), Code::invalid},
                        {remote::get_frame("bookings", "k"), Code::invalid},
                        {remote::hello_frame(log_id) + "more", Code::invalid}};
  for (const Case& one : cases) {
    remote::FrameStream stream = connect();
    send(stream, one.frame);
    const remote::Answer answer = receive(stream);
    BOOST_TEST((answer.tone == remote::Tone::failed));
    BOOST_TEST(name(answer.error.code) == name(one.code));
    BOOST_TEST(is_closed(stream));
  }
  remote::FrameStream late = greeted();
  send(late, frame_of("\x63nonsense"));
  BOOST_TEST((receive(late).error.code == Code::invalid));
  BOOST_TEST(is_closed(late));
}

BOOST_AUTO_TEST_CASE(a_frame_that_is_too_large_or_never_ends_is_cut_and_others_are_served) {
  start({.io_max = Duration::seconds(1)});
  const TableView& view = read();
  remote::FrameStream large = greeted();
  std::string frame = frame_of(std::string(remote::question_bytes_max + 1, 'x'));
  static_cast<void>(large.send(frame, remote::after(patience)));  // it may be cut meanwhile
  BOOST_TEST(!large.receive(remote::after(patience)).has_value());

  for (const std::string& part : {std::string("\x20"), std::string("\x20\0\0\0half", 8)}) {
    auto socket = remote::connect_to(*remote::resolve(address()), remote::after(patience));
    BOOST_REQUIRE(socket);
    BOOST_REQUIRE(::send(socket->fd(), part.data(), part.size(), MSG_NOSIGNAL) ==
                  static_cast<ssize_t>(part.size()));
    BOOST_TEST(view.get("k").has_value());
    remote::FrameStream slow(std::move(*socket), remote::answer_bytes_max);
    BOOST_TEST(is_closed(slow));
  }
  BOOST_TEST(view.get("k").has_value());
}

BOOST_AUTO_TEST_CASE(who_does_not_take_its_answers_is_cut) {
  table.on_page = [](const RowQuery&) {
    return RowPage{{std::string(remote::answer_bytes_max / 2, 'x')}, ""};
  };
  start({.io_max = Duration::seconds(1)});
  remote::FrameStream greedy = greeted();
  send(greedy, remote::page_frame("bookings", {}));
  BOOST_TEST(read().get("k").has_value());
  server.reset();  // does not wait for it
  BOOST_TEST(!greedy.receive(remote::after(patience)).has_value());
}

BOOST_AUTO_TEST_CASE(connections_have_a_bound) {
  start({.connections_max = 2});
  std::optional<remote::FrameStream> first = greeted();
  remote::FrameStream second = greeted();
  {
    remote::FrameStream third = connect();
    const remote::Answer answer = receive(third);
    BOOST_TEST((answer.error.code == Code::full));
    BOOST_TEST(is_closed(third));
  }
  send(second, remote::get_frame("bookings", "k"));
  BOOST_TEST((receive(second).tone == remote::Tone::done));
  first.reset();
  for (bool in = false; !in;) {  // as soon as the server has seen that the first one has gone
    remote::FrameStream next = connect();
    std::string hello = remote::hello_frame(log_id);
    if (!next.send(hello, remote::after(patience))) continue;
    const auto frame = next.receive(remote::after(patience));
    in = frame && remote::parse_answer(*frame)->tone == remote::Tone::done;
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::sample::table_server_test
