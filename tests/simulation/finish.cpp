// How a run ends: what was late arrives, the clocks are right, every slot has one owner, everybody
// gets an answer, and then it is judged.
#include "simulation/checks.h"
#include "simulation/world.h"

namespace wf::simulation {
namespace {

constexpr int quiet_rounds = 30;   // of 100 ms without anything to do
constexpr int rounds_max = 3'000;  // then it does not come to rest
constexpr int asked_max = 8;       // times that everybody without an answer asks again

}  // namespace

void World::finish() {
  env_.note("everything heals");
  calm_ = true;
  if (power_will_go_) restart_after_power_loss();
  env_.heal();
  for (std::size_t i = processes_.size(); i-- > 0;) {
    if (dynamic_cast<Node*>(processes_[i].get()) == nullptr) bury(*processes_[i], false);
  }
  for (const auto& process : processes_) process->skew = {};
  boot();
  settle();
  for (int i = 0; env_.wrong.empty() && clients_.ask_unanswered(); ++i) {
    if (i == asked_max) env_.fail("somebody never gets an answer");
    settle();
  }
  clients_.look_up_all();
  for (const auto& one : subscribers_) {
    if (!one->connected()) one->connect(env_, *a_node());
  }
  settle();
  for (const auto& one : subscribers_) one->read(env_, SIZE_MAX);
}

void World::settle() {
  for (int quiet = 0, rounds = 0; env_.wrong.empty() && quiet < quiet_rounds; ++quiet, ++rounds) {
    env_.now = env_.now + Duration::millis(100);
    if (network_.deliver(env_) || !network_.idle()) quiet = 0;
    for (const auto& process : processes_) {
      if (process->step(env_)) quiet = 0;
      if (!process->failure().empty()) {
        env_.fail("{} has stopped: {}", process->name(), process->failure());
      }
    }
    if (rounds > rounds_max) env_.fail("it does not come to rest");
  }
}

void World::judge() {
  const Reading reading(env_);
  Facts facts{reading, clients_, subscribers_, {}, nodes()};
  for (const auto& process : processes_) {
    if (auto* const owner = dynamic_cast<Owner*>(process.get())) facts.owners.push_back(owner);
  }
  check_all(facts, env_);
}

}  // namespace wf::simulation
