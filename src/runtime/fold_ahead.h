// Folding on a thread of its own while the next batches are read and decoded.
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <semaphore>
#include <thread>
#include <vector>

#include "base/result.h"
#include "runtime/decode_events.h"
#include "storage/builder.h"

namespace wf {

struct FoldBatch {
  DecodedEvents decoded;
  std::vector<BatchTouches> touches;  // by each builder
  bool last = false;                  // and there is nothing in it
};

// One thread reads: next(), fill it, give(), and so on; at the end finish(). Batches are folded in
// the order they were given; next() waits while `ahead_max` of them are not folded yet.
class FoldAhead {
 public:
  using Fold = std::function<Result<void>(const FoldBatch&)>;
  static constexpr std::size_t ahead_max = 4;

  explicit FoldAhead(Fold fold);
  ~FoldAhead();  // without finish() what is not folded yet never is

  FoldBatch& next();  // the reader's until give(); its events are gone, its room is not
  // The first error of a fold: from it on nothing is folded.
  Result<void> give();
  Result<void> finish();  // once

 private:
  void run();

  Fold fold_;
  std::array<FoldBatch, ahead_max> ring_;
  std::size_t filling_ = 0;  // the reader's
  std::counting_semaphore<ahead_max> free_{ahead_max};
  std::counting_semaphore<ahead_max> given_{0};
  std::atomic<bool> stopped_ = false;
  Result<void> result_;  // the folding thread's until stopped_
  std::thread thread_;
};

}  // namespace wf
