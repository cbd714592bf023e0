// The one source of chance: every choice of a run comes from a seed. A value; one thread.
#pragma once
#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

namespace wf::simulation {

class Random {
 public:
  explicit Random(std::uint64_t seed) : engine_(seed) {}

  std::uint64_t next() { return engine_(); }
  int between(int low, int high) {
    return low + static_cast<int>(engine_() % static_cast<unsigned>(high - low + 1));
  }
  bool chance(double probability) {
    return static_cast<double>(engine_() >> 11U) * 0x1p-53 < probability;
  }
  template <class T>
  T& pick(std::vector<T>& of) {
    return of[engine_() % of.size()];
  }
  template <class T>
  const T& pick(const std::vector<T>& of) {
    return of[engine_() % of.size()];
  }

 private:
  std::mt19937_64 engine_;
};

}  // namespace wf::simulation
