// What clients have not taken of large answers, of all io threads together.
#pragma once
#include <atomic>
#include <memory>

#include "gateway/http.h"

namespace wf::gateway {

// Thread-safe. May end before the answers it counted.
class Unwritten {
 public:
  // Of smaller bodies connections bound the number. Those that others share cost nothing.
  static constexpr std::size_t small_body_max = std::size_t{16} * 1024;

  explicit Unwritten(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  // The response, its body counted for as long as it lives; or a 503 if others hold so much that
  // it would be too much.
  Response count(Response response);

 private:
  const std::size_t bytes_max_;
  const std::shared_ptr<std::atomic<std::size_t>> bytes_ =
      std::make_shared<std::atomic<std::size_t>>(0);
};

}  // namespace wf::gateway
