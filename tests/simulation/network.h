// What is between clients and gateways: messages are lost, doubled, late and out of order.
#pragma once
#include <functional>
#include <map>
#include <utility>

#include "simulation/environment.h"

namespace wf::simulation {

class Network {
 public:
  void send(Environment& env, const std::function<void()>& arrive) {
    if (env.faults && env.random.chance(0.05)) return;
    const int copies = env.faults && env.random.chance(0.05) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      const bool slow = env.faults && env.random.chance(0.1);
      const Instant due = env.now + Duration::millis(env.random.between(0, slow ? 3000 : 40));
      under_way_.emplace(std::pair{due, ++sent_}, arrive);
    }
  }
  // What is due arrives; true: something did.
  bool deliver(const Environment& env) {
    bool any = false;
    while (!under_way_.empty() && under_way_.begin()->first.first <= env.now) {
      const auto arrive = std::move(under_way_.begin()->second);
      under_way_.erase(under_way_.begin());
      arrive();
      any = true;
    }
    return any;
  }
  bool idle() const { return under_way_.empty(); }

 private:
  std::map<std::pair<Instant, std::uint64_t>, std::function<void()>> under_way_;
  std::uint64_t sent_ = 0;
};

}  // namespace wf::simulation
