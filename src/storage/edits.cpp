// Packing bytes, and sorting many keys.
#include "storage/edits.h"

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "storage/bytes.h"
#include "storage/prefetch.h"

namespace wf {
namespace {

constexpr std::size_t block_bytes_min = std::size_t{4} << 10;
constexpr std::size_t block_bytes_max = std::size_t{256} << 10;

// An edit by the bytes that decide most comparisons: reading each key itself costs a cache miss.
struct Prefix {
  std::uint64_t order;
  std::size_t edit;
};

std::string_view after(std::string_view key, std::size_t skip) {
  return key.substr(std::min(skip, key.size()));
}

// Edits whose keys have their first `skip` bytes in common: by the eight bytes that follow what
// all have in common, then those that have these in common too.
void sort_after(std::span<Edit> edits, std::size_t skip) {
  constexpr std::size_t few = 16;
  constexpr std::size_t ahead = 16;
  std::string_view common = edits.front().key;
  std::size_t longest = 0;
  for (std::size_t n = 0; n < edits.size(); ++n) {
    if (n + ahead < edits.size()) prefetch(edits[n + ahead].key.data(), 1);
    const std::string_view key = edits[n].key;
    if (!key.starts_with(common)) {
      common = {common.begin(), std::ranges::mismatch(common, key).in1};
    }
    longest = std::max(longest, key.size());
  }
  skip = std::max(skip, common.size());
  if (edits.size() <= few || longest <= skip) {
    std::ranges::sort(edits, {}, &Edit::key);
    return;
  }

  std::vector<Prefix> prefixes;
  prefixes.reserve(edits.size());
  for (std::size_t n = 0; n < edits.size(); ++n) {
    if (n + ahead < edits.size()) prefetch(edits[n + ahead].key.data(), 1);
    prefixes.push_back({first_bytes(after(edits[n].key, skip)), n});
  }
  std::ranges::sort(prefixes, {}, &Prefix::order);
  std::vector<Edit> sorted;
  sorted.reserve(edits.size());
  for (std::size_t n = 0; n < prefixes.size(); ++n) {
    if (n + ahead < prefixes.size()) prefetch(&edits[prefixes[n + ahead].edit], sizeof(Edit));
    sorted.push_back(edits[prefixes[n].edit]);
  }
  std::ranges::copy(sorted, edits.begin());

  for (std::size_t first = 0; first < prefixes.size();) {
    std::size_t end = first + 1;
    while (end < prefixes.size() && prefixes[end].order == prefixes[first].order) ++end;
    if (end - first > 1) sort_after(edits.subspan(first, end - first), skip + 8);
    first = end;
  }
}

}  // namespace

Blocks& Blocks::operator=(Blocks&& other) noexcept {
  blocks_ = std::exchange(other.blocks_, {});
  free_ = std::exchange(other.free_, nullptr);
  left_ = std::exchange(other.left_, 0);
  bytes_ = std::exchange(other.bytes_, 0);
  return *this;
}

std::string_view Blocks::keep(std::string_view bytes) {
  if (bytes.size() > left_) {
    left_ = std::max(bytes.size(), std::clamp(bytes_, block_bytes_min, block_bytes_max));
    free_ = blocks_.emplace_back(new char[left_]).get();
    bytes_ += left_;
  }
  if (bytes.empty()) return {};
  char* const at = free_;
  std::memcpy(at, bytes.data(), bytes.size());
  free_ += bytes.size();
  left_ -= bytes.size();
  return {at, bytes.size()};
}

void sort_by_key(std::span<Edit> edits) {
  if (edits.size() > 1) sort_after(edits, 0);
}

}  // namespace wf
