// How one command becomes its outcome (DESIGN.md 2 and 3).
#include "runtime/decider.h"

#include <fmt/format.h>

#include <stdexcept>

namespace wf {
namespace {

std::string_view kind_name(Kind kind) {
  if (kind == Kind::rejected) return "rejected";
  if (kind == Kind::nothing) return "nothing";
  if (kind == Kind::expired) return "expired";
  return "accepted";
}

std::string_view closing_type(Kind kind) {
  if (kind == Kind::duplicate) return "duplicate";
  if (kind == Kind::gap) return "gap";
  return kind_name(kind);
}

}  // namespace

Uuid event_id(const Uuid& command, std::size_t index) {
  return Uuid::v5(command, fmt::format_int(index).c_str());
}

bool answers(const Uuid& record, const Uuid& command) {
  for (std::size_t i = 0; i < Decider::records_max + Decider::closing_max; ++i) {
    if (event_id(command, i) == record) return true;
  }
  return false;
}

struct Decider::Turn {
  const Record& command;
  Offset epoch;
  Outcomes& out;
  Stream& stream;
  Instant now;

  // What every record of this outcome has in common.
  Record record(Kind kind, Instant at) const {
    Record record;
    record.kind = kind;
    record.id = event_id(command.id, out.current().size());
    record.stream = command.stream;
    record.at = at;
    record.correlation = command.correlation;
    record.causation = command.id;
    record.principal = command.principal;
    record.epoch = epoch;
    record.cause = command.offset;
    record.version = stream.version;
    return record;
  }
};

Decider::Decider(DeciderState& state,
                 const PlatformConfig& platform,
                 Slot events,
                 std::uint32_t partitions,
                 Alarm alarm)
    : state_(state),
      platform_(platform),
      events_(std::move(events)),
      partitions_(partitions),
      alarm_(std::move(alarm)) {
  const auto& roles = state.catalogue().roles;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    if (roles[i] == "system") system_role_ = 1u << i;
  }
}

Result<void> Decider::decide(const Record& command, Offset epoch, Outcomes& out) {
  const CommandType* type = nullptr;
  if (command.kind == Kind::command) {
    type = state_.catalogue().command(command.type);
    if (type == nullptr || aggregate_of(*type) == state_.aggregates().size()) {
      return fail(Code::corrupt,
                  fmt::format("command type {} is unknown to this build", command.type));
    }
  }
  auto stream = state_.stream(command.stream);
  if (!stream) return tl::unexpected(stream.error());
  Turn turn{command, epoch, out, **stream, (*stream)->last_now};
  out.begin();
  const auto admitted = admit(turn);
  if (!admitted) return tl::unexpected(admitted.error());
  if (!*admitted) return finish(turn);
  const Instant wanted = command.occurred_at.us != 0 ? command.occurred_at : command.at;
  turn.now = std::max(turn.now, wanted);
  const bool room = decide_deadlines(turn);
  if (command.kind == Kind::wake) {
    if (out.current().empty()) close(turn, Kind::nothing, "{}");
  } else if (!room) {
    reject(turn, "overdue");
  } else {
    decide_command(turn, *type);
  }
  return finish(turn);
}

Result<void> Decider::refuse(const Record& command,
                             std::string_view reason,
                             Offset epoch,
                             Outcomes& out) {
  auto stream = state_.stream(command.stream);
  if (!stream) return tl::unexpected(stream.error());
  Turn turn{command, epoch, out, **stream, (*stream)->last_now};
  out.begin();
  const auto admitted = admit(turn);
  if (!admitted) return tl::unexpected(admitted.error());
  if (*admitted) reject(turn, reason);
  return finish(turn);
}

// False: the command is answered without being decided. Deadlines then wait for the next one, and
// the stream's time stands still, so that each is still decided at its own.
Result<bool> Decider::admit(Turn& turn) {
  const Record& command = turn.command;
  if (command.kind == Kind::wake) {
    // By the clock of whoever woke it, which may be ahead of the log's.
    const bool early = command.at > command.appended + ahead_max;
    // What this wake was for is decided, under ids that must not come again: it is doubled. Those
    // of earlier builds, which a copied log may have, do not say (0).
    const bool stale = command.version > 0 && command.version <= turn.stream.woken;
    // An import came first: the time is not the stream's own yet.
    if (!early && !stale && !state_.held(turn.stream)) return true;
    close(turn, Kind::nothing, "{}");
    return false;
  }
  if (command.kind == Kind::import_ended) {
    close(turn, Kind::nothing, "{}");
    turn.out.current().back().type = "import_ended";
    return false;
  }
  if (command.kind != Kind::command) {
    return fail(Code::corrupt,
                fmt::format("a record of kind {} among commands", static_cast<int>(command.kind)));
  }
  if (command.link) return admit_forwarded(turn);
  state_.saw(command.appended);
  const auto first = state_.first_answer(command.id);
  if (!first) return tl::unexpected(first.error());
  if (*first) {
    if ((*first)->body != command.body) {
      reject(turn, "key_reused");
    } else {
      close(turn,
            Kind::duplicate,
            fmt::format(
                R"({{"command":"{}","first":{{"kind":"{}","reason":"{}","stream_version":{}}}}})",
                command.type,
                kind_name((*first)->kind),
                (*first)->reason,
                (*first)->version));
    }
    return false;
  }
  if (std::max(command.at, command.occurred_at) > command.appended + ahead_max) {
    reject(turn, "clock");
    return false;
  }
  if (command.expires.us != 0 && command.expires < command.appended) {
    close(turn, Kind::expired, fmt::format(R"({{"command":"{}"}})", command.type));
    return false;
  }
  return true;
}

bool Decider::admit_forwarded(Turn& turn) {
  const Link& link = turn.command.link;
  const std::uint64_t last = state_.received({std::string(link.topic), link.partition});
  if (link.n == last + 1) return true;
  const std::string numbers =
      fmt::format(R"({{"command":"{}","n":{},"last":{}}})", turn.command.type, link.n, last);
  if (link.n > last + 1) {
    alarm_(fmt::format("{}/{}: a forwarded command came too early: {}",
                       events_.topic,
                       events_.partition,
                       numbers));
  }
  close(turn, link.n <= last ? Kind::duplicate : Kind::gap, numbers);
  return false;
}

// Every deadline due by the decision's now, each at its own time. False: there were too many for
// one outcome.
bool Decider::decide_deadlines(Turn& turn) {
  if (!turn.stream.due || *turn.stream.due > turn.now) return true;
  Deadline last;
  Instant now = turn.stream.last_now;
  for (std::size_t n = 0;; ++n) {
    auto next = state_.deadline(turn.stream);
    if (!next || next->first.due > turn.now) return true;
    Deadline& deadline = next->first;
    if (last.command == deadline.command && last.due == deadline.due &&
        last.payload == deadline.payload) {
      alarm_(fmt::format("{}: deadline {} stands after it was decided",
                         turn.command.stream.text(),
                         deadline.command->name));
      return true;
    }
    now = std::max(now, deadline.due);
    const Context context{.platform = platform_,
                          .now = now,
                          .principal = system_account,
                          .roles = system_role_,
                          .command = Uuid::v5(turn.command.id, fmt::format("deadline {}", n))};
    const bool first = turn.out.current().empty();
    const std::string_view why =
        attempt(turn, next->second, *deadline.command, deadline.payload, context);
    if (why == "too_large" && !first) return false;  // the rest fits into a later outcome
    if (!why.empty()) {
      alarm_(fmt::format("{}: deadline {} is refused ({}) and stands",
                         turn.command.stream.text(),
                         deadline.command->name,
                         why));
      return true;
    }
    last = std::move(deadline);
  }
}

void Decider::decide_command(Turn& turn, const CommandType& type) {
  const Record& command = turn.command;
  // What comes back refused must be heard, though not for ever.
  const std::uint32_t hops = hops_max + (command.type.ends_with(".Refused") ? 2 : 0);
  if (command.hop > hops) {
    alarm_(fmt::format("{}: policies went round {} times", command.type, command.hop));
    reject(turn, "hops");
    return;
  }
  const Context context{.platform = platform_,
                        .now = turn.now,
                        .principal = command.principal,
                        .roles = command.roles,
                        .command = command.id,
                        .if_match = command.if_match,
                        .imported = !command.import.nil()};
  const std::size_t before = turn.out.current().size();
  std::string_view why = attempt(turn, aggregate_of(type), type, command.payload, context);
  if (why == "too_large" && before > 0) {
    why = "overdue";  // the deadlines before it took its room
  } else if (why == "too_large") {
    alarm_(fmt::format("{} {} answered too much", command.type, command.id.text()));
  }
  if (!why.empty()) {
    reject(turn, why);
  } else if (turn.out.current().size() == before) {
    close(turn, Kind::nothing, fmt::format(R"({{"command":"{}"}})", command.type));
  }
}

// The index in aggregates(); their number if it is not of this topic.
std::size_t Decider::aggregate_of(const CommandType& type) const {
  const auto aggregates = state_.aggregates();
  std::size_t index = 0;
  while (index < aggregates.size() && aggregates[index]->name() != type.aggregate) ++index;
  return index;
}

// Decides, adds the events and what policies send because of them, and applies them. "" or why
// nothing was added.
std::string_view Decider::attempt(Turn& turn,
                                  std::size_t aggregate,
                                  const CommandType& type,
                                  std::string_view payload,
                                  const Context& context) {
  const std::size_t before = turn.out.current().size();
  std::string_view why;
  try {
    auto decided = state_.aggregates()[aggregate]->decide(
        *turn.stream.states[aggregate], type, payload, context);
    if (!decided) return "invalid";
    if (decided->reason != nullptr) return decided->reason->name;
    if (add_events(turn, std::move(*decided), context)) return "";
    why = "too_large";
  } catch (const std::exception& thrown) {
    why = "internal";
    alarm_(fmt::format("{} {} threw: {}", type.name, turn.command.id.text(), thrown.what()));
  }
  turn.out.cancel(before);
  return why;
}

// False: too much for one outcome, and nothing is applied.
bool Decider::add_events(Turn& turn, Decided decided, const Context& context) {
  std::vector<Event> events;
  events.reserve(decided.events.size());
  for (MadeEvent& made : decided.events) {
    Record record = turn.record(Kind::event, context.now);
    record.type = made.type->name;
    record.payload = turn.out.keep(std::move(made.payload));
    record.principal = context.principal;
    record.version = turn.stream.version + events.size() + 1;
    turn.out.add(record);
    auto event = state_.event_of(record);
    if (!event) throw std::logic_error(event.error().detail);
    add_sends(turn, *event, record);
    events.push_back(std::move(*event));
  }
  std::size_t bytes = 0;
  for (const Record& record : turn.out.current()) bytes += record.payload.size();
  if (turn.out.current().size() > records_max || bytes > bytes_max) return false;
  for (const Event& event : events) state_.apply(turn.stream, event);
  return true;
}

void Decider::add_sends(Turn& turn, const Event& event, const Record& record) {
  const Meta meta{.id = record.id,
                  .stream = record.stream,
                  .stream_version = record.version,
                  .at = record.at,
                  .by = record.principal,
                  .command = turn.command.id,
                  .correlation = record.correlation};
  std::vector<Sending> sendings;
  for (const Policy* policy : state_.catalogue().policies) {
    if (policy->reacts(event.type())) policy->react(event, meta, sendings);
  }
  for (Sending& sending : sendings) {
    const Slot target{fmt::format("commands.{}", sending.command->topic),
                      partition_of(sending.stream, partitions_)};
    add_send(turn, record, target, std::move(sending));
  }
}

void Decider::add_send(Turn& turn, const Record& cause, const Slot& target, Sending sending) {
  std::uint64_t n = state_.sent(target);
  for (const Record& earlier : turn.out.current()) {
    if (earlier.kind != Kind::send) continue;
    if (earlier.link.topic == target.topic && earlier.link.partition == target.partition) {
      n = std::max(n, earlier.link.n);
    }
  }
  Record record = turn.record(Kind::send, cause.at);
  record.stream = sending.stream;
  record.type = sending.command->name;
  record.payload = turn.out.keep(std::move(sending.payload));
  record.causation = cause.id;
  record.principal = system_account;
  record.roles = system_role_;
  record.import = turn.command.import;
  record.hop = turn.command.hop + 1;
  record.link = {turn.out.keep(target.topic), target.partition, n + 1};
  record.origin = cause.stream;
  record.origin_type = cause.type;
  turn.out.add(record);
}

void Decider::close(Turn& turn, Kind kind, std::string payload) {
  Record record = turn.record(kind, turn.now);
  record.type = closing_type(kind);
  record.payload = turn.out.keep(std::move(payload));
  turn.out.add(record);
}

// A refused send comes back to the stream whose event it followed.
void Decider::reject(Turn& turn, std::string_view reason) {
  const Record& command = turn.command;
  close(turn,
        Kind::rejected,
        fmt::format(R"({{"command":"{}","reason":"{}"}})", command.type, reason));
  if (!command.link) return;
  const std::string_view source = command.origin_type.substr(0, command.origin_type.find('.'));
  const CommandType* refused = state_.catalogue().command(fmt::format("{}.Refused", source));
  if (refused == nullptr || command.type.ends_with(".Refused")) {
    alarm_(fmt::format("{} was refused ({}) and nobody hears of it", command.type, reason));
    return;
  }
  const Record closing = turn.out.current().back();
  const std::string_view family = command.link.topic.substr(command.link.topic.find('.') + 1);
  add_send(turn,
           closing,
           {fmt::format("commands.{}", family), command.link.partition},
           {refused,
            command.origin,
            fmt::format(R"({{"command":"{}","stream":"{}","event":"{}","reason":"{}"}})",
                        command.type,
                        command.stream.text(),
                        command.causation.text(),
                        reason)});
}

// Only the first record carries what belongs to the command rather than to one event.
Result<void> Decider::finish(Turn& turn) {
  Record& first = turn.out.current().front();
  first.import = turn.command.import;
  first.body = turn.command.body;
  first.link = turn.command.link;
  if (turn.command.kind != Kind::wake) first.commanded = turn.command.appended;
  turn.out.end();
  return state_.note(turn.out.current());
}

}  // namespace wf
