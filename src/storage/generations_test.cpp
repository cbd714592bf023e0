// Which generation is live: after a start, a build, a swap and a crash.
#include "storage/generations.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <set>
#include <thread>

#include "support/table_fixture.h"

namespace wf::sample::generations_test {
namespace {

namespace fs = std::filesystem;

// A table people read, not an internal one.
class Public : public Bookings {
 public:
  explicit Public(std::string_view code, std::string_view rows = "rows-1") : Bookings(code) {
    static constexpr RowRule everybody[] = {{1, ""}};
    info_ = Bookings::info();
    info_.rows_hash = rows;
    info_.readers = everybody;
  }
  const TableInfo& info() const override { return info_; }

 private:
  TableInfo info_;
};

struct Fixture : TableFixture {
  Bookings type;
  History history{{.seed = 31, .events = 600}};

  std::unique_ptr<TableHome> home(const TableType& as) {
    auto opened = TableHome::open(dir / "bookings", as, resources, log_id);
    require(opened);
    return std::move(*opened);
  }
  std::set<std::string> files() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(dir / "bookings")) {
      names.insert(entry.path().filename().string());
    }
    names.erase("LOCK");
    return names;
  }
  std::shared_ptr<TableStore> build(TableHome& of, std::size_t slots) {
    auto builder = of.begin_build(history.end());
    require(builder);
    std::vector<std::size_t> counts(history.slots());
    for (std::size_t n = 0; n < slots; ++n) {
      const std::vector<FoldItem> items(history.slot(n).begin(), history.slot(n).end());
      require((*builder)->add(items));
      counts[n] = items.size();
    }
    auto store = (*builder)->finish(History::positions(counts));
    require(store);
    return *store;
  }
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(generations_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_home_opens_where_it_was_closed) {
  Totals totals;
  {
    const auto first = home(type);
    feed(*first->live(), history, 1);
    totals = first->live()->totals();
  }
  const auto again = home(type);
  BOOST_TEST((again->live()->totals() == totals));
  BOOST_TEST(again->discarded().empty());
  BOOST_TEST(again->state().generation == "code-1-1");
}

BOOST_AUTO_TEST_CASE(other_code_starts_an_empty_generation_and_says_why) {
  feed(*home(type)->live(), history, 1);
  const Bookings newer("code-2");
  const auto next = home(newer);
  BOOST_TEST(next->state().positions.empty());
  BOOST_TEST(next->state().generation == "code-2-1");
  BOOST_TEST(next->discarded().find("code code-1") != std::string::npos);
  BOOST_TEST((files() == std::set<std::string>{"CURRENT", "code-2-1"}));
}

BOOST_AUTO_TEST_CASE(other_code_with_the_same_rows_is_read_until_the_next_takes_its_place) {
  const Public older("code-1");
  feed(*home(older)->live(), history, 1);
  const Public newer("code-2");
  for (int start = 0; start < 2; ++start) {  // a start that did not come to the end changes nothing
    const auto table = home(newer);
    BOOST_TEST(table->frozen());
    BOOST_TEST(!table->state().live);
    BOOST_TEST((table->state().frozen_since.value() > Instant{}));
    BOOST_TEST(table->state().generation == "code-1-1");
    BOOST_TEST(reached(table->live()->positions(), history.end()));
    BOOST_TEST(table->page({})->rows.size() > 0u);
    Refold row(newer, "a row");
    BOOST_TEST((table->live()->unpark(row, history.end()).error().code == Code::unavailable));
  }
  const auto table = home(newer);
  const auto next = build(*table, history.slots());
  require(table->swap(next));
  BOOST_TEST(!table->frozen());
  BOOST_TEST(!table->state().frozen_since.has_value());
  BOOST_TEST((files() == std::set<std::string>{"CURRENT", "code-2-1"}));
}

BOOST_AUTO_TEST_CASE(a_second_process_is_refused_before_it_removes_a_build) {
  const Public older("code-1");
  feed(*home(older)->live(), history, 1);
  const Public newer("code-2");
  const auto running = home(newer);
  BOOST_TEST(running->frozen());  // a frozen store locks nothing itself
  const auto builder = running->begin_build(history.end());
  require(builder);
  const std::set<std::string> before = files();
  const auto second = TableHome::open(dir / "bookings", newer, resources, log_id);
  BOOST_REQUIRE(!second);
  BOOST_TEST((second.error().code == Code::unavailable));
  BOOST_TEST((files() == before));
}

BOOST_AUTO_TEST_CASE(what_another_process_uses_is_no_damage) {
  { const auto first = home(type); }
  int ready[2];
  BOOST_REQUIRE(::pipe(ready) == 0);
  const pid_t other = ::fork();
  if (other == 0) {  // only what is safe after a fork
    const int lock = ::open((dir / "bookings" / "LOCK").c_str(), O_RDWR);
    struct flock whole {};
    whole.l_type = F_WRLCK;
    if (::fcntl(lock, F_SETLK, &whole) == 0 && ::write(ready[1], "x", 1) == 1) ::pause();
    ::_exit(1);
  }
  char byte = 0;
  BOOST_TEST(::read(ready[0], &byte, 1) == 1);
  const auto second = TableHome::open(dir / "bookings", type, resources, log_id);
  ::kill(other, SIGKILL);
  ::waitpid(other, nullptr, 0);
  ::close(ready[0]);
  ::close(ready[1]);
  BOOST_REQUIRE(!second);
  BOOST_TEST((second.error().code == Code::unavailable), second.error().detail);
  BOOST_TEST(home(type)->discarded().empty());
}

BOOST_AUTO_TEST_CASE(rows_of_another_format_or_log_are_not_read) {
  const Public older("code-1");
  feed(*home(older)->live(), history, 1);
  const Public other("code-2", "rows-2");
  BOOST_TEST(home(other)->state().positions.empty());
  feed(*home(older)->live(), history, 1);
  log_id = Uuid::v5({}, "another log");
  const Public newer("code-2");
  BOOST_TEST(home(newer)->state().positions.empty());
}

BOOST_AUTO_TEST_CASE(a_damaged_generation_is_replaced) {
  feed(*home(type)->live(), history, 1);
  std::ofstream(dir / "bookings" / "code-1-1" / "CURRENT") << "nothing\n";
  const auto next = home(type);
  BOOST_TEST(!next->discarded().empty());
  BOOST_TEST(next->state().positions.empty());
}

BOOST_AUTO_TEST_CASE(a_swap_waits_until_the_new_generation_is_as_far) {
  const auto table = home(type);
  feed(*table->live(), history, 1);
  const auto old = table->live();
  auto next = build(*table, history.slots() - 1);
  const auto early = table->swap(next);
  BOOST_TEST((!early && early.error().code == Code::unavailable));
  BOOST_TEST(table->live() == old);

  const auto& last = history.slot(history.slots() - 1);
  const std::vector<FoldItem> items(last.begin(), last.end());
  require(next->apply(items, {history.end().back()}));
  require(table->swap(next));
  BOOST_TEST(table->live() == next);
  BOOST_TEST((next->totals() == old->totals()));
  BOOST_TEST(table->state().generation == "code-1-2");
}

BOOST_AUTO_TEST_CASE(a_table_that_somebody_deleted_is_built_at_once) {
  const auto table = home(type);
  feed(*table->live(), history, 1);
  fs::remove_all(dir / "bookings");
  require(table->swap(build(*table, history.slots())));
  BOOST_TEST(table->state().generation == "code-1-2");
  BOOST_TEST(table->page({})->rows.size() > 0u);
}

BOOST_AUTO_TEST_CASE(a_built_table_that_fails_is_not_being_built) {
  const auto table = home(type);
  table->tell_progress([] { return 100; });
  BOOST_TEST((table->state().built_percent == 100));
  table->live()->mark_failing({1});
  BOOST_TEST(!table->state().built_percent.has_value());
}

BOOST_AUTO_TEST_CASE(the_old_generation_goes_when_its_last_reader_is_done) {
  const auto table = home(type);
  feed(*table->live(), history, 1);
  auto reader = table->live();
  require(table->swap(build(*table, history.slots())));
  BOOST_TEST((files() == std::set<std::string>{"CURRENT", "code-1-1", "code-1-2"}));
  BOOST_TEST(reader->page({})->rows.size() > 0u);
  reader.reset();
  BOOST_TEST((files() == std::set<std::string>{"CURRENT", "code-1-2"}));
}

BOOST_AUTO_TEST_CASE(after_a_swap_the_new_generation_is_opened) {
  Totals totals;
  {
    const auto table = home(type);
    feed(*table->live(), history, 1);
    totals = table->live()->totals();
    require(table->swap(build(*table, history.slots())));
  }
  const auto again = home(type);
  BOOST_TEST(again->state().generation == "code-1-2");
  BOOST_TEST((again->live()->totals() == totals));
}

BOOST_AUTO_TEST_CASE(what_a_crashed_build_left_is_removed) {
  home(type).reset();
  fs::create_directories(dir / "bookings" / "code-1-7");
  std::ofstream(dir / "bookings" / "CURRENT.next") << "code-1-7";
  home(type).reset();
  BOOST_TEST((files() == std::set<std::string>{"CURRENT", "code-1-1"}));
}

BOOST_AUTO_TEST_CASE(a_directory_that_cannot_be_looked_at_is_an_error) {
  const auto table = home(type);
  fs::rename(dir / "bookings", dir / "away");
  fs::create_symlink("bookings", dir / "bookings");  // a loop
  BOOST_TEST(!table->begin_build(history.end()).has_value());
  fs::remove(dir / "bookings");
  fs::rename(dir / "away", dir / "bookings");
  require(table->begin_build(history.end()));
}

BOOST_AUTO_TEST_CASE(a_live_generation_that_cannot_be_looked_at_is_an_error) {
  home(type).reset();
  fs::remove_all(dir / "bookings" / "code-1-1");
  fs::create_symlink("code-1-1", dir / "bookings" / "code-1-1");  // a loop
  BOOST_TEST(!TableHome::open(dir / "bookings", type, resources, log_id).has_value());
}

BOOST_AUTO_TEST_CASE(reads_go_on_through_swaps) {
  const auto table = home(type);
  feed(*table->live(), history, 1);
  RowQuery all;
  all.limit = 1'000;
  const std::size_t rows = table->page(all)->rows.size();
  std::atomic<bool> stop = false;
  std::atomic<int> wrong = 0;
  std::thread reader([&] {
    while (!stop) {
      const auto page = table->page(all);
      if (!page || page->rows.size() != rows) ++wrong;
    }
  });
  for (int n = 0; n < 5; ++n) require(table->swap(build(*table, history.slots())));
  stop = true;
  reader.join();
  BOOST_TEST(wrong == 0);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::sample::generations_test
