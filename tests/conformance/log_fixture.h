// What the cases of the suite share: one log with a few topics, and short ways to write and read.
#pragma once
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>
#include <deque>

#include "conformance/log_factory.h"
#include "log/test_records.h"

namespace wf::conformance {

inline const Slot commands{"commands.things", 0};
inline const Slot events{"events.things", 0};
inline const Slot other_events{"events.things", 2};
inline const Slot facts{"locations", 0};
inline const Slot keys{"keys", 0};
inline constexpr Duration patience = Duration::seconds(30);  // only ever used up by a failure

// Fails the test with the error's text.
template <class T>
T must(Result<T> result) {
  BOOST_REQUIRE_MESSAGE(result, (result ? "" : result.error().detail));
  return std::move(*result);
}
inline void must(const Result<void>& result) {
  BOOST_REQUIRE_MESSAGE(result, (result ? "" : result.error().detail));
}

// Records read, with what their views point into.
struct Got {
  std::vector<Record> records;
  std::vector<Batch> batches;
};

struct Fixture {
  explicit Fixture(const LogKind& kind) : factory(kind.make()), log(factory->create(topics)) {}

  void reopen() {
    log.reset();
    log = factory->reopen(topics);
  }

  std::unique_ptr<Appender> writer() const { return must(log->writer("test")); }
  std::unique_ptr<Reader> reader(const Slot& slot, Offset from = 0) const {
    auto reader = must(log->reader());
    must(reader->seek(slot, from));
    return reader;
  }

  const std::vector<TopicSpec> topics{
      {"keys", 1, true}, {"commands.things", 3}, {"events.things", 3}, {"locations", 2}};
  std::unique_ptr<LogFactory> factory;
  std::unique_ptr<Log> log;
};

// Reads until there are `count` more records, waiting where needed.
inline Got read_more(Reader& reader, const Slot& slot, std::size_t count, Limit limit = {}) {
  Got got;
  while (got.records.size() < count) {
    Batch batch = must(reader.read(slot, limit));
    if (batch.records.empty()) {
      BOOST_REQUIRE_MESSAGE(reader.wait(patience),
                            "only " << got.records.size() << " of " << count << " records came");
      continue;
    }
    got.records.insert(got.records.end(), batch.records.begin(), batch.records.end());
    got.batches.push_back(std::move(batch));
  }
  return got;
}

inline Record numbered(std::uint64_t n, Kind kind = Kind::event) {
  Record record;
  record.kind = kind;
  record.id = test::uuid_of(n);
  record.stream = test::uuid_of(n % 7);
  record.type = "thing.Happened";
  record.payload = R"({"what":"something"})";
  return record;
}

inline std::uint64_t number_of(const Record& record) {
  std::uint64_t n = 0;
  for (std::size_t i = 8; i < 16; ++i) n = (n << 8U) | record.id.bytes[i];
  return n;
}

// Appends records numbered first … first + count − 1, `at_once` per append.
inline void append(Appender& writer,
                   const Slot& slot,
                   std::uint64_t first,
                   std::uint64_t count,
                   std::uint64_t at_once = 1,
                   Durability durability = Durability::now) {
  for (std::uint64_t n = first; n < first + count;) {
    std::vector<Record> records;
    while (records.size() < at_once && n < first + count) records.push_back(numbered(n++));
    must(writer.append(slot, records, durability));
  }
}

inline void require_numbers(const std::vector<Record>& records, std::uint64_t first, Offset from) {
  for (std::size_t i = 0; i < records.size(); ++i) {
    BOOST_REQUIRE_EQUAL(records[i].offset, from + static_cast<Offset>(i));
    BOOST_REQUIRE_EQUAL(number_of(records[i]), first + i);
  }
}

}  // namespace wf::conformance
