// Every partition from its start.
#include "simulation/reading.h"

#include "base/json_cursor.h"

namespace wf::simulation {
namespace {

test::History read(Environment& env, const Slot& slot) {
  test::History history;
  // An append of nothing makes what the log holds readable.
  const auto writer = env.true_log().writer("reading");
  auto reader = env.true_log().reader();
  if (!writer || !reader || !(*writer)->append(slot, {}, Durability::now) ||
      !(*reader)->seek(slot, 0)) {
    env.fail("{} cannot be read", name(slot));
    return history;
  }
  while (true) {
    auto batch = (*reader)->read(slot, {});
    if (!batch) env.fail("{} cannot be read: {}", name(slot), batch.error().detail);
    if (!batch || batch->records.empty()) return history;
    history.records.insert(history.records.end(), batch->records.begin(), batch->records.end());
    history.batches.push_back(std::move(*batch));
  }
}

}  // namespace

Reading::Reading(Environment& env) {
  for (const Slot& events : slots("events")) {
    Partition& one = partitions.emplace_back();
    one.events = events;
    one.commands = {"commands" + events.topic.substr(events.topic.find('.')), events.partition};
    one.log = read(env, one.events);
    one.asked = read(env, one.commands);
    one.outcomes = test::accepted(one.log.records);
  }
}

std::string field(std::string_view json, std::string_view name) {
  JsonCursor cursor(json);
  cursor.begin_object();
  for (std::string_view key; cursor.next_key(key);) {
    const bool wanted = key == name;
    const std::string_view raw = cursor.raw();
    if (!wanted) continue;
    const bool text = raw.size() >= 2 && raw.front() == '"';
    return std::string(text ? raw.substr(1, raw.size() - 2) : raw);
  }
  return {};
}

}  // namespace wf::simulation
