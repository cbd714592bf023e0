// What may happen, and how often.
#include "simulation/world.h"

#include <numeric>

#include "base/check.h"
#include "simulation/lessons.h"

namespace wf::simulation {

constexpr double dies = 0.01;      // at a point where it may…
constexpr double steps_in = 0.05;  // …or another process does something there
constexpr int depth_max = 3;
constexpr int actions_min = 120;
constexpr int actions_max = 320;

struct Kinds {
  static constexpr World::Kind all[] = {
      {"step", 120, &World::step_some},
      {"ask", 45, &World::ask},
      {"ask again", 14, &World::ask_again},
      {"read", 8, &World::read},
      {"look up", 8, &World::look_up},
      {"log in", 5, &World::log_in},
      {"follow", 8, &World::follow},
      {"start", 8, &World::start_some},
      {"end", 5, &World::end_some},
      {"sleep", 4, &World::sleep},
      {"clock", 3, &World::set_a_clock},
      {"save", 6, &World::save},
      {"rebuild", 3, &World::rebuild},
      {"stray send", 5, &World::stray_send},
      {"power", 1, &World::cut_power},
  };
};

std::span<const World::Kind> World::kinds() { return Kinds::all; }

Plan plan_of(std::uint64_t seed, const Lesson* lesson) {
  Random random(seed * 2 + 1);
  std::vector<int> weights;
  for (const World::Kind& kind : World::kinds()) {
    weights.push_back(kind.weight);
    if (lesson == nullptr) continue;
    for (const auto& [name, times] : lesson->more) {
      if (name == kind.name) weights.back() *= times;
    }
  }
  const int sum = std::accumulate(weights.begin(), weights.end(), 0);
  Plan plan;
  for (int i = random.between(actions_min, actions_max); i > 0; --i) {
    Action action;
    action.number = static_cast<std::uint32_t>(plan.size());
    int dice = random.between(0, sum - 1);
    while ((dice -= weights[action.kind]) >= 0) ++action.kind;
    action.seed = random.next();
    plan.push_back(action);
  }
  return plan;
}

namespace {

// What every command needs, and some of the rest.
std::vector<std::string> tables_of(Random random) {
  std::vector<std::string> tables{"bookings"};
  for (const TableType* type : catalogue().tables) {
    const std::string name(type->info().name);
    if (name != "bookings" && random.chance(0.4)) tables.push_back(name);
  }
  return tables;
}

}  // namespace

World::World(std::uint64_t seed, const std::string& directory, bool tracing)
    : env_(seed, directory),
      setup_(env_, tables_of(Random(seed))),
      clients_(env_, setup_.secrets, network_, [this](const Wire& wire, const Node::Reply& reply) {
        return deliver(wire, reply);
      }) {
  env_.tracing = tracing;
  env_.await = [this] { between(); };
  env_.syncing = [this] { reading_while_syncing(); };
}

World::~World() {
  calm_ = true;
  subscribers_.clear();
  processes_.clear();
}

std::string World::run(const Plan& plan) {
  boot();
  for (const Action& action : plan) {
    env_.begin(action);
    env_.now = env_.now + Duration::millis(env_.random.between(0, 60));
    try {
      network_.deliver(env_);
      (this->*kinds()[action.kind].act)();
    } catch (const PowerLost&) {
      restart_after_power_loss();
    }
    if (!env_.wrong.empty()) return env_.wrong;
  }
  finish();
  if (env_.wrong.empty()) judge();
  return env_.wrong;
}

// One of each.
void World::boot() {
  for (const Slot& slot : slots("events")) {
    start(std::make_unique<Owner>(env_, shelf_, slot));
    start(std::make_unique<Carrier>(env_, shelf_, slot));
  }
  start_node(0);
}

void World::start(std::unique_ptr<Process> process) {
  env_.note("{} starts", process->name());
  if (!process->failure().empty()) env_.fail("{}: {}", process->name(), process->failure());
  processes_.push_back(std::move(process));
}

void World::start_node(int number) {
  for (const Node* node : nodes()) {
    if (node->number() == number) return;
  }
  start(std::make_unique<Node>(env_, setup_, number));
}

// While it is at work it may die, and nobody else steps or ends it.
struct World::AtWork {
  World& world;
  Process& process;
  AtWork(World& of, Process& who) : world(of), process(who) {
    WF_CHECK(!process.stepping);
    process.stepping = true;
    ++world.depth_;
  }
  ~AtWork() {
    process.stepping = false;
    --world.depth_;
  }
};

void World::bury(Process& process, bool cleanly) {
  try {
    const AtWork stopping(*this, process);
    process.end(env_, cleanly);
  } catch (const Crash&) {
    process.end(env_, false);
  }
  std::erase_if(processes_, [&](const auto& one) { return one.get() == &process; });
}

void World::step(Process& process) {
  try {
    const AtWork stepping(*this, process);
    process.step(env_);
  } catch (const Crash&) {
    env_.note("{} dies", process.name());
    return bury(process, false);
  }
  if (!process.failure().empty()) {
    env_.fail("{} has stopped: {}", process.name(), process.failure());
  }
}

// A process is at its log or store: it may die here, or another may get in between.
void World::between() {
  if (calm_ || syncing_ || !env_.faults) return;
  if (depth_ > 0 && env_.random.chance(dies)) throw Crash();
  if (depth_ >= depth_max || !env_.random.chance(steps_in)) return;
  if (Process* const other = somebody()) step(*other);
}

// A write is on its way to the disk. Other threads of gateways and tables read meanwhile, and what
// they must not see yet matters most where the power goes before the write is there.
void World::reading_while_syncing() {
  if (calm_ || syncing_ || !env_.random.chance(power_will_go_ ? 0.9 : 0.2)) return;
  Node* const node = a_node();
  if (node == nullptr || node->stepping) return;
  syncing_ = true;
  node->read(env_);
  syncing_ = false;
}

void World::restart_after_power_loss() {
  env_.note("the power goes");
  power_will_go_ = false;
  while (!processes_.empty()) bury(*processes_.back(), false);
  env_.lose_power();
  if (env_.wrong.empty()) boot();
}

bool World::deliver(const Wire& wire, const Node::Reply& reply) {
  Node* const node = a_node();
  if (node == nullptr || node->stepping) return false;
  node->take(wire, reply);
  return true;
}

Process* World::somebody() {
  if (processes_.empty()) return nullptr;
  Process* const process = env_.random.pick(processes_).get();
  return process->stepping ? nullptr : process;
}

std::vector<Node*> World::nodes() const {
  std::vector<Node*> all;
  for (const auto& process : processes_) {
    if (auto* const node = dynamic_cast<Node*>(process.get())) all.push_back(node);
  }
  return all;
}

Node* World::a_node() {
  const auto all = nodes();
  return all.empty() ? nullptr : env_.random.pick(all);
}

}  // namespace wf::simulation
