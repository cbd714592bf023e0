// The workers and forwarders against random schedules: zombies of other builds, losses, doubles,
// late bytes, crashes at any call of the log, power cuts, stores kept, deleted or rolled back.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <random>
#include <set>

#include "log/faulty_log.h"
#include "runtime/test_hook_log.h"
#include "runtime/test_world.h"

namespace wf::model_test {
namespace {

using test::accepted;
using test::closing;
using test::History;
using test::Outcome;
using test::StoreContent;
using test::uuid_of;

constexpr std::uint32_t seeds = 500;
constexpr std::uint32_t partitions = 2;
constexpr int builds = 4;

const test::TestCatalogue& build_of(int number) {
  static const test::TestCatalogue all[builds] = {test::TestCatalogue(0),
                                                  test::TestCatalogue(1),
                                                  test::TestCatalogue(2),
                                                  test::TestCatalogue(3)};
  return all[number];
}

std::vector<Slot> slots(std::string_view kind) {
  std::vector<Slot> all;
  for (const char* family : {"counters", "followers"}) {
    for (std::uint32_t p = 0; p < partitions; ++p) {
      all.push_back({fmt::format("{}.{}", kind, family), p});
    }
  }
  return all;
}

std::string name(const Slot& slot) { return fmt::format("{}/{}", slot.topic, slot.partition); }

// A command worker or a forwarder, with the store it leaves behind.
struct Actor {
  Slot events;
  int build = 0;
  std::unique_ptr<StoreContent> store = std::make_unique<StoreContent>();
  std::unique_ptr<CommandWorker> worker;
  std::unique_ptr<Forwarder> forwarder;
  bool stepping = false;

  bool step(Instant now) {
    if (worker) return worker->step(now) == CommandWorker::Progress::busy;
    return forwarder->step(now) == Forwarder::Progress::busy;
  }
  const std::optional<Error>& failure() const {
    return worker ? worker->failure() : forwarder->failure();
  }
};

class Run {
 public:
  explicit Run(std::uint32_t seed) : random_(seed), world_(partitions) { connect(); }

  // "" or what is wrong.
  std::string check() {
    for (int step = between(100, 300); step > 0 && wrong_.empty(); --step) take_step();
    finish();
    if (!wrong_.empty()) return wrong_;
    for (const Slot& slot : slots("events")) histories_[slot] = world_.read(slot);
    for (const auto& check : {&Run::outcomes_are_whole,
                              &Run::readers_agree,
                              &Run::clients_are_answered_once,
                              &Run::sends_arrive_once,
                              &Run::states_are_folds}) {
      if (auto wrong = (this->*check)(); !wrong.empty()) return wrong;
    }
    return "";
  }

  FaultCounts faults;
  std::map<std::string, int> seen;  // what happened, to know that the schedules are worth something

 private:
  int between(int low, int high) {
    return low + static_cast<int>(random_() % static_cast<unsigned>(high - low + 1));
  }
  bool chance(double probability) {
    return std::uniform_real_distribution<double>(0, 1)(random_) < probability;
  }

  void connect() {
    const double some = chance(0.7) ? 0.02 : 0;
    faulty_ = std::make_unique<FaultyLog>(*world_.log,
                                          random_(),
                                          Faults{.lost = some,
                                                 .prefix = some,
                                                 .unseen = some,
                                                 .late = some,
                                                 .doubled = some,
                                                 .short_read = 0.05,
                                                 .empty_read = 0.05});
    hooked_ = std::make_unique<test::HookLog>(*faulty_, [this] { between_calls(); });
  }

  // Before and after each call of the log: others step in, or the caller dies.
  void between_calls() {
    if (calm_) return;
    if (chance(0.01)) throw test::Crash();
    if (depth_ < 3 && chance(0.05)) step_one();
  }

  void take_step() {
    world_.now = world_.now + Duration::millis(between(0, 60));
    const int dice = between(0, 99);
    if (dice < 30) {
      client();
    } else if (dice < 34 || actors_.empty()) {
      start(slots("events")[static_cast<std::size_t>(between(0, 3))], chance(0.6));
    } else if (dice < 36) {
      stop(static_cast<std::size_t>(between(0, static_cast<int>(actors_.size()) - 1)));
    } else if (dice == 36 && chance(0.3)) {
      cut_power();
    } else if (dice == 37) {
      run_ahead();
    } else {
      step_one();
    }
  }

  void start(const Slot& events, bool worker) {
    Actor actor;
    actor.events = events;
    actor.build = between(0, builds - 1);
    auto& left = left_[{name(events), worker ? actor.build : -1}];
    if (!left.empty() && chance(0.7)) {  // kept, or rolled back to any earlier one
      const auto last = static_cast<int>(left.size()) - 1;
      *actor.store = left[static_cast<std::size_t>(chance(0.5) ? last : between(0, last))];
      ++seen["store kept"];
    }
    if (worker) {
      auto options =
          world_.worker(events.topic.substr(events.topic.find('.') + 1), events.partition);
      options.seed = random_();
      options.open_store = test::opener(*actor.store);
      options.batch.records = static_cast<std::size_t>(between(1, 6));
      options.checkpoint_changes = static_cast<std::size_t>(between(1, 8));
      actor.worker = std::make_unique<CommandWorker>(*hooked_,
                                                     *build_of(actor.build),
                                                     test::TestCatalogue::platform(),
                                                     options,
                                                     [](std::string_view) {});
    } else {
      auto options = world_.forwarder(events.topic, events.partition);
      options.open_store = test::opener(*actor.store);
      options.batch.records = static_cast<std::size_t>(between(1, 6));
      options.retry = Duration::millis(50);
      actor.forwarder =
          std::make_unique<Forwarder>(*hooked_, options, [this](std::string_view what) {
            if (what.find("misses a send") != std::string_view::npos) ++seen["rewound"];
          });
    }
    actors_.push_back(std::make_unique<Actor>(std::move(actor)));
  }

  // Ends one, cleanly or not. Its store stays for those that come after.
  void stop(std::size_t index) {
    if (actors_[index]->stepping) return;
    Actor& actor = *actors_[index];
    if (actor.worker && chance(0.5)) BOOST_REQUIRE(actor.worker->checkpoint());
    bury(index);
  }
  void bury(std::size_t index) {
    Actor& actor = *actors_[index];
    left_[{name(actor.events), actor.worker ? actor.build : -1}].push_back(*actor.store);
    actors_.erase(actors_.begin() + static_cast<std::ptrdiff_t>(index));
  }

  void step_one() {
    if (actors_.empty()) return;
    Actor* const actor = actors_[random_() % actors_.size()].get();
    if (actor->stepping) return;
    actor->stepping = true;
    ++depth_;
    bool crashed = false;
    try {
      actor->step(world_.now);
    } catch (const test::Crash&) {
      crashed = true;
    }
    --depth_;
    actor->stepping = false;
    if (actor->failure()) wrong_ = name(actor->events) + " stopped: " + actor->failure()->detail;
    if (!crashed) return;
    ++seen["crashed"];
    for (std::size_t i = 0; i < actors_.size(); ++i) {
      if (actors_[i].get() == actor) return bury(i);
    }
  }

  void cut_power() {
    ++seen["power cut"];
    while (!actors_.empty()) bury(0);
    add_up_faults();
    hooked_.reset();
    faulty_.reset();
    world_.lose_power();
    connect();
  }

  // A new command, or a retry of an earlier one, from a client that hears nothing.
  void client() {
    const bool retry = next_id_ > 100 && chance(0.15);
    const std::uint64_t id =
        retry ? 100 + random_() % (next_id_ - 100) : static_cast<std::uint64_t>(next_id_++);
    const std::uint64_t stream = 1 + id % 5;
    std::mt19937_64 of_id(id * 7919 + 1);
    std::string type = "counter.Add";
    std::string payload = fmt::format(R"({{"n":{}}})", static_cast<std::int64_t>(of_id() % 40) - 2);
    if (of_id() % 8 == 0) {
      type = "counter.Hold";
      payload = fmt::format(R"({{"until":{}}})", (world_.now + Duration::seconds(1)).us);
    } else if (of_id() % 16 == 0) {
      type = "counter.Ping";
    }
    const Slot slot{"commands.counters", partition_of(uuid_of(stream), partitions)};
    const Record record = test::World::command(type, payload, id, world_.now, stream);
    (void)(*faulty_->writer("client"))->append(slot, {&record, 1}, Durability::with_outcome);
  }

  // A forwarder that keeps several appends in flight, and whose earlier ones were lost: any send
  // arrives at any time.
  void run_ahead() {
    const Slot source = slots("events")[random_() % 4];
    const History history = world_.read(source);
    std::vector<Record> sends;
    for (const Outcome& outcome : accepted(history.records)) {
      for (const Record& record : outcome) {
        if (record.kind == Kind::send) sends.push_back(record);
      }
    }
    if (sends.empty()) return;
    const Record& send =
        sends[sends.size() - 1 - random_() % std::min<std::size_t>(sends.size(), 4)];
    Record command = send;
    command.kind = Kind::command;
    command.link = {source.topic, source.partition, send.link.n};
    command.epoch = command.cause = -1;
    command.count = 0;
    world_.append({std::string(send.link.topic), send.link.partition}, command);
  }

  // Everything late arrives; then one owner and one forwarder per partition, undisturbed, end it.
  void finish() {
    if (!wrong_.empty()) return;
    calm_ = true;
    while (!actors_.empty()) bury(0);
    add_up_faults();
    faulty_->set({});
    faulty_->deliver_late();
    for (const Slot& slot : slots("events")) {
      start(slot, true);
      start(slot, false);
    }
    for (int quiet = 0, rounds = 0; quiet < 50; ++quiet, ++rounds) {
      world_.now = world_.now + Duration::millis(100);
      for (const auto& actor : actors_) {
        if (actor->step(world_.now)) quiet = 0;
        if (actor->failure()) wrong_ = name(actor->events) + ": " + actor->failure()->detail;
      }
      if (rounds > 5'000) wrong_ = "it does not come to rest";
      if (!wrong_.empty()) return;
    }
  }
  void add_up_faults() {
    const FaultCounts counts = faulty_->counts();
    faults.lost += counts.lost;
    faults.delivered += counts.delivered;
    faults.doubled += counts.doubled;
    faults.unseen += counts.unseen;
  }

  std::string outcomes_are_whole() {
    for (const auto& [slot, history] : histories_) {
      const auto outcomes = outcomes_[slot] = accepted(history.records);
      const Slot commands{"commands" + slot.topic.substr(slot.topic.find('.')), slot.partition};
      const History asked = world_.read(commands);
      if (outcomes.size() != asked.records.size()) return name(slot) + ": a command has no outcome";
      for (std::size_t i = 0; i < outcomes.size(); ++i) {
        const Record& first = outcomes[i].front();
        if (first.cause != static_cast<Offset>(i)) return name(slot) + ": out of order";
        if (!of_one_writer(outcomes[i], history)) return name(slot) + ": of two writers";
        for (std::size_t k = 0; k < outcomes[i].size(); ++k) {
          if (outcomes[i][k].id == event_id(asked.records[i].id, k)) continue;
          return name(slot) + ": an outcome of another command";
        }
      }
    }
    return "";
  }
  // The build in its events is the one that opened the epoch.
  static bool of_one_writer(const Outcome& outcome, const History& history) {
    const Record& opened = history.records[static_cast<std::size_t>(outcome.front().epoch)];
    const Record& last = outcome[outcome.size() - 1];
    std::int64_t attempt = 0;
    for (const Record& record : outcome) {
      if (record.type == "counter.Added") attempt = test::field(record.payload, "try");
    }
    for (const Record& record : outcome) {
      if (record.count != last.count) return false;
      if (record.epoch != outcome.front().epoch || record.cause != outcome.front().cause)
        return false;
      if (record.type != "counter.Added") continue;
      if (test::field(record.payload, "try") != attempt) return false;
      const auto build = fmt::format("build {}\"", test::field(record.payload, "build"));
      if (opened.payload.find(build) == std::string_view::npos) return false;
    }
    return true;
  }

  // The real fence agrees with the independent one after every record, and from every `opened` on.
  std::string readers_agree() {
    for (const auto& [slot, history] : histories_) {
      const std::span<const Record> records = history.records;
      Fence whole;
      std::size_t complete = 0;
      for (std::size_t i = 0; i < records.size(); ++i) {
        const Fence::Verdict verdict = whole.feed(records[i]);
        if (verdict == Fence::Verdict::diverged) return name(slot) + ": a reader diverged";
        if (verdict == Fence::Verdict::complete) {
          if (complete == outcomes_[slot].size()) return name(slot) + ": a reader accepts more";
          if (outcomes_[slot][complete++].back().offset != records[i].offset) {
            return name(slot) + ": readers disagree";
          }
        }
        if (records[i].kind == Kind::opened && !same_from(slot, records.subspan(i))) {
          return name(slot) + ": a start at `opened` differs";
        }
      }
      if (complete != outcomes_[slot].size()) return name(slot) + ": a reader accepts less";
    }
    return "";
  }
  bool same_from(const Slot& slot, std::span<const Record> records) {
    Position start;
    start.offset = records.front().offset;
    Fence fence(start);
    std::vector<Offset> ends;
    for (const Record& record : records) {
      if (fence.feed(record) == Fence::Verdict::complete) ends.push_back(record.offset);
    }
    const auto& outcomes = outcomes_[slot];
    if (ends.size() > outcomes.size()) return false;
    return std::equal(
        ends.rbegin(), ends.rend(), outcomes.rbegin(), [](Offset end, const auto& outcome) {
          return outcome.back().offset == end;
        });
  }

  std::string clients_are_answered_once() {
    std::map<Uuid, int> answers;
    for (const auto& [slot, outcomes] : outcomes_) {
      for (const Outcome& outcome : outcomes) {
        const Record& end = closing(outcome);
        const bool client = !outcome.front().link && outcome.front().commanded.us != 0;
        if (client && end.kind != Kind::duplicate) ++answers[outcome.front().causation];
        ++seen[std::string(end.kind == Kind::event ? "accepted" : end.type)];
        if (end.payload.find("\"hops\"") != std::string_view::npos) ++seen["hops"];
        if (outcome.front().type == "counter.Expired") ++seen["expired"];
        if (outcome.front().type == "counter.Bounced") ++seen["came back"];
      }
    }
    for (const auto& [id, count] : answers) {
      if (count != 1) return "a client's command has two first answers";
    }
    return "";
  }

  std::string sends_arrive_once() {
    std::map<std::pair<Slot, Slot>, std::vector<Uuid>> sent;
    std::map<std::pair<Slot, Slot>, std::vector<Uuid>> taken;
    for (const auto& [slot, outcomes] : outcomes_) {
      const Slot commands{"commands" + slot.topic.substr(slot.topic.find('.')), slot.partition};
      for (const Outcome& outcome : outcomes) {
        const Record& first = outcome.front();
        const Kind end = closing(outcome).kind;
        for (const Record& record : outcome) {
          if (record.kind != Kind::send) continue;
          auto& ids = sent[{slot, {std::string(record.link.topic), record.link.partition}}];
          ids.push_back(record.id);
          if (record.link.n != ids.size()) return name(slot) + ": numbers are not dense";
        }
        if (first.kind == Kind::send || !first.link) continue;
        if (end == Kind::duplicate || end == Kind::gap) continue;
        taken[{{std::string(first.link.topic), first.link.partition}, commands}].push_back(
            first.causation);
      }
    }
    if (sent == taken) return "";
    for (const auto& [way, ids] : sent) {
      if (taken[way] != ids) {
        return fmt::format("{} → {}: {} sent, {} taken, or not in order",
                           name(way.first),
                           name(way.second),
                           ids.size(),
                           taken[way].size());
      }
    }
    return "a send from nowhere";
  }

  // The last owners' stores, whatever they began with, hold what a fold from the start gives.
  std::string states_are_folds() {
    for (const auto& actor : actors_) {
      if (!actor->worker) continue;
      if (!actor->worker->checkpoint()) return "no checkpoint";
      StoreContent live = *actor->store;
      live.erase("p");
      if (live != world_.refold(*build_of(actor->build), actor->events)) {
        return name(actor->events) + ": the state is not the fold of its events";
      }
    }
    return "";
  }

  std::mt19937_64 random_;
  test::World world_;
  std::unique_ptr<FaultyLog> faulty_;
  std::unique_ptr<test::HookLog> hooked_;
  std::vector<std::unique_ptr<Actor>> actors_;
  std::map<std::pair<std::string, int>, std::vector<StoreContent>> left_;
  std::uint64_t next_id_ = 100;
  int depth_ = 0;
  bool calm_ = false;
  std::string wrong_;
  std::map<Slot, History> histories_;
  std::map<Slot, std::vector<Outcome>> outcomes_;
};

}  // namespace

BOOST_AUTO_TEST_SUITE(model_tests)

// WF_SEED=n runs that one alone.
BOOST_AUTO_TEST_CASE(every_schedule_keeps_the_guarantees) {
  const char* only = std::getenv("WF_SEED");
  const std::uint32_t first = only != nullptr ? static_cast<std::uint32_t>(std::atoi(only)) : 0;
  const std::uint32_t last = only != nullptr ? first + 1 : seeds;
  FaultCounts faults;
  std::map<std::string, int> seen;
  for (std::uint32_t seed = first; seed < last; ++seed) {
    Run run(seed);
    const std::string wrong = run.check();
    if (!wrong.empty()) BOOST_ERROR("WF_SEED=" << seed << ": " << wrong);
    faults.lost += run.faults.lost;
    faults.unseen += run.faults.unseen;
    faults.delivered += run.faults.delivered;
    faults.doubled += run.faults.doubled;
    for (const auto& [what, count] : run.seen) seen[what] += count;
  }
  std::string summary = fmt::format("lost {}, unseen {}, late {}, doubled {}",
                                    faults.lost,
                                    faults.unseen,
                                    faults.delivered,
                                    faults.doubled);
  for (const auto& [what, count] : seen) summary += fmt::format(", {} {}", what, count);
  BOOST_TEST_MESSAGE(summary);
  if (only != nullptr) return;
  for (const char* what : {
           "accepted",
           "duplicate",
           "gap",
           "rejected",
           "nothing",
           "expired",
           "came back",
           "hops",
           "crashed",
           "power cut",
           "store kept",
       }) {
    BOOST_TEST_CONTEXT(what) BOOST_TEST(seen[what] > 0);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::model_test
