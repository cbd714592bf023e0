// How readers of several slots start together.
#include "log/outcome_reader.h"

#include <boost/test/unit_test.hpp>

#include "log/test_records.h"

namespace wf::outcome_reader_test {
namespace {

// One record at each offset, its id the offset's; writes down what it is asked.
class ListedReader final : public Reader {
 public:
  Result<void> seek(const Slot& slot, Offset from) override {
    asked += "seek " + std::to_string(slot.partition) + "@" + std::to_string(from) + " ";
    next_[slot] = from;
    return {};
  }
  void drop(const Slot& slot) override { next_.erase(slot); }
  Result<Batch> read(const Slot& slot, Limit) override {
    asked += "read " + std::to_string(slot.partition) + " ";
    Batch batch;
    Record& record = batch.records.emplace_back();
    record.offset = next_[slot]++;
    record.id = test::uuid_of(static_cast<std::uint64_t>(record.offset));
    return batch;
  }
  bool wait(Duration) override { return false; }
  void interrupt() override {}

  std::string asked;

 private:
  std::map<Slot, Offset> next_;
};

struct Two {
  Two() {
    for (std::uint32_t p = 0; p < 2; ++p)
      readers.push_back(std::make_unique<OutcomeReader>(reader, Slot{"events.things", p}));
  }
  static Position after(Offset last, Offset offset) {
    return {.offset = offset,
            .last_offset = last,
            .last_id = test::uuid_of(static_cast<std::uint64_t>(last))};
  }

  ListedReader reader;
  std::vector<std::unique_ptr<OutcomeReader>> readers;
};

}  // namespace

BOOST_FIXTURE_TEST_SUITE(outcome_reader_tests, Two)

BOOST_AUTO_TEST_CASE(all_seek_before_the_first_is_checked) {
  const std::vector<Position> positions{after(7, 8), after(4, 6)};
  BOOST_REQUIRE(start_all(readers, positions));
  BOOST_TEST(reader.asked == "seek 0@7 seek 1@4 read 0 read 1 seek 1@6 ");
  BOOST_TEST((readers[1]->position() == positions[1]));
}

BOOST_AUTO_TEST_CASE(without_a_record_to_compare_nothing_is_read) {
  const std::vector<Position> positions{{.offset = 3}, {}};
  BOOST_REQUIRE(start_all(readers, positions));
  BOOST_TEST(reader.asked == "seek 0@3 seek 1@0 ");
}

BOOST_AUTO_TEST_CASE(one_of_another_log_is_found) {
  std::vector<Position> positions{after(7, 8), after(4, 5)};
  positions[1].last_id = test::uuid_of(99);
  const auto started = start_all(readers, positions);
  BOOST_REQUIRE(!started);
  BOOST_TEST((started.error().code == Code::mismatch));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::outcome_reader_test
