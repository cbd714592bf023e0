// A Position as fixed-width bytes: a version byte, five offsets, one id.
#include "log/position.h"

#include <cstring>

namespace wf {
namespace {

constexpr char position_version = 1;
constexpr std::size_t size_1 = 1 + 5 * sizeof(Offset) + 16;

}  // namespace

std::string bytes_of(const Position& position) {
  std::string out(1, position_version);
  for (const Offset offset : {position.offset,
                              position.epoch,
                              position.next,
                              position.last_cause,
                              position.last_offset}) {
    out.append(reinterpret_cast<const char*>(&offset), sizeof offset);
  }
  out.append(reinterpret_cast<const char*>(position.last_id.bytes.data()), 16);
  return out;
}

std::optional<Position> position_of(std::string_view bytes) {
  if (bytes.size() != size_1 || bytes[0] != position_version) return std::nullopt;
  Position position;
  const char* at = bytes.data() + 1;
  for (Offset* offset : {&position.offset,
                         &position.epoch,
                         &position.next,
                         &position.last_cause,
                         &position.last_offset}) {
    std::memcpy(offset, at, sizeof *offset);
    at += sizeof *offset;
  }
  std::memcpy(position.last_id.bytes.data(), at, 16);
  return position;
}

}  // namespace wf
