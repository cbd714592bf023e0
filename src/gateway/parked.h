// Requests that wait: until a table has folded what their client has already seen, or until the log
// was asked after they came.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "gateway/call.h"

namespace wf::gateway {

// A request that outlives its connection's buffer.
class StoredRequest {
 public:
  explicit StoredRequest(const Request& request);
  StoredRequest(StoredRequest&&) noexcept = default;
  StoredRequest& operator=(StoredRequest&&) noexcept = default;
  Request view() const;

 private:
  Method method_;
  bool head_, tls_;
  std::string path_, query_, body_, peer_;
  std::vector<std::pair<std::string, std::string>> texts_;
  std::vector<Header> headers_;  // views into texts_, whose elements stay where they are
};

struct ParkedRequest {
  StoredRequest request;
  Exchange exchange;
  NotYet wanted;
};

// One thread.
class Parked {
 public:
  explicit Parked(std::size_t most) : most_(most) {}
  // False: too many wait already.
  bool add(ParkedRequest parked);
  // Those whose table has come far enough, those of no table that came before the log was `asked`
  // what has been read of it since, and those whose patience has ended.
  std::vector<ParkedRequest> take_due(Instant now, Instant asked);
  std::size_t size() const { return parked_.size(); }

 private:
  std::size_t most_;
  std::vector<ParkedRequest> parked_;
};

}  // namespace wf::gateway
