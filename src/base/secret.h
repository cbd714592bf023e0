// Bytes that must not spread: a key, a pepper, a password. Moved, never copied or printed, wiped at
// the end.
#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace wf {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string_view bytes);  // the caller's copy is the caller's to wipe
  static Secret random(std::size_t size);
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();

  // The bytes themselves; the name is there to be searched for.
  std::string_view reveal() const { return {bytes_.get(), size_}; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

 private:
  void wipe();

  std::unique_ptr<char[]> bytes_;
  std::size_t size_ = 0;
};

// Overwrites a text that held a secret, and empties it.
void wipe(std::string& text);

}  // namespace wf
