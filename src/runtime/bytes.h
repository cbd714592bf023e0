// Writing and reading the small binary values of a decider's store. The reader never runs past the
// end.
#pragma once
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/uuid.h"

namespace wf {

class BytesWriter {
 public:
  explicit BytesWriter(std::string& out) : out_(out) {}
  template <class Integer>
  BytesWriter& number(Integer value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  BytesWriter& id(const Uuid& value) {
    out_.append(reinterpret_cast<const char*>(value.bytes.data()), value.bytes.size());
    return *this;
  }
  BytesWriter& text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    out_.append(value);
    return *this;
  }

 private:
  std::string& out_;
};

class BytesReader {
 public:
  explicit BytesReader(std::string_view rest) : rest_(rest) {}
  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }
  std::string_view rest() const { return rest_; }
  template <class Integer>
  Integer number() {
    Integer value{};
    const std::string_view bytes = take(sizeof value);
    if (ok_) std::memcpy(&value, bytes.data(), sizeof value);
    return value;
  }
  Uuid id() {
    Uuid value;
    const std::string_view bytes = take(value.bytes.size());
    if (ok_) std::memcpy(value.bytes.data(), bytes.data(), bytes.size());
    return value;
  }
  std::string_view text() { return take(number<std::uint32_t>()); }

 private:
  std::string_view take(std::size_t size) {
    if (size > rest_.size()) {
      ok_ = false;
      return {};
    }
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return taken;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace wf
