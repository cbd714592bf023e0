// What all io threads of a gateway share: keys, the way of commands to the log and of their
// outcomes back, pools, limits.
#pragma once
#include <memory>
#include <vector>

#include "base/password.h"
#include "gateway/call.h"
#include "gateway/docs.h"
#include "gateway/ended_sessions.h"
#include "gateway/key_ring.h"
#include "gateway/metrics.h"
#include "gateway/outcome_tail.h"
#include "gateway/rate_limit.h"
#include "gateway/registered.h"
#include "gateway/router.h"
#include "gateway/submitter.h"
#include "gateway/unwritten.h"
#include "gateway/work_pool.h"

namespace wf::gateway {

// Each part is immutable or thread-safe.
struct Backend {
  // `io`: one per io thread.
  Backend(Services the_services, Posts io, PasswordCost cost = {});
  ~Backend();

  // Reads the keys topic; then the threads that append, read back and follow run.
  Result<void> start();
  // Or, with no thread of its own (and none for `login.threads`): open() once, and step() for one
  // round of what they would do. Returns whether there was anything.
  Result<void> open() { return keys.open(); }
  bool step(Instant now);
  // The part of step() that only reads.
  bool read_back(Instant now);
  // After the io threads have ended.
  void stop();
  bool ready() const;

  const Services services;
  const Posts posts;
  const PasswordCost password_cost;
  const Router router;
  const Tokens tokens;
  KeyRing keys;
  Waiting waiting;
  OutcomeTail tail;
  Submitter submitter;
  WorkPool login_pool;  // passwords
  WorkPool key_pool;    // commands whose fields need one, or a key
  RateLimit limits;
  Unwritten unwritten;
  Registered registered;
  EndedSessions ended_sessions;
  const Docs docs;
  std::vector<std::unique_ptr<Metrics>> metrics;  // by io thread
};

}  // namespace wf::gateway
