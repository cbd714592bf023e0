// Record headers go both ways, and no damaged byte gets past their checksum.
#include <xxhash.h>

#include <boost/test/unit_test.hpp>

#include "log/log.h"
#include "log/test_records.h"

namespace wf::record_codec_test {
namespace {

std::string header_of(const Record& record) {
  std::string bytes;
  append_header(bytes, record);
  return bytes;
}

bool corrupt(std::string_view bytes) {
  Record out;
  const auto read = read_header(bytes, out);
  return !read && read.error().code == Code::corrupt;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(record_codec_tests)

BOOST_AUTO_TEST_CASE(random_records_go_both_ways) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    test::OwnedRecord in;
    test::fill_randomly(in, random, 0);
    test::maybe(in.record.appended.us, random);
    const std::string bytes = header_of(in.record);

    Record out;
    test::OwnedRecord before;  // what was in `out` must not show through
    test::fill_randomly(before, random, 0);
    out = before.record;
    out.offset = 7;
    out.type = in.type;
    out.payload = in.payload;
    const auto read = read_header(bytes, out);
    BOOST_REQUIRE_MESSAGE(read, (read ? "" : read.error().detail));
    BOOST_REQUIRE_EQUAL(test::difference(in.record, out), "");
    BOOST_REQUIRE((out.appended == in.record.appended));
    BOOST_REQUIRE_EQUAL(out.offset, 7);
  }
}

BOOST_AUTO_TEST_CASE(damage_is_noticed) {
  std::mt19937_64 random(2);
  for (int i = 0; i < 200; ++i) {
    test::OwnedRecord in;
    test::fill_randomly(in, random, 0);
    const std::string bytes = header_of(in.record);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      BOOST_REQUIRE_MESSAGE(corrupt(bytes.substr(0, size)), "cut to " << size);
    }
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
      std::string flipped = bytes;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
      BOOST_REQUIRE_MESSAGE(corrupt(flipped), "bit " << bit);
    }
    BOOST_REQUIRE(corrupt(bytes + '\0'));
  }
}

BOOST_AUTO_TEST_CASE(bytes_with_a_right_checksum_never_crash) {
  std::mt19937_64 random(3);
  int read_ones = 0;
  for (int i = 0; i < 20'000; ++i) {
    test::OwnedRecord in;
    test::fill_randomly(in, random, 0);
    std::string bytes = header_of(in.record);
    bytes.resize(bytes.size() - 4);
    for (int k = 0; k < 3; ++k) {
      bytes[1 + random() % (bytes.size() - 1)] = static_cast<char>(random());
    }
    if (random() % 2 == 0) bytes.resize(1 + random() % bytes.size());
    const auto sum = static_cast<std::uint32_t>(XXH3_64bits(bytes.data(), bytes.size()));
    for (unsigned k = 0; k < 4; ++k) bytes.push_back(static_cast<char>(sum >> (8 * k)));
    Record out;
    if (read_header(bytes, out)) ++read_ones;
  }
  BOOST_TEST(read_ones > 0);
}

BOOST_AUTO_TEST_CASE(unset_fields_cost_nothing) {
  Record record;
  BOOST_TEST(header_of(record).size() == 10u);
  record.kind = Kind::event;
  record.id = test::uuid_of(1);
  record.stream = test::uuid_of(2);
  record.at = Instant{1'763'716'800'000'000};
  record.epoch = 100;
  record.cause = 12'345;
  record.count = 1;
  BOOST_TEST(header_of(record).size() <= 60u);
}

BOOST_AUTO_TEST_CASE(partitions_are_those_of_xxh64) {
  // What Python's xxhash package gives: xxh64(bytes).intdigest() % 1000003.
  BOOST_TEST(partition_of(Uuid{}, 1'000'003) == 459'953u);
  Uuid counted;
  for (std::uint8_t i = 0; i < 16; ++i) counted.bytes[i] = i;
  BOOST_TEST(partition_of(counted, 1'000'003) == 311'942u);
  std::array<int, 8> hits{};
  for (std::uint64_t n = 0; n < 8'000; ++n) ++hits[partition_of(test::uuid_of(n), 8)];
  for (const int hit : hits) BOOST_TEST((hit > 800 && hit < 1'200));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::record_codec_test
