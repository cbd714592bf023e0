// Each piece once, on no more threads than asked for.
#include "base/in_parallel.h"

#include <boost/test/unit_test.hpp>

#include <mutex>
#include <set>

namespace wf::in_parallel_test {

BOOST_AUTO_TEST_SUITE(parallel)

BOOST_AUTO_TEST_CASE(every_piece_is_worked_on_once) {
  for (const std::size_t threads : {0U, 1U, 2U, 7U}) {
    for (const std::size_t count : {0U, 1U, 5U, 1'000U}) {
      std::mutex mutex;
      std::set<std::thread::id> workers;
      std::vector<std::size_t> worked;
      in_parallel(threads, count, [&](std::size_t piece) {
        const std::scoped_lock lock(mutex);
        workers.insert(std::this_thread::get_id());
        worked.push_back(piece);
      });
      std::ranges::sort(worked);
      BOOST_TEST(worked.size() == count);
      for (std::size_t n = 0; n < worked.size(); ++n) BOOST_TEST(worked[n] == n);
      BOOST_TEST(workers.size() <= std::max<std::size_t>(threads, 1));
    }
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::in_parallel_test
