// Sends to several targets: none waits for another that does not answer or cannot be written.
#include <boost/test/unit_test.hpp>
#include <set>

#include "runtime/forwarder.h"
#include "runtime/test_forwarders.h"

namespace wf::forwarder_targets_test {
namespace {

using test::accepted;
using test::shown;
using test::StoreContent;
using test::Swallowing;

// A log that refuses some partitions of the followers' commands for a while. Like any, it then
// refuses all of that appender.
class Refusing : public test::HookLog {
 public:
  Refusing(Log& inner, std::set<std::uint32_t> partitions)
      : HookLog(inner, [] {}), down(std::move(partitions)) {}
  std::set<std::uint32_t> down;
  std::map<std::uint32_t, int> tries;  // by partition: what was refused
  std::function<void()> on_refusal = [] {};

  Result<std::unique_ptr<Appender>> writer(std::string name) override {
    auto inner = HookLog::writer(std::move(name));
    if (!inner) return inner;
    return std::make_unique<Refuser>(*this, std::move(*inner));
  }

 private:
  class Refuser : public Appender {
   public:
    Refuser(Refusing& log, std::unique_ptr<Appender> inner) : log_(log), inner_(std::move(inner)) {}
    Result<void> append(const Slot& slot,
                        std::span<const Record> records,
                        Durability durability) override {
      if (!inner_) return fail(Code::closed, "this appender is dead");
      if (slot.topic == "commands.followers" && log_.down.contains(slot.partition)) {
        ++log_.tries[slot.partition];
        inner_.reset();
        log_.on_refusal();
        return fail(Code::timeout, "no leader");
      }
      return inner_->append(slot, records, durability);
    }

   private:
    Refusing& log_;
    std::unique_ptr<Appender> inner_;
  };
};

// One source and two targets: its counter's fours are followed in one partition, its fives in the
// other.
struct TwoTargets : test::ForwarderBench {
  TwoTargets() : ForwarderBench(2) {
    const auto target = [&](int n) {
      return partition_of(Uuid::v5(test::uuid_of(stream), fmt::format("{}", n % 3)), 2);
    };
    while (partition_of(test::uuid_of(stream), 2) != 0 || target(4) != 0 || target(5) != 1) {
      ++stream;
    }
  }
  void add_many(std::int64_t n, int count) {
    for (int i = 0; i < count; ++i) add(n, ++last_id, stream);
  }
  void run_for(Duration time) {
    for (const Instant end = now + time; now < end;) {
      now = now + Duration::millis(50);
      counting->step(now);
      following->step(now);
      if (fives) fives->step(now);
      for (int k = 0; k < 20; ++k) there->step(now);
    }
  }
  std::size_t followed(std::uint32_t partition) const {
    return accepted(read({"events.followers", partition}).records).size();
  }

  std::uint64_t stream = 1;
  std::uint64_t last_id = 1'000;
  StoreContent fives_store;
  std::unique_ptr<CommandWorker> fives;  // not there at first
};

// One source and nine targets, the followers' partitions, only the first of which has a decider.
struct NineTargets : test::ForwarderBench {
  NineTargets() : ForwarderBench(9) {
    for (std::uint64_t stream = 1; streams.size() < 9; ++stream) {
      if (partition_of(test::uuid_of(stream), 9) != 0) continue;
      streams.emplace(partition_of(Uuid::v5(test::uuid_of(stream), "2"), 9), stream);
    }
  }
  // With a send to each target every ten seconds.
  void run_for(Duration time) {
    for (const Instant end = now + time; now < end;) {
      if (now >= add_at) {
        add_at = now + Duration::seconds(10);
        ++added;
        for (const auto& [partition, stream] : streams) add(5, ++last_id, stream);
      }
      now = now + Duration::millis(500);
      counting->step(now);
      following->step(now);
      for (int k = 0; k < 5; ++k) there->step(now);
    }
  }
  std::size_t arrived(std::uint32_t partition) const {
    std::size_t last = 0;
    const auto history = read({"commands.followers", partition});
    for (const Record& command : history.records) last = std::max(last, command.link.n);
    return last;
  }

  std::map<std::uint32_t, std::uint64_t> streams;  // by the target of their fives
  std::uint64_t last_id = 1'000;
  Instant add_at;
  std::size_t added = 0;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(forwarder_targets_tests)

BOOST_AUTO_TEST_CASE(a_target_that_does_not_answer_keeps_no_other_waiting) {
  TwoTargets two;
  auto options = two.World::forwarder("events.counters");
  options.unanswered_max = 100;
  options.batch.records = 5;
  options.open_store = test::opener(two.there_store);
  two.there = std::make_unique<Forwarder>(*two.log, options, two.told());
  two.add_many(5, 3);
  two.add_many(4, 1'000);
  two.run_for(Duration::seconds(5));
  BOOST_TEST(two.followed(0) == 1'000U);
  BOOST_TEST(two.followed(1) == 0U);
  BOOST_TEST(two.there->unanswered() == 3U);

  // Whoever starts again still knows of them.
  two.there = std::make_unique<Forwarder>(*two.log, options, two.told());
  two.fives = two.worker("followers", two.fives_store, 1);
  two.run_for(Duration::seconds(20));
  BOOST_TEST(two.followed(0) == 1'000U);
  BOOST_TEST(shown(accepted(two.read({"events.followers", 1}).records))
                 .starts_with("Followed Followed Followed"));
  BOOST_TEST(two.there->unanswered() == 0U);
}

// Its own sends wait then, not those of others; and when it is back, neither do others wait for it.
BOOST_AUTO_TEST_CASE(a_target_with_too_many_unanswered_keeps_no_other_waiting) {
  for (const std::size_t unanswered_max : {2U, 7U, 100U}) {
    TwoTargets two;
    auto options = two.World::forwarder("events.counters");
    options.unanswered_max = unanswered_max;
    options.turn_records = 20;
    options.batch.records = 5;
    options.open_store = test::opener(two.there_store);
    two.there = std::make_unique<Forwarder>(*two.log, options, two.told());
    two.add_many(5, 300);
    two.add_many(4, 100);
    two.run_for(Duration::seconds(10));
    BOOST_TEST(two.followed(0) == 100U);
    BOOST_TEST(two.there->unanswered() > 0U);
    BOOST_TEST(two.there->unanswered() <= unanswered_max);

    two.fives = two.worker("followers", two.fives_store, 1);
    for (int i = 0; i < 8; ++i) {
      two.add_many(4, 20);
      two.run_for(Duration::seconds(1));
      BOOST_TEST(two.followed(0) == 100U + 20U * static_cast<unsigned>(i + 1));
    }
    two.run_for(Duration::seconds(30));
    BOOST_TEST(two.there->unanswered() == 0U);
    std::map<std::string, int> answers;
    for (const auto& outcome : accepted(two.read({"events.followers", 1}).records)) {
      ++answers[std::string(outcome.front().type)];
    }
    BOOST_TEST(answers["follower.Followed"] == 300);
    BOOST_TEST(!answers.contains("gap"));
    const auto arrived = two.read({"commands.followers", 1});
    std::uint64_t last = 0;
    for (const Record& command : arrived.records) {
      BOOST_TEST(command.link.n <= last + 1);
      last = std::max(last, command.link.n);
    }
    BOOST_TEST(two.read({"commands.followers", 0}).records.size() == 260U);
    two.there.reset();
  }
}

BOOST_AUTO_TEST_CASE(a_target_that_cannot_be_written_keeps_no_other_waiting) {
  for (const std::uint32_t refused : {0U, 1U}) {  // the first of a batch, the last
    TwoTargets two;
    Refusing refusing(*two.log, {refused});
    two.there = two.forwarder(refusing, "events.counters", two.there_store);
    two.fives = two.worker("followers", two.fives_store, 1);
    for (int i = 0; i < 500; ++i) {
      two.add_many(5, 1);
      two.add_many(4, 1);
    }
    two.run_for(Duration::seconds(5));
    BOOST_TEST(two.followed(1 - refused) == 500U);
    BOOST_TEST(two.read({"commands.followers", 1 - refused}).records.size() == 500U);
    BOOST_TEST(two.followed(refused) == 0U);
    BOOST_TEST(refusing.tries[refused] >= 3);
    BOOST_TEST(refusing.tries[refused] <= 10);

    // Its turn comes, once each and in order, whether or not the forwarder starts again first.
    if (refused == 1) two.there = two.forwarder(refusing, "events.counters", two.there_store);
    two.add_many(5, 1);
    two.run_for(Duration::seconds(1));
    refusing.down.clear();
    two.add_many(4, 1);
    two.run_for(Duration::seconds(10));
    BOOST_TEST(two.there->unanswered() == 0U);
    for (const std::uint32_t p : {0U, 1U}) {
      BOOST_TEST(two.followed(p) == 501U);
      BOOST_TEST(two.read({"commands.followers", p}).records.size() == 501U);
    }
    two.there.reset();
  }
}

// As on Kafka while a partition has no leader: then nothing else happens until the deadline.
BOOST_AUTO_TEST_CASE(a_target_whose_appends_block_leaves_others_most_of_the_time) {
  TwoTargets two;
  Refusing refusing(*two.log, {1});
  refusing.on_refusal = [&two] { two.now = two.now + Duration::seconds(10); };
  two.there = two.forwarder(refusing, "events.counters", two.there_store);
  two.fives = two.worker("followers", two.fives_store, 1);
  two.add_many(5, 1);
  two.run_for(Duration::seconds(300));
  BOOST_TEST(refusing.tries[1] >= 4);
  BOOST_TEST(refusing.tries[1] <= 7);
  two.add_many(4, 1);
  two.run_for(Duration::seconds(11));
  BOOST_TEST(two.followed(0) == 1U);
  refusing.down.clear();
  two.run_for(Duration::seconds(90));
  BOOST_TEST(two.followed(1) == 1U);
  two.there.reset();
}

// As when a family of nine partitions loses a replica too many: one after another would block.
BOOST_AUTO_TEST_CASE(many_targets_whose_appends_block_leave_others_most_of_the_time) {
  NineTargets nine;
  Refusing refusing(*nine.log, {1, 2, 3, 4, 5, 6, 7, 8});
  refusing.on_refusal = [&nine] { nine.now = nine.now + Duration::seconds(10); };
  auto options = nine.World::forwarder("events.counters");
  options.answered_within = Duration::seconds(30);
  options.open_store = test::opener(nine.there_store);
  nine.there = std::make_unique<Forwarder>(refusing, options, nine.told());
  nine.run_for(Duration::minutes(5));  // each is tried a first time
  refusing.tries.clear();
  nine.run_for(Duration::minutes(15));
  int tries = 0;
  for (std::uint32_t p = 1; p < 9; ++p) {
    tries += refusing.tries[p];
    BOOST_TEST(refusing.tries[p] >= 2);
  }
  BOOST_TEST(tries * 10 < 15 * 60 * 2 / 5);

  // One that is back does not wait for those that are not; when all are, none waits.
  refusing.down.erase(8);
  nine.run_for(Duration::minutes(6));
  BOOST_TEST(nine.arrived(8) > 0U);
  refusing.down.clear();
  nine.add_at = {Instant::us_max};
  nine.run_for(Duration::seconds(90));
  for (std::uint32_t p = 1; p < 9; ++p) BOOST_TEST(nine.arrived(p) == nine.added);
  BOOST_TEST(nine.arrived(0) == nine.added);
  nine.there.reset();
}

// There are many of its sends, and they are far back.
BOOST_AUTO_TEST_CASE(a_target_that_is_read_for_again_keeps_no_other_waiting) {
  TwoTargets two;
  Refusing refusing(*two.log, {1});
  auto options = two.World::forwarder("events.counters");
  options.turn_records = 100;
  options.batch.records = 5;
  options.open_store = test::opener(two.there_store);
  two.there = std::make_unique<Forwarder>(refusing, options, two.told());
  two.fives = two.worker("followers", two.fives_store, 1);
  two.add_many(5, 3'000);
  two.run_for(Duration::seconds(15));
  BOOST_TEST(two.there->unanswered() == 0U);
  refusing.down.clear();
  for (unsigned i = 1; two.followed(1) < 3'000U && i < 100; ++i) {
    two.add_many(4, 5);
    two.run_for(Duration::millis(500));
    BOOST_TEST(two.followed(0) == 5 * i);
  }
  BOOST_TEST(two.followed(1) == 3'000U);
  two.there.reset();
}

// Its decider is down for long: what it is sent again stays in the log.
BOOST_AUTO_TEST_CASE(a_target_that_does_not_answer_is_sent_few_again) {
  TwoTargets two;
  auto options = two.World::forwarder("events.counters");
  options.unanswered_max = 200;
  options.unproven_max = 10;
  options.answered_within_max = Duration::seconds(6);
  options.open_store = test::opener(two.there_store);
  two.there = std::make_unique<Forwarder>(*two.log, options, two.told());
  const auto arrived = [&] { return two.read({"commands.followers", 1}).records.size(); };
  two.fives = two.worker("followers", two.fives_store, 1);
  two.add_many(5, 20);
  two.run_for(Duration::seconds(5));
  BOOST_TEST(two.followed(1) == 20U);
  two.fives.reset();
  two.add_many(5, 300);
  two.run_for(Duration::seconds(2));
  BOOST_TEST(arrived() == 220U);
  two.run_for(Duration::seconds(60));
  BOOST_TEST(arrived() >= 220U + 8 * 10);
  BOOST_TEST(arrived() <= 220U + 12 * 10);

  two.fives = two.worker("followers", two.fives_store, 1);
  two.run_for(Duration::seconds(2));
  const auto outcomes = two.read({"events.followers", 1});
  const auto count = std::ranges::count_if(accepted(outcomes.records), [](const auto& outcome) {
    return outcome.front().type == "follower.Followed";
  });
  BOOST_TEST(count == 320);
  BOOST_TEST(two.there->unanswered() == 0U);
  two.there.reset();
}

// What one target lost goes again, however busily another answers.
BOOST_AUTO_TEST_CASE(every_target_has_a_clock_of_its_own) {
  TwoTargets two;
  Swallowing swallowing(*two.log, 1);
  two.there = two.forwarder(swallowing, "events.counters", two.there_store);
  two.fives = two.worker("followers", two.fives_store, 1);
  two.add_many(5, 1);
  for (int i = 0; i < 100; ++i) {
    two.run_for(Duration::millis(100));
    two.add_many(4, 1);
  }
  BOOST_TEST(two.followed(1) == 1U);
  BOOST_TEST(two.followed(0) >= 90U);
  two.there.reset();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::forwarder_targets_test
