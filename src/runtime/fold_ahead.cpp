// A ring of batches between the thread that reads and the one that folds.
#include "runtime/fold_ahead.h"

#include "base/thread_name.h"

namespace wf {

FoldAhead::FoldAhead(Fold fold) : fold_(std::move(fold)), thread_([this] { run(); }) {}

FoldAhead::~FoldAhead() {
  if (!thread_.joinable()) return;
  stopped_ = true;
  (void)finish();
}

FoldBatch& FoldAhead::next() {
  free_.acquire();
  FoldBatch& batch = ring_[filling_];
  batch.decoded.clear();  // by the thread that made them: it has their memory at hand
  return batch;
}

Result<void> FoldAhead::give() {
  filling_ = (filling_ + 1) % ring_.size();
  given_.release();
  return stopped_ ? result_ : Result<void>();
}

Result<void> FoldAhead::finish() {
  next().last = true;
  given_.release();
  thread_.join();
  return result_;
}

void FoldAhead::run() {
  name_thread("fold");
  for (std::size_t n = 0;; n = (n + 1) % ring_.size()) {
    given_.acquire();
    if (ring_[n].last) return;
    if (!stopped_) {
      result_ = fold_(ring_[n]);
      if (!result_) stopped_ = true;
    }
    free_.release();
  }
}

}  // namespace wf
