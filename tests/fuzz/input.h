// A fuzzer's bytes as choices, taken from the front; beyond the end every choice is 0.
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace wf::fuzz {

class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size)
      : rest_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return rest_.empty(); }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto taken = static_cast<std::uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return taken;
  }
  std::size_t below(std::size_t n) { return byte() % n; }  // n: 1 … 256
  template <class T>
  const T& pick(std::span<const T> all) {
    return all[below(all.size())];
  }
  // What stands before the next line feed, which goes too.
  std::string_view line() {
    const std::string_view taken = rest_.substr(0, rest_.find('\n'));
    rest_.remove_prefix(taken.size() + (taken.size() < rest_.size() ? 1 : 0));
    return taken;
  }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

}  // namespace wf::fuzz
