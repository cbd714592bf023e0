// Makes bytes pass for a record's header: a fuzzer does not guess a checksum.
#pragma once
#include <xxhash.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace wf::fuzz {

inline std::string with_checksum(std::string_view bytes) {
  std::string all(bytes);
  const auto sum = static_cast<std::uint32_t>(XXH3_64bits(bytes.data(), bytes.size()));
  for (unsigned i = 0; i < 4; ++i) all.push_back(static_cast<char>(sum >> (8 * i)));
  return all;
}

}  // namespace wf::fuzz
