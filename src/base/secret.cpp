// Secrets live in one allocation each, so that a move leaves no second copy behind.
#include "base/secret.h"

#include <sodium.h>

#include <utility>

#include "base/check.h"
#include "base/sodium_ready.h"

namespace wf {

void sodium_ready() {
  static const bool ready = sodium_init() >= 0;
  WF_CHECK(ready);
}

Secret::Secret(std::string_view bytes)
    : bytes_(std::make_unique<char[]>(bytes.size())), size_(bytes.size()) {
  bytes.copy(bytes_.get(), size_);
}

Secret Secret::random(std::size_t size) {
  sodium_ready();
  Secret secret;
  secret.bytes_ = std::make_unique<char[]>(size);
  secret.size_ = size;
  randombytes_buf(secret.bytes_.get(), size);
  return secret;
}

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    wipe();
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

Secret::~Secret() { wipe(); }

void Secret::wipe() {
  if (bytes_) sodium_memzero(bytes_.get(), size_);
}

void wipe(std::string& text) {
  sodium_memzero(text.data(), text.size());
  text.clear();
}

}  // namespace wf
