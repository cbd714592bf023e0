// What waiters are told when appends fail, and how commands are put together.
#include "gateway/submitter.h"

#include <boost/test/unit_test.hpp>

#include "gateway/test_app.h"

namespace wf::gateway::submitter_test {
namespace {

// A log whose appends are seen first, and fail if `on_append` says so.
class WatchedLog : public Log {
 public:
  using OnAppend = std::function<Result<void>(std::span<const Record>)>;

  explicit WatchedLog(Log& inner) : inner_(inner) {}
  OnAppend on_append = [](auto) { return Result<void>(); };

  Uuid id() const override { return inner_.id(); }
  const std::vector<TopicSpec>& topics() const override { return inner_.topics(); }
  Result<std::unique_ptr<Appender>> writer(std::string name) override {
    auto appender = inner_.writer(std::move(name));
    if (!appender) return appender;
    return std::make_unique<Watched>(*this, std::move(*appender));
  }
  Result<std::unique_ptr<Reader>> reader() override { return inner_.reader(); }
  Result<Offset> begin(const Slot& slot) override { return inner_.begin(slot); }
  Result<Offset> end(const Slot& slot) override { return inner_.end(slot); }
  Result<std::unique_ptr<Ownership>> own(const std::vector<std::string>& topics) override {
    return inner_.own(topics);
  }

 private:
  class Watched : public Appender {
   public:
    Watched(WatchedLog& log, std::unique_ptr<Appender> inner)
        : log_(log), inner_(std::move(inner)) {}
    Result<void> append(const Slot& slot,
                        std::span<const Record> records,
                        Durability durability) override {
      if (auto seen = log_.on_append(records); !seen) return seen;
      return inner_->append(slot, records, durability);
    }

   private:
    WatchedLog& log_;
    std::unique_ptr<Appender> inner_;
  };
  Log& inner_;
};

struct Fixture : test::AppFixture {
  WatchedLog watched{*log};
  Waiting waiting{100};
  Posts posts{[](const std::function<void()>& run) { run(); }};
  OutcomeTail tail{watched, catalogue(), waiting, posts};
  Submitter submitter{watched, catalogue(), waiting, tail, options(), posts};
  std::vector<Outcome::Fate> told;

  SubmitterOptions options() {
    return {.batch_bytes_max = 100, .clock = [this] { return now; }};
  }
  void submit(const std::string& key, std::size_t bytes = 2) { submit(submitter, key, bytes); }
  void submit(Submitter& to, const std::string& key, std::size_t bytes = 2) {
    Command command;
    command.type = catalogue().command("booking.Reserve");
    command.id = Uuid::v5({}, key);
    command.stream = asha;
    command.at = now;
    command.payload = std::string(bytes, ' ');
    const Waiter waiter{.io = 0, .tell = [this](const Outcome& one) { told.push_back(one.fate); }};
    BOOST_REQUIRE((to.submit(std::move(command), now, waiter) == Submitter::Taken::yes));
    to.turn_ended(0);
  }
};

BOOST_FIXTURE_TEST_SUITE(submitter_tests, Fixture)

BOOST_AUTO_TEST_CASE(whose_append_failed_is_never_told_pending) {
  watched.on_append = [&](std::span<const Record> records) -> Result<void> {
    if (records.empty()) return {};
    submitter.tick(now + Duration::seconds(1));  // their patience ends while it is under way
    return fail(Code::unavailable, "the broker died");
  };
  submit("first");
  submitter.step();
  BOOST_TEST(told.empty());  // tick() had taken them
  submitter.step();          // the log answers again
  BOOST_REQUIRE(told.size() == 1U);
  BOOST_TEST((told[0] == Outcome::Fate::unknown));

  watched.on_append = [](auto) { return Result<void>(); };
  submit("first");  // another try goes well
  submitter.step();
  submitter.tick(now + Duration::seconds(1));
  submitter.step();
  BOOST_REQUIRE(told.size() == 2U);
  BOOST_TEST((told[1] == Outcome::Fate::pending));
}

BOOST_AUTO_TEST_CASE(each_waits_for_a_command_as_long_as_its_own_patience) {
  submit("same");
  std::vector<std::string> told_pending;
  const auto join = [&](const char* name, Duration patience) {
    Command again;
    again.type = catalogue().command("booking.Reserve");
    again.id = Uuid::v5({}, "same");
    again.stream = asha;
    const Waiter waiter{.io = 0, .tell = [&, name](const Outcome& one) {
                          BOOST_TEST((one.fate == Outcome::Fate::pending));
                          told_pending.emplace_back(name);
                        }};
    BOOST_REQUIRE(
        (submitter.submit(std::move(again), now + patience, waiter) == Submitter::Taken::yes));
  };
  join("patient", Duration::seconds(30));
  join("hasty", Duration::seconds(1));
  submitter.turn_ended(0);
  const auto after = [&](Duration patience) {
    submitter.tick(now + patience);
    submitter.step();
    return told_pending.size();
  };
  BOOST_TEST(after(Duration::millis(999)) == 0U);
  BOOST_TEST((told == std::vector{Outcome::Fate::pending}));  // who submitted it first
  BOOST_TEST(after(Duration::seconds(1)) == 1U);
  BOOST_TEST(told_pending.front() == "hasty");
  BOOST_TEST(waiting.size() == 1U);
  BOOST_TEST(after(Duration::seconds(29)) == 1U);
  BOOST_TEST(after(Duration::seconds(30)) == 2U);
  BOOST_TEST(waiting.empty());
}

// Others still wait for it, who are told at once.
BOOST_AUTO_TEST_CASE(whose_patience_ended_is_told_what_the_others_are) {
  watched.on_append = [&](std::span<const Record> records) -> Result<void> {
    if (records.empty()) return {};
    submitter.tick(now);
    return fail(Code::unavailable, "the broker died");
  };
  Command again;
  again.type = catalogue().command("booking.Reserve");
  again.id = Uuid::v5({}, "same");
  again.stream = asha;
  again.payload = "{}";
  const Waiter patient{.io = 0, .tell = [&](const Outcome& one) { told.push_back(one.fate); }};
  BOOST_REQUIRE((submitter.submit(std::move(again), now + Duration::seconds(30), patient) ==
                 Submitter::Taken::yes));
  submit("same");
  submitter.step();
  submitter.step();
  BOOST_TEST((told == std::vector{Outcome::Fate::unknown, Outcome::Fate::unknown}));
}

BOOST_AUTO_TEST_CASE(what_may_have_been_appended_is_under_way_for_a_moment_by_the_services_clock) {
  now = now + Duration::hours(1);
  watched.on_append = [](auto) { return fail(Code::unavailable, "the broker died"); };
  submit("first");
  submitter.step();
  BOOST_TEST((told == std::vector{Outcome::Fate::unknown}));
  const Uuid first = Uuid::v5({}, "first");
  BOOST_TEST(waiting.contains(first, now + Duration::seconds(2)));
  BOOST_TEST(!waiting.contains(first, now + Duration::seconds(3)));
}

BOOST_AUTO_TEST_CASE(a_full_disk_is_said_until_an_append_goes_well) {
  watched.on_append = [](auto) { return fail(Code::full, "4 % of the disk are free"); };
  submit("refused");
  submitter.step();
  BOOST_TEST(submitter.full());
  BOOST_TEST(!submitter.down());
  BOOST_TEST((told == std::vector{Outcome::Fate::not_appended}));
  watched.on_append = [](auto) { return Result<void>(); };
  submit("accepted");
  submitter.step();
  BOOST_TEST(!submitter.full());
}

BOOST_AUTO_TEST_CASE(an_append_takes_so_many_bytes_or_one_command) {
  std::vector<std::size_t> appends;
  watched.on_append = [&](std::span<const Record> records) {
    appends.push_back(records.size());
    return Result<void>();
  };
  for (const std::size_t bytes : {40U, 60U, 1U, 1'000U, 99U}) {
    submit(std::to_string(bytes), bytes);
  }
  submitter.step();
  BOOST_TEST(appends == (std::vector<std::size_t>{2, 1, 1, 1}), boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(an_append_that_takes_too_long_turns_newcomers_away) {
  process.gateway.append_stuck_ms = 100;
  const auto quick = another(watched);
  process.gateway.append_stuck_ms = 120'000;
  const auto patient = another(watched);
  int appends = 0;
  watched.on_append = [&](auto) {  // the quick one's while the patient one's is under way
    if (++appends == 1) {
      submit(quick->submitter, "second");
      quick->submitter.step();
    } else {
      while (!quick->submitter.is_stuck()) std::this_thread::yield();
      BOOST_TEST(!patient->submitter.is_stuck());
    }
    return Result<void>();
  };
  submit(patient->submitter, "first");
  patient->submitter.step();
  BOOST_TEST(appends == 2);
  BOOST_TEST(!quick->submitter.is_stuck());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::gateway::submitter_test
