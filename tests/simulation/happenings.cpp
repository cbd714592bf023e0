// The things that happen to processes and machines, one action each.
#include "simulation/reading.h"
#include "simulation/world.h"

namespace wf::simulation {

void World::start_some() {
  const auto all = slots("events");
  const int dice = env_.random.between(0, 9);
  if (dice < 5) return start(std::make_unique<Owner>(env_, shelf_, env_.random.pick(all)));
  if (dice < 8) return start(std::make_unique<Carrier>(env_, shelf_, env_.random.pick(all)));
  start_node(env_.random.between(0, nodes_max - 1));
}

void World::end_some() {
  Process* const process = somebody();
  if (process == nullptr) return;
  const bool cleanly = env_.random.chance(0.5);
  env_.note("{} {}", process->name(), cleanly ? "stops" : "is killed");
  bury(*process, cleanly);
}

void World::step_some() {
  Process* const process = somebody();
  if (process == nullptr) return;
  for (int i = env_.random.between(1, 8); i > 0; --i) {
    const auto there = [&](const auto& one) { return one.get() == process; };
    if (std::none_of(processes_.begin(), processes_.end(), there)) return;
    step(*process);
    env_.now = env_.now + Duration::millis(env_.random.between(0, 10));
  }
}

// Long enough for what is due to come due.
void World::sleep() {
  const int minutes = env_.random.between(1, env_.random.chance(0.5) ? 15 : 600);
  env_.note("{} minutes go by", minutes);
  env_.now = env_.now + Duration::minutes(minutes);
}

// A gateway's no further ahead than commands may be, an owner's by hours: it decides nothing.
void World::set_a_clock() {
  Process* const process = somebody();
  if (process == nullptr) return;
  const bool owner = dynamic_cast<Owner*>(process) != nullptr;
  const int ahead = owner && env_.random.chance(0.5) ? 36'000'000 : 8'000;
  const int milliseconds = env_.random.between(-20'000, ahead);
  env_.note("{}'s clock is {} ms off", process->name(), milliseconds);
  process->skew = Duration::millis(milliseconds);
}

void World::cut_power() {
  if (env_.random.chance(0.3)) throw PowerLost();
  power_will_go_ = true;
  env_.power_will_go(env_.random.between(1, 12));
}

// A forwarder of which several appends were under way and the earlier ones were lost: any send may
// arrive at any time.
void World::stray_send() {
  const Reading reading(env_);
  std::vector<std::pair<Slot, Record>> sends;
  for (const Partition& one : reading.partitions) {
    for (const test::Outcome& outcome : one.outcomes) {
      for (const Record& record : outcome) {
        if (record.kind == wf::Kind::send) sends.emplace_back(one.events, record);
      }
    }
  }
  if (sends.empty()) return;
  const std::size_t recent = std::min<std::size_t>(sends.size(), 6);
  const auto& [source, send] = sends[sends.size() - 1 - env_.random.next() % recent];
  Record command = send;
  command.kind = wf::Kind::command;
  command.link = {source.topic, source.partition, send.link.n};
  command.appended = {};
  command.epoch = command.cause = -1;
  command.index = command.count = 0;
  command.version = 0;
  env_.note("send {} of {} arrives by itself", send.link.n, name(source));
  const auto writer = env_.true_log().writer("stray");
  (void)(*writer)->append(
      {std::string(send.link.topic), send.link.partition}, {&command, 1}, Durability::now);
}

void World::rebuild() {
  if (Node* const node = a_node()) node->rebuild(env_);
}

void World::save() {
  Node* const node = a_node();
  if (node == nullptr) return;
  env_.note("{} saves its tables", node->name());
  node->save(env_);
}

// Subscribes, reads a little, or is cut.
void World::follow() {
  const auto charger = clients_.known().some("charger", env_);
  Node* const node = a_node();
  if (!charger || node == nullptr) return;
  const Uuid id = clients_.known().things[*charger].id;
  Subscriber* one = nullptr;
  for (const auto& other : subscribers_) {
    if (other->id == id) one = other.get();
  }
  if (one == nullptr) {
    one = subscribers_.emplace_back(std::make_unique<Subscriber>("chargers", id)).get();
  }
  if (!one->connected()) return one->connect(env_, *node);
  if (env_.random.chance(0.2)) return one->cut();
  one->read(env_, static_cast<std::size_t>(env_.random.between(1, 4)));
}

}  // namespace wf::simulation
