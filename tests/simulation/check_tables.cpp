// Tables against folds that know nothing of the table engine, digests against rebuilt ones, and
// whatever a client was shown against the history of its row.
#include <map>
#include <set>

#include "base/index_key.h"
#include "gateway/position.h"
#include "runtime/rebuild.h"
#include "simulation/checks.h"
#include "storage/verify.h"

namespace wf::simulation {
namespace {

// A row as it was from one event on.
struct Version {
  Slot slot;
  Offset offset = 0;
  std::uint64_t number = 0;
  std::string json;  // empty: hidden
};

struct Folded {
  RowPtr row;
  std::vector<Version> versions;
};

using Rows = std::map<std::string, Folded>;

void fold(const TableType& type, const Record& record, const Slot& slot, Rows& rows) {
  const EventType* const event_type = catalogue().event(record.type);
  if (event_type == nullptr || !type.folds(*event_type)) return;
  const Event event(*event_type, event_type->decode(record.payload));
  const Meta meta{.id = record.id,
                  .stream = record.stream,
                  .stream_version = record.version,
                  .at = record.at,
                  .by = record.principal,
                  .command = record.causation,
                  .correlation = record.correlation};
  std::vector<Touch> touches;
  type.touches(event, meta, touches);
  std::set<std::string> changed;  // each is one version more, however many parts changed
  for (const Touch& touch : touches) {
    Folded& folded = rows[touch.key];
    if (!folded.row) folded.row = type.fresh();
    type.fold(*folded.row, touch.part, event, meta);
    changed.insert(touch.key);
  }
  for (const std::string& key : changed) {
    Folded& folded = rows[key];
    Version version{slot, record.offset, folded.versions.size() + 1, {}};
    if (!type.view(*folded.row, version.json)) version.json.clear();
    folded.versions.push_back(std::move(version));
  }
}

// Slot after slot, which is one of many orders.
Rows fold_all(const TableType& type, const Reading& reading) {
  Rows rows;
  for (const Partition& one : reading.partitions) {
    for (const test::Outcome& outcome : one.outcomes) {
      for (const Record& record : outcome) {
        if (record.kind == Kind::event) fold(type, record, one.events, rows);
      }
    }
  }
  return rows;
}

void compare(const TableHome& home, const Rows& rows, const std::string& of, Environment& env) {
  const auto totals = home.live()->totals();
  if (totals.rows != rows.size() || totals.quarantined != 0) {
    return env.fail("{} has {} rows ({} parked), its fold {}",
                    of,
                    totals.rows,
                    totals.quarantined,
                    rows.size());
  }
  for (const auto& [key, folded] : rows) {
    const auto row = home.get(key);
    const Version& last = folded.versions.back();
    if (!row) return env.fail("{}: {}", of, row.error().detail);
    if (row->json != last.json) {
      return env.fail("{} shows {}, its fold {}", of, row->json, last.json);
    }
    if (row->found() && row->row_version != last.number) {
      return env.fail("{}: version {}, its fold's {}", of, row->row_version, last.number);
    }
  }
}

void compare_rebuilt(TableHome& home, const std::string& of, Environment& env) {
  const auto scanned = scan(*home.live());
  if (!scanned || !scanned->sound()) {
    return env.fail("{}: {}", of, scanned ? scanned->damage : scanned.error().detail);
  }
  RebuildOptions options;
  options.slots = slots("events");
  options.threads = 1;
  options.limits.threads = 1;
  RebuildProgress progress;
  const auto rebuilt = rebuild(env.true_log(), catalogue(), home, options, progress);
  if (!rebuilt) return env.fail("{}: {}", of, rebuilt.error().detail);
  if ((*rebuilt)->totals() != home.live()->totals()) {
    env.fail("{}: the digest is another one when it is rebuilt", of);
  }
  (*rebuilt)->remove_when_closed();
}

std::string key_of(const Uuid& id) {
  std::string key;
  append_index_key(key, id);
  return key;
}

// A row that was read: it stood there at some time not before the position it was asked at.
void check_sight(const Sight& sight, const Rows& rows, Environment& env) {
  const auto found = rows.find(key_of(sight.id));
  const auto token = gateway::decode_position(sight.position);
  if (found == rows.end() || !token) return env.fail("a row was read that never was");
  const std::vector<Version>& versions = found->second.versions;
  std::size_t needed = 0;  // versions that the client knew of
  for (const Version& version : versions) {
    for (const SlotOffset& slot : token->offsets) {
      const bool same =
          slot.topic == version.slot.topic && slot.partition == version.slot.partition;
      if (same && version.offset < slot.offset) ++needed;
    }
  }
  for (std::size_t i = needed == 0 ? 0 : needed - 1; i < versions.size(); ++i) {
    if (versions[i].json == sight.json) return;
  }
  env.fail("a client that knew {} versions of a row was shown {}", needed, sight.json);
}

void check_subscriber(const Subscriber& one, const Rows& rows, Environment& env) {
  const auto found = rows.find(key_of(one.id));
  if (found == rows.end()) return;
  const std::vector<Version>& versions = found->second.versions;
  for (const Shown& shown : one.seen) {
    if (shown.row == "null") continue;
    if (shown.sequence > versions.size() || versions[shown.sequence - 1].json != shown.row) {
      return env.fail("a channel says {} is {}", shown.sequence, shown.row);
    }
  }
  const std::string& last = versions.back().json;
  if (last.empty() && !one.connected()) return;  // there is nothing to subscribe to
  const bool told = !one.seen.empty() && one.seen.back().row == (last.empty() ? "null" : last);
  if (!told) env.fail("a channel has not heard of version {}", versions.size());
}

}  // namespace

void tables_are_folds(const Facts& facts, Environment& env) {
  for (const auto& [name, first] : facts.nodes.front()->tables()) {
    const Rows rows = fold_all(first->type(), facts.reading);
    for (Node* const node : facts.nodes) {
      TableHome& home = *node->tables().at(name);
      const std::string of = fmt::format("{} of {}", name, node->name());
      compare(home, rows, of, env);
      if (home.live()->totals() != first->live()->totals()) {
        env.fail("{}: the digest differs between nodes", of);
      }
    }
    compare_rebuilt(*first, name, env);
    for (const Sight& sight : facts.clients.sights()) {
      if (sight.table == name && env.wrong.empty()) check_sight(sight, rows, env);
    }
    for (const auto& one : facts.subscribers) {
      if (one->table == name && env.wrong.empty()) check_subscriber(*one, rows, env);
    }
    if (!env.wrong.empty()) return;
  }
}

}  // namespace wf::simulation
