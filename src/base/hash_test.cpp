// Hashes that are stored never change; digests add up in any order.
#include "base/hash.h"

#include <boost/test/unit_test.hpp>

namespace wf::hash_test {

BOOST_AUTO_TEST_SUITE(hash_tests)

BOOST_AUTO_TEST_CASE(hashes_are_xxhash) {  // values of xxHash's own specification and sanity checks
  BOOST_TEST(xxh64("") == 0xEF46DB3751D8E999ULL);
  BOOST_TEST(xxh64("abc") == 0x44BC2CF5AD770999ULL);
  BOOST_TEST(xxh3_128("").text() == "99aa06d3014798d86001c324468d497f");
}

BOOST_AUTO_TEST_CASE(digests_are_numbers_modulo_2_to_the_128) {
  const Digest128 a = xxh3_128("a");
  const Digest128 b = xxh3_128("b");
  Digest128 ab = a;
  ab += b;
  Digest128 ba = b;
  ba += a;
  BOOST_TEST((ab == ba));
  ab -= a;
  BOOST_TEST((ab == b));
  Digest128 carry{0, UINT64_MAX};
  carry += {0, 1};
  BOOST_TEST((carry == Digest128{1, 0}));
  carry -= {0, 1};
  BOOST_TEST((carry == Digest128{0, UINT64_MAX}));
  Digest128 zero;
  zero -= {0, 1};
  BOOST_TEST((zero == Digest128{UINT64_MAX, UINT64_MAX}));
  Digest128 twice{0, UINT64_MAX};
  twice += twice;
  BOOST_TEST((twice == Digest128{1, UINT64_MAX - 1}));
}

BOOST_AUTO_TEST_CASE(text_goes_both_ways) {
  const Digest128 digest{0x0123456789abcdefULL, 0xff};
  BOOST_TEST(digest.text() == "0123456789abcdef00000000000000ff");
  BOOST_TEST((Digest128::parse(digest.text()) == digest));
  for (const std::string_view bad : {"",
                                     "0123456789abcdef00000000000000f",
                                     "-123456789abcdef00000000000000ff",
                                     "0123456789abcdef0000000000000-ff"}) {
    BOOST_TEST(!Digest128::parse(bad), bad);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::hash_test
