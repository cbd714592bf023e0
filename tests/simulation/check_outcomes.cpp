// The log by itself: one outcome per command, the same for every reader, and sends that arrive
// once.
#include <algorithm>
#include <map>

#include "log/fence.h"
#include "runtime/decider.h"
#include "simulation/checks.h"

namespace wf::simulation {

using test::closing;
using test::Outcome;

void every_command_has_one_outcome(const Facts& facts, Environment& env) {
  std::map<std::pair<Uuid, Uuid>, int> first_answers;  // by command and the fingerprint of its body
  for (const Partition& one : facts.reading.partitions) {
    if (one.outcomes.size() != one.asked.records.size()) {
      return env.fail("{}: {} commands have {} outcomes",
                      name(one.events),
                      one.asked.records.size(),
                      one.outcomes.size());
    }
    for (std::size_t i = 0; i < one.outcomes.size(); ++i) {
      const Outcome& outcome = one.outcomes[i];
      for (std::size_t k = 0; k < outcome.size(); ++k) {
        const bool fits = outcome[k].cause == static_cast<Offset>(i) &&
                          outcome[k].epoch == outcome.front().epoch &&
                          outcome[k].id == event_id(one.asked.records[i].id, k);
        if (!fits) return env.fail("{}: outcome {} is not of its command", name(one.events), i);
      }
      const bool of_client = one.asked.records[i].kind == Kind::command && !outcome.front().link;
      if (!of_client || closing(outcome).kind == Kind::duplicate) continue;
      const bool reused = closing(outcome).payload.find("\"key_reused\"") != std::string_view::npos;
      if (!reused && ++first_answers[{outcome.front().causation, outcome.front().body}] > 1) {
        return env.fail("{}: command {} is decided twice", name(one.events), i);
      }
    }
  }
}

// The real fence after every record, against ours; and from every `opened` on.
void readers_agree(const Facts& facts, Environment& env) {
  for (const Partition& one : facts.reading.partitions) {
    const std::vector<Record>& records = one.log.records;
    std::vector<Offset> wanted;
    for (const Outcome& outcome : one.outcomes) wanted.push_back(outcome.back().offset);
    for (std::size_t start = 0; start < records.size(); ++start) {
      if (start != 0 && records[start].kind != Kind::opened) continue;
      Position from;
      from.offset = records[start].offset;
      Fence fence(from);
      std::vector<Offset> ends;
      for (std::size_t i = start; i < records.size(); ++i) {
        const Fence::Verdict verdict = fence.feed(records[i]);
        if (verdict == Fence::Verdict::complete) ends.push_back(records[i].offset);
        if (verdict == Fence::Verdict::diverged) {
          return env.fail("{}: a reader from {} on diverges", name(one.events), start);
        }
      }
      const bool all = start == 0 ? ends.size() == wanted.size() : ends.size() <= wanted.size();
      if (!all || !std::equal(ends.rbegin(), ends.rend(), wanted.rbegin())) {
        return env.fail("{}: a reader from {} on accepts other outcomes", name(one.events), start);
      }
    }
  }
}

// In a stream; and nothing happens before its time, a deadline least of all: clocks of gateways may
// be ahead of the log's by so much.
void time_never_goes_back(const Facts& facts, Environment& env) {
  for (const Partition& one : facts.reading.partitions) {
    std::map<Uuid, Instant> latest;
    Instant appended;
    for (const Outcome& outcome : one.outcomes) {
      for (const Record& record : outcome) {
        if (record.kind != Kind::event) continue;
        appended = std::max(appended, record.appended);
        if (record.at > appended + Decider::ahead_max) {
          return env.fail("{}: {} is before its time", name(one.events), record.type);
        }
        Instant& before = latest[record.stream];
        if (record.at < before) {
          return env.fail(
              "{}: {} is earlier than what came before it", name(one.events), record.type);
        }
        before = record.at;
      }
    }
  }
}

void sends_arrive_once(const Facts& facts, Environment& env) {
  std::map<std::pair<Slot, Slot>, std::vector<Uuid>> sent;
  std::map<std::pair<Slot, Slot>, std::vector<Uuid>> taken;
  for (const Partition& one : facts.reading.partitions) {
    for (const Outcome& outcome : one.outcomes) {
      for (const Record& record : outcome) {
        if (record.kind != Kind::send) continue;
        auto& ids = sent[{one.events, {std::string(record.link.topic), record.link.partition}}];
        ids.push_back(record.id);
        if (record.link.n != ids.size()) {
          return env.fail(
              "{}: send {} follows {}", name(one.events), record.link.n, ids.size() - 1);
        }
      }
      const Record& first = outcome.front();
      const Kind end = closing(outcome).kind;
      const bool forwarded = first.kind != Kind::send && first.link;
      if (!forwarded || end == Kind::duplicate || end == Kind::gap) continue;
      taken[{{std::string(first.link.topic), first.link.partition}, one.commands}].push_back(
          first.causation);
    }
  }
  for (const auto& [way, ids] : sent) {
    if (taken[way] != ids) {
      return env.fail("{} → {}: {} sent, {} taken, or not in order",
                      name(way.first),
                      name(way.second),
                      ids.size(),
                      taken[way].size());
    }
  }
  if (sent.size() != taken.size()) env.fail("a send from nowhere");
}

}  // namespace wf::simulation
