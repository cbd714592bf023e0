// A decider without a log: given commands, when one more comes, then its outcome.
#pragma once
#include <boost/test/unit_test.hpp>
#include <deque>
#include <string>
#include <vector>

#include "log/test_records.h"
#include "runtime/decider.h"
#include "runtime/test_catalogue.h"
#include "runtime/test_store.h"

namespace wf::decider_test {

using test::uuid_of;

inline constexpr Instant start{1'000'000'000'000};
constexpr Duration operator+(Duration a, Duration b) { return {a.us + b.us}; }
constexpr Duration operator-(Duration a, Duration b) { return {a.us - b.us}; }
inline constexpr std::uint32_t partitions = 4;

// A command with all its texts.
struct Given {
  Kind kind = Kind::command;
  std::string type = "counter.Add";
  std::string payload = R"({"n":1})";
  std::uint64_t id = 0;  // 0: a new one
  std::uint64_t body = 0;
  std::uint64_t stream = 1;
  Duration at{};        // after `start`
  Duration appended{};  // likewise; 0: as `at`
  Duration expires{};
  Duration occurred{};
  std::uint64_t import = 0;
  std::uint64_t n = 0;  // forwarded
  std::uint32_t hop = 0;
  bool of_earlier_build = false;  // a wake: it does not say after which one it comes
};

inline Given add(std::int64_t n) { return {.payload = fmt::format(R"({{"n":{}}})", n)}; }
inline Given hold(Duration until, int times = 1) {
  return {.type = "counter.Hold",
          .payload = fmt::format(R"({{"until":{},"times":{}}})", (start + until).us, times)};
}
inline Given wake(Duration at) {
  return {.kind = Kind::wake, .type = "wake", .payload = "{}", .at = at};
}
inline Given import_ended(std::uint64_t id) {
  return {.kind = Kind::import_ended, .type = "import_ended", .payload = "{}", .import = id};
}

class Bench {
 public:
  explicit Bench(std::string family = "counters")
      : store_(content),
        state(*catalogue_, family, store_, {}),
        decider_(state,
                 test::TestCatalogue::platform(),
                 {"events." + family, 2},
                 partitions,
                 [this](std::string_view what) { alarms.emplace_back(what); }) {
    BOOST_REQUIRE(state.load(uuid_of(7)));
  }

  // The outcome in one line: events as they are, sends as type>target#n, closings with their
  // reason.
  std::string operator()(const Given& given) { return run(given, false); }
  std::string refuse(const Given& given) { return run(given, true); }

  // As a restart does it: what is in the store is all that is known.
  void restart() {
    save();
    BOOST_REQUIRE(state.drop());
  }
  void save() {
    Position position;
    position.offset = next_;
    state.accepted(position);
    BOOST_REQUIRE(state.save(state.unsaved()));
  }
  // A decider that never decided: it reads the outcomes.
  test::StoreContent refold() const {
    test::StoreContent fresh;
    test::MapStore store(fresh);
    DeciderState folded(*catalogue_, "counters", store, {});
    BOOST_REQUIRE(folded.load(uuid_of(7)));
    for (const Outcomes& out : outcomes_) BOOST_REQUIRE(folded.fold(out.records()));
    Position position;
    position.offset = next_;
    folded.accepted(position);
    BOOST_REQUIRE(folded.save(folded.unsaved()));
    return fresh;
  }

  test::StoreContent content;
  std::vector<std::string> alarms;
  std::vector<Record> last;  // of the outcome

 private:
  test::TestCatalogue catalogue_;
  test::MapStore store_;

 public:
  DeciderState state;

 private:
  std::string run(const Given& given, bool refuse) {
    Given& kept = given_.emplace_back(given);
    Record command;
    command.offset = next_++;
    command.kind = kept.kind;
    command.id = uuid_of(kept.id != 0 ? kept.id : 1000 + static_cast<std::uint64_t>(next_));
    command.stream = uuid_of(kept.stream);
    command.type = kept.type;
    command.payload = kept.payload;
    command.at = start + kept.at;
    command.appended = start + (kept.appended.us != 0 ? kept.appended : kept.at);
    if (kept.expires.us != 0) command.expires = start + kept.expires;
    if (kept.occurred.us != 0) command.occurred_at = start + kept.occurred;
    command.body = uuid_of(kept.body);
    if (kept.kind == Kind::wake && !kept.of_earlier_build) {
      command.version = (*state.stream(command.stream))->woken + 1;
    }
    if (kept.import != 0) command.import = uuid_of(kept.import);
    command.hop = kept.hop;
    if (kept.n != 0) {
      command.link = {"events.followers", 3, kept.n};
      command.origin = uuid_of(90);
      command.origin_type = "follower.Ponged";
    }
    Outcomes& out = outcomes_.emplace_back();
    const auto ok =
        refuse ? decider_.refuse(command, "undecidable", 5, out) : decider_.decide(command, 5, out);
    if (!ok) {
      outcomes_.pop_back();
      return "error: " + ok.error().detail;
    }
    last = out.records();
    check(command);
    std::string text;
    for (const Record& record : last) text += (text.empty() ? "" : " ") + shown(record);
    return text;
  }

  void check(const Record& command) const {
    for (std::size_t i = 0; i < last.size(); ++i) {
      BOOST_TEST(last[i].cause == command.offset);
      BOOST_TEST(last[i].epoch == 5);
      BOOST_TEST(last[i].index == i);
      BOOST_TEST(last[i].count == last.size());
      BOOST_CHECK(last[i].id == event_id(command.id, i));
    }
  }

  static std::string shown(const Record& record) {
    const std::string_view type = record.type.substr(record.type.find('.') + 1);
    if (record.kind == Kind::event) {
      return fmt::format("{}{}", type, record.payload.size() < 80 ? record.payload : "…");
    }
    if (record.kind == Kind::send) return fmt::format("{}#{}", record.type, record.link.n);
    if (record.kind != Kind::rejected) return std::string(type);
    const std::size_t at = record.payload.find("\"reason\":\"") + 10;
    return fmt::format("rejected({})",
                       record.payload.substr(at, record.payload.find('"', at) - at));
  }

  Decider decider_;
  std::deque<Given> given_;
  std::deque<Outcomes> outcomes_;
  Offset next_ = 0;
};

inline Given with_id(Given given, std::uint64_t id, std::uint64_t body = 0) {
  given.id = id;
  given.body = body;
  return given;
}
inline Given at(Given given, Duration at) {
  given.at = at;
  return given;
}
inline Given forwarded(Given given, std::uint64_t n, std::uint32_t hop = 1) {
  given.n = n;
  given.hop = hop;
  return given;
}
inline Given imported(Given given, std::uint64_t id) {
  given.import = id;
  return given;
}

inline std::string expired(Duration now) {
  return fmt::format(R"(Expired{{"now":{}}})", (start + now).us);
}

inline const Duration s1 = Duration::seconds(1);
inline const Duration s10 = Duration::seconds(10);
inline const Duration s60 = Duration::seconds(60);
inline const Duration day = Duration::hours(24);

}  // namespace wf::decider_test
