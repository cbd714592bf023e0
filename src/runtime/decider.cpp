// How one command becomes its outcome (DESIGN.md 2 and 3).
#include "runtime/decider.h"

#include <fmt/format.h>

#include <exception>

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
  auto stream = state_.stream(command.stream);
  if (!stream) return tl::unexpected(stream.error());
  const Instant wanted = command.occurred_at.us != 0 ? command.occurred_at : command.at;
  Turn turn{command, epoch, out, **stream, std::max((*stream)->last_now, wanted)};
  out.begin();
  const auto admitted = admit(turn);
  if (!admitted) return tl::unexpected(admitted.error());
  if (!*admitted) return finish(turn);
  const auto room = decide_deadlines(turn);
  if (!room) return tl::unexpected(room.error());
  if (command.kind == Kind::wake) {
    if (out.current().empty()) close(turn, Kind::nothing, "{}");
    return finish(turn);
  }
  if (!*room) {
    reject(turn, "too_large");
  } else if (auto ok = decide_command(turn); !ok) {
    return ok;
  }
  return finish(turn);
}

Result<void> Decider::refuse(const Record& command,
                             std::string_view reason,
                             Offset epoch,
                             Outcomes& out) {
  auto stream = state_.stream(command.stream);
  if (!stream) return tl::unexpected(stream.error());
  Turn turn{command, epoch, out, **stream, std::max((*stream)->last_now, command.at)};
  out.begin();
  reject(turn, reason);
  return finish(turn);
}

// False: the command is already answered, and deadlines wait for the next one.
Result<bool> Decider::admit(Turn& turn) {
  const Record& command = turn.command;
  if (command.kind == Kind::wake) return true;
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
  if (command.at > command.appended + ahead_max) {
    turn.now = turn.stream.last_now;  // a clock that runs ahead must not move the stream's
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
Result<bool> Decider::decide_deadlines(Turn& turn) {
  Deadline last;
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
    const Context context{.platform = platform_,
                          .now = std::max(deadline.due, turn.stream.last_now),
                          .principal = system_account,
                          .roles = system_role_,
                          .command = Uuid::v5(turn.command.id, fmt::format("deadline {}", n))};
    Result<Decided> decided;
    try {
      decided = state_.aggregates()[next->second]->decide(
          *turn.stream.states[next->second], *deadline.command, deadline.payload, context);
    } catch (const std::exception& thrown) {
      alarm_(fmt::format("{} threw: {}", deadline.command->name, thrown.what()));
      return true;
    }
    if (decided && decided->reason == nullptr) {
      const auto fits = accept(turn, *decided, context);
      if (!fits || !*fits) return fits;
    }
    last = std::move(deadline);
  }
}

Result<void> Decider::decide_command(Turn& turn) {
  const Record& command = turn.command;
  const CommandType* type = state_.catalogue().command(command.type);
  const auto aggregates = state_.aggregates();
  std::size_t index = 0;
  while (type != nullptr && index < aggregates.size() &&
         aggregates[index]->name() != type->aggregate) {
    ++index;
  }
  if (type == nullptr || index == aggregates.size()) {
    return fail(Code::corrupt,
                fmt::format("command type {} is unknown to this build", command.type));
  }
  if (command.hop > hops_max) {
    alarm_(fmt::format("{}: policies went round {} times", command.type, command.hop));
    reject(turn, "hops");
    return {};
  }
  const Context context{.platform = platform_,
                        .now = turn.now,
                        .principal = command.principal,
                        .roles = command.roles,
                        .command = command.id,
                        .if_match = command.if_match,
                        .imported = !command.import.nil()};
  Result<Decided> decided;
  try {
    decided =
        aggregates[index]->decide(*turn.stream.states[index], *type, command.payload, context);
  } catch (const std::exception& thrown) {
    alarm_(fmt::format("{} {} threw: {}", command.type, command.id.text(), thrown.what()));
    reject(turn, "internal");
    return {};
  }
  if (!decided) {
    reject(turn, "invalid");
  } else if (decided->reason != nullptr) {
    reject(turn, decided->reason->name);
  } else if (decided->events.empty()) {
    close(turn, Kind::nothing, fmt::format(R"({{"command":"{}"}})", command.type));
  } else {
    const auto fits = accept(turn, *decided, context);
    if (!fits) return tl::unexpected(fits.error());
    if (!*fits) {
      alarm_(fmt::format("{} {} answered too much", command.type, command.id.text()));
      reject(turn, "too_large");
    }
  }
  return {};
}

// Adds the events and what policies send because of them, and applies them. False: too much for one
// outcome; nothing was added or applied.
Result<bool> Decider::accept(Turn& turn, const Decided& decided, const Context& context) {
  const std::size_t before = turn.out.current().size();
  std::vector<Event> events;
  events.reserve(decided.events.size());
  for (const MadeEvent& made : decided.events) {
    Record record = turn.record(Kind::event, context.now);
    record.type = made.type->name;
    record.payload = turn.out.keep(made.payload);
    record.principal = context.principal;
    record.version = turn.stream.version + events.size() + 1;
    turn.out.add(record);
    auto event = state_.event_of(record);
    if (!event) return tl::unexpected(event.error());
    add_sends(turn, *event, record);
    events.push_back(std::move(*event));
  }
  std::size_t bytes = 0;
  for (const Record& record : turn.out.current()) bytes += record.payload.size();
  if (turn.out.current().size() >= records_max || bytes > bytes_max) {
    turn.out.cancel(before);
    return false;
  }
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
