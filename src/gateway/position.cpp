// The position token's bytes: integers are little-endian base 128, as few bytes as they need.
#include "gateway/position.h"

#include <algorithm>

#include "base/encoding.h"

namespace wf::gateway {
namespace {

constexpr char format = 1;
constexpr std::uint64_t topic_bytes_max = 120;

void put_number(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(static_cast<unsigned char>(value) | 0x80U));
    value >>= 7U;
  }
  out.push_back(static_cast<char>(value));
}

class Bytes {
 public:
  explicit Bytes(std::string_view bytes) : left_(bytes) {}
  bool empty() const { return left_.empty(); }
  std::string_view take(std::size_t size) {
    if (size > left_.size()) {
      ok_ = false;
      size = left_.size();
    }
    const std::string_view taken = left_.substr(0, size);
    left_.remove_prefix(size);
    return taken;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 63; shift += 7) {
      const std::string_view byte = take(1);
      if (byte.empty()) return 0;
      const auto bits = static_cast<unsigned char>(byte.front());
      value |= static_cast<std::uint64_t>(bits & 0x7FU) << shift;
      if ((bits & 0x80U) == 0) return value;
    }
    ok_ = false;
    return 0;
  }
  bool ok() const { return ok_; }

 private:
  std::string_view left_;
  bool ok_ = true;
};

// Finds slots one after another; asked for in the order of `offsets` each is found at once.
template <class Slots>
class SlotFinder {
 public:
  explicit SlotFinder(Slots& offsets) : offsets_(offsets) {}
  // Null if there is none.
  auto* find(const SlotOffset& slot) {
    for (std::size_t tried = 0; tried < offsets_.size(); ++tried) {
      if (at_ == offsets_.size()) at_ = 0;
      auto& one = offsets_[at_++];
      if (one.partition == slot.partition && one.topic == slot.topic) return &one;
    }
    return static_cast<decltype(offsets_.data())>(nullptr);
  }

 private:
  Slots& offsets_;
  std::size_t at_ = 0;
};

}  // namespace

std::string encode_position(const Uuid& log, const Offsets& offsets) {
  std::string bytes(1, format);
  bytes.append(reinterpret_cast<const char*>(log.bytes.data()), log.bytes.size());
  for (std::size_t i = 0; i < offsets.size();) {
    const std::string& topic = offsets[i].topic;
    std::size_t end = i;
    while (end < offsets.size() && offsets[end].topic == topic) ++end;
    put_number(bytes, topic.size());
    bytes.append(topic);
    put_number(bytes, end - i);
    for (; i < end; ++i) {
      put_number(bytes, offsets[i].partition);
      put_number(bytes, static_cast<std::uint64_t>(offsets[i].offset));
    }
  }
  return to_base64url(bytes);
}

std::optional<PositionToken> decode_position(std::string_view text) {
  const auto decoded = from_base64url(text);
  if (!decoded || decoded->size() < 17 || decoded->front() != format) return std::nullopt;
  Bytes bytes(std::string_view(*decoded).substr(1));
  PositionToken token;
  std::ranges::copy(bytes.take(token.log.bytes.size()),
                    reinterpret_cast<char*>(token.log.bytes.data()));
  while (!bytes.empty() && bytes.ok()) {
    const std::string_view topic = bytes.take(std::min(bytes.number(), topic_bytes_max));
    const std::uint64_t count = bytes.number();
    if (count > position_slots_max - token.offsets.size()) return std::nullopt;
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::uint64_t partition = bytes.number();
      if (partition > UINT32_MAX) return std::nullopt;
      token.offsets.push_back({std::string(topic),
                               static_cast<std::uint32_t>(partition),
                               static_cast<std::int64_t>(bytes.number())});
    }
  }
  if (!bytes.ok()) return std::nullopt;
  return token;
}

void merge_offsets(Offsets& into, const Offsets& other) {
  SlotFinder slots(into);
  for (const SlotOffset& slot : other) {
    if (SlotOffset* const found = slots.find(slot)) {
      found->offset = std::max(found->offset, slot.offset);
    } else {
      into.push_back(slot);
    }
  }
}

bool has_reached(const TableState& table, const Offsets& wanted) {
  if (wanted.empty()) return true;
  return (table.live || !table.positions.empty()) && covers(table.positions, wanted);
}

bool covers(const Offsets& reached, const Offsets& wanted) {
  SlotFinder slots(reached);
  return std::ranges::all_of(wanted, [&](const SlotOffset& slot) {
    const SlotOffset* const found = slots.find(slot);
    return found == nullptr || found->offset >= slot.offset;
  });
}

}  // namespace wf::gateway
