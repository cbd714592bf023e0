// The opening protocol of DESIGN.md 3, and outcomes of one event each.
#include "bench/owner.h"

#include <fmt/format.h>

#include "base/catalogue.h"
#include "base/check.h"
#include "log/outcome_reader.h"
#include "runtime/decider.h"

namespace wf {

Owner::Owner(Log& log, std::uint32_t partition) : events_{"events.bookings", partition} {
  auto writer = log.writer(fmt::format("bench {}", partition));
  WF_CHECK(writer);
  appender_ = std::move(*writer);
  open(log);
}

void Owner::open(Log& log) {
  const std::string build = fmt::format(R"({{"build":"{}"}})", catalogue().build);
  Record opened;
  opened.kind = Kind::opened;
  opened.id = Uuid::random();
  opened.at = wall_clock();
  opened.type = "opened";
  opened.payload = build;
  WF_CHECK(appender_->append(events_, {&opened, 1}, Durability::now));
  const auto reader = log.reader();
  WF_CHECK(reader);
  OutcomeReader outcomes(**reader, events_);
  WF_CHECK(outcomes.start({}));
  const auto control = [&](const Record& record) {
    if (record.id == opened.id) epoch_ = record.offset;  // the last one, if the log doubles
  };
  for (;;) {
    const auto count = outcomes.read(
        {}, [](std::span<const Record>) {}, control);
    WF_CHECK(count);
    if (*count == 0) break;
  }
  WF_CHECK(epoch_ >= 0);
  const Offset after = std::max<Offset>(outcomes.position().last_cause, -1);
  next_ = after + 1;
  Record resumed = opened;
  resumed.kind = Kind::resumed;
  resumed.id = Uuid::v5(opened.id, "resumed");
  resumed.type = "resumed";
  resumed.payload = "{}";
  resumed.epoch = epoch_;
  resumed.cause = after;
  resumed.next = next_;
  WF_CHECK(appender_->append(events_, {&resumed, 1}, Durability::now));
}

void Owner::add(const Answer& answer) {
  const Record& command = answer.command;
  outcomes_->begin();
  Record event;
  event.kind = Kind::event;
  event.id = event_id(command.id, 0);
  event.stream = command.stream;
  event.at = command.at;
  event.type = answer.type;
  event.payload = outcomes_->keep(answer.payload);
  event.correlation = command.correlation;
  event.causation = command.id;
  event.principal = command.principal;
  event.epoch = epoch_;
  event.cause = answer.cause;
  event.version = answer.version;
  event.body = command.body;
  event.commanded = command.at;
  outcomes_->add(event);
  outcomes_->end();
}

void Owner::flush() {
  if (outcomes_->records().empty()) return;
  WF_CHECK(appender_->append(events_, outcomes_->records(), Durability::now));
  outcomes_ = std::make_unique<Outcomes>();
}

}  // namespace wf
