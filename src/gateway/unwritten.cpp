// Counts what a body takes, not what is in it.
#include "gateway/unwritten.h"

namespace wf::gateway {

Response Unwritten::count(Response response) {
  if (response.owner || response.body.size() <= small_body_max) return response;
  const std::size_t size = response.body.capacity();
  const std::size_t others = bytes_->fetch_add(size);
  if (others > 0 && others + size > bytes_max_) {
    *bytes_ -= size;
    return retry_later("overloaded", "too many answers wait for their clients to read");
  }
  const std::shared_ptr<const std::string> body(new std::string(std::move(response.body)),
                                                [bytes = bytes_, size](const std::string* taken) {
                                                  delete taken;
                                                  *bytes -= size;
                                                });
  response.body.clear();
  response.shared = *body;
  response.owner = body;
  return response;
}

}  // namespace wf::gateway
