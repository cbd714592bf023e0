// What clients have not taken of large answers, of all io threads together and of each address.
#pragma once
#include <cstdint>
#include <memory>

#include "gateway/http.h"

namespace wf::gateway {

// Thread-safe. May end before the answers it counted.
class Unwritten {
 public:
  // Of smaller bodies connections bound the number. Those that others share cost nothing.
  static constexpr std::size_t small_body_max = std::size_t{16} * 1024;

  // In bytes. An address has a share, so that nobody alone keeps others from large answers.
  Unwritten(std::size_t bytes_max, std::size_t per_address_max);

  // The response, its body counted for as long as it lives; or a 503 if so much is held already, of
  // that address (by its hash) or of all, that it would be too much. The only one of all never is.
  Response count(std::uint64_t address, Response response);

 private:
  struct Held;
  const std::size_t bytes_max_;
  const std::size_t per_address_max_;
  const std::shared_ptr<Held> held_;
};

}  // namespace wf::gateway
