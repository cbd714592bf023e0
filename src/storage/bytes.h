// Integers and strings in stored keys (big-endian, so that they sort) and values (little-endian).
#pragma once
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/uuid.h"

namespace wf {

template <class T>
void put_little(std::string& out, T value) {
  char bytes[sizeof(T)];
  for (std::size_t i = 0; i < sizeof(T); ++i) bytes[i] = static_cast<char>(value >> (8 * i));
  out.append(bytes, sizeof(T));
}

template <class T>
void put_big(std::string& out, T value) {
  for (std::size_t i = sizeof(T); i-- > 0;) out.push_back(static_cast<char>(value >> (8 * i)));
}

template <class T>
T get_big(std::string_view bytes) {  // of at least sizeof(T) bytes
  T value = 0;
  for (std::size_t i = 0; i < sizeof(T); ++i) {
    value = static_cast<T>(value << 8 | static_cast<unsigned char>(bytes[i]));
  }
  return value;
}

// The first eight bytes as a number that sorts as they do; what is missing counts as zeros.
inline std::uint64_t first_bytes(std::string_view text) {
  char head[sizeof(std::uint64_t)] = {};
  std::ranges::copy(text.substr(0, sizeof head), head);
  return get_big<std::uint64_t>({head, sizeof head});
}

inline void put_text(std::string& out, std::string_view text) {
  put_little(out, static_cast<std::uint32_t>(text.size()));
  out.append(text);
}

inline void put_id(std::string& out, const Uuid& id) {
  out.append(reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size());
}

// Reads what the functions above wrote; after the first short read everything is zero and ok() is
// false.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  T little() {
    const std::string_view bytes = take(sizeof(T));
    std::make_unsigned_t<T> value = 0;
    for (std::size_t i = bytes.size(); i-- > 0;) {
      value = static_cast<decltype(value)>(value << 8 | static_cast<unsigned char>(bytes[i]));
    }
    return static_cast<T>(value);
  }
  std::string_view text() { return take(little<std::uint32_t>()); }
  Uuid id() {
    Uuid id;
    const std::string_view bytes = take(id.bytes.size());
    if (ok_) std::memcpy(id.bytes.data(), bytes.data(), bytes.size());
    return id;
  }
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      rest_ = {};
      return {};
    }
    const std::string_view bytes = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return bytes;
  }
  std::string_view rest() const { return rest_; }
  bool ok() const { return ok_; }
  bool at_end() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace wf
