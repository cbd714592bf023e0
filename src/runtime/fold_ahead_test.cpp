// What the thread that reads may rely on.
#include "runtime/fold_ahead.h"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <atomic>
#include <thread>
#include <vector>

namespace wf::fold_ahead_test {

BOOST_AUTO_TEST_SUITE(fold_ahead)

BOOST_AUTO_TEST_CASE(batches_are_folded_in_order_and_few_wait) {
  std::vector<std::uint64_t> folded;
  std::atomic<std::uint64_t> count = 0;
  FoldAhead folding([&](const FoldBatch& batch) {
    folded.push_back(batch.decoded.seen);
    std::this_thread::yield();
    ++count;
    return Result<void>();
  });
  for (std::uint64_t n = 0; n < 1'000; ++n) {
    FoldBatch& batch = folding.next();
    BOOST_TEST(count + FoldAhead::ahead_max > n);
    BOOST_TEST(batch.decoded.seen == 0u);
    batch.decoded.seen = n;
    BOOST_TEST(folding.give().has_value());
  }
  BOOST_TEST(folding.finish().has_value());
  BOOST_TEST(folded.size() == 1'000u);
  BOOST_TEST(std::ranges::is_sorted(folded));
}

BOOST_AUTO_TEST_CASE(nothing_is_folded_after_an_error) {
  int folded = 0;
  FoldAhead folding([&](const FoldBatch&) -> Result<void> {
    ++folded;
    return fail(Code::corrupt, "the first one");
  });
  for (int n = 0; n < 100; ++n) {
    folding.next();
    if (!folding.give()) break;
  }
  const auto done = folding.finish();
  BOOST_REQUIRE(!done);
  BOOST_TEST(done.error().detail == "the first one");
  BOOST_TEST(folded == 1);
}

BOOST_AUTO_TEST_CASE(a_reader_that_gives_up_leaves_nothing_running) {
  int folded = 0;
  {
    FoldAhead folding([&](const FoldBatch&) {
      ++folded;
      return Result<void>();
    });
    folding.next();
    BOOST_TEST(folding.give().has_value());
    folding.next();  // and fails to fill it
  }
  BOOST_TEST(folded <= 1);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::fold_ahead_test
