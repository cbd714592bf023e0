// Opens, decides and reads back through the real fence.
#include "conformance/kafka_owner.h"

#include <boost/test/unit_test.hpp>

namespace wf::conformance {

TestOwner::TestOwner(Log& log, Slot slot, std::string name)
    : slot_(std::move(slot)), type_("test." + name) {
  auto reader = log.reader();
  auto appender = log.writer(name);
  BOOST_REQUIRE(reader && appender);
  reader_ = std::move(*reader);
  appender_ = std::move(*appender);
}

Result<Offset> TestOwner::open() {
  Record opened;
  opened.kind = Kind::opened;
  opened.id = Uuid::random();
  opened.payload = "{}";
  if (auto ok = appender_->append(slot_, {&opened, 1}, Durability::now); !ok)
    return tl::unexpected(ok.error());
  const auto last_cause = read_up_to(opened.id);
  if (!last_cause) return last_cause;
  Record resumed;
  resumed.kind = Kind::resumed;
  resumed.id = Uuid::random();
  resumed.epoch = epoch_;
  resumed.cause = *last_cause;
  resumed.next = *last_cause + 1;
  resumed.payload = "{}";
  if (auto ok = appender_->append(slot_, {&resumed, 1}, Durability::now); !ok)
    return tl::unexpected(ok.error());
  return resumed.next;
}

Result<Offset> TestOwner::read_up_to(const Uuid& nonce) {
  OutcomeReader outcomes(*reader_, slot_);
  if (auto ok = outcomes.start(Position{}); !ok) return tl::unexpected(ok.error());
  std::optional<Offset> last_cause;  // when its own `opened` was seen
  Offset accepted = -1;
  while (!last_cause) {
    auto count = outcomes.read(
        {.records = 1},
        [&](std::span<const Record> outcome) { accepted = outcome.front().cause; },
        [&](const Record& control) {
          if (control.kind != Kind::opened || control.id != nonce) return;
          epoch_ = control.offset;
          last_cause = accepted;
        });
    if (!count) return tl::unexpected(count.error());
    if (*count == 0) reader_->wait(Duration::seconds(1));
  }
  return *last_cause;
}

Result<void> TestOwner::decide(Offset cause) {
  std::array<Record, 2> outcome;
  for (std::uint32_t i = 0; i < outcome.size(); ++i) {
    outcome[i].kind = Kind::event;
    outcome[i].id = Uuid::random();
    outcome[i].type = type_;
    outcome[i].payload = "{}";
    outcome[i].epoch = epoch_;
    outcome[i].cause = cause;
    outcome[i].index = i;
    outcome[i].count = outcome.size();
  }
  return appender_->append(slot_, outcome, Durability::now);
}

std::vector<std::string> writers_of_outcomes(Log& log, const Slot& slot) {
  auto reader = log.reader();
  const auto end = log.end(slot);
  BOOST_REQUIRE(reader && end);
  OutcomeReader outcomes(**reader, slot);
  BOOST_REQUIRE(outcomes.start(Position{}));
  std::vector<std::string> writers;
  const auto on_outcome = [&](std::span<const Record> outcome) {
    BOOST_REQUIRE_EQUAL(outcome.size(), 2u);
    BOOST_REQUIRE_EQUAL(outcome.front().cause, static_cast<Offset>(writers.size()));
    BOOST_REQUIRE_EQUAL(outcome.front().epoch, outcome.back().epoch);
    BOOST_REQUIRE(outcome.front().type == outcome.back().type);
    writers.emplace_back(outcome.front().type);
  };
  for (Offset read = 0; read < *end;) {
    const auto count = outcomes.read({}, on_outcome);
    BOOST_REQUIRE_MESSAGE(count, (count ? "" : count.error().detail));
    read += static_cast<Offset>(*count);
  }
  return writers;
}

}  // namespace wf::conformance
