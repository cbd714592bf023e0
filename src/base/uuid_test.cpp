// UUID text and derivation against RFC 9562's own examples.
#include "base/uuid.h"

#include <boost/test/unit_test.hpp>
#include <set>

namespace wf::uuid_test {
namespace {

constexpr std::string_view dns = "6ba7b810-9dad-11d1-80b4-00c04fd430c8";

int version(const Uuid& id) { return id.bytes[6] >> 4; }
int variant(const Uuid& id) { return id.bytes[8] >> 6; }

}  // namespace

BOOST_AUTO_TEST_SUITE(uuid_tests)

BOOST_AUTO_TEST_CASE(text_goes_both_ways) {
  const auto id = Uuid::parse(dns);
  BOOST_REQUIRE(id);
  BOOST_TEST(id->text() == dns);
  BOOST_TEST(static_cast<int>(id->bytes[0]) == 0x6b);
  BOOST_TEST(static_cast<int>(id->bytes[15]) == 0xc8);
  BOOST_TEST((Uuid::parse("6BA7B810-9DAD-11D1-80B4-00C04FD430C8") == id));
  BOOST_TEST(Uuid{}.text() == "00000000-0000-0000-0000-000000000000");
  BOOST_TEST(Uuid{}.nil());
}

BOOST_AUTO_TEST_CASE(other_forms_are_refused) {
  for (const std::string_view bad : {"",
                                     "6ba7b8109dad11d180b400c04fd430c8",
                                     "{6ba7b810-9dad-11d1-80b4-00c04fd430c8}",
                                     "6ba7b810-9dad-11d1-80b4-00c04fd430c",
                                     "6ba7b810-9dad-11d1-80b4-00c04fd430c8 ",
                                     "6ba7b810-9dad-11d1-80b4-00c04fd430cg",
                                     "6ba7b8109-dad-11d1-80b4-00c04fd430c8",
                                     "6ba7b810-9dad-11d1-80b4-00c04fd4\xc3\xa9"}) {
    BOOST_TEST(!Uuid::parse(bad), bad);
  }
}

BOOST_AUTO_TEST_CASE(v5_gives_the_rfc_example) {  // RFC 9562, appendix A.4
  const Uuid space = *Uuid::parse(dns);
  BOOST_TEST(Uuid::v5(space, "www.example.com").text() == "2ed6657d-e927-568b-95e1-2665a8aea6a2");
  // The same again: the hash context is reused.
  BOOST_TEST(Uuid::v5(space, "www.example.com").text() == "2ed6657d-e927-568b-95e1-2665a8aea6a2");
  BOOST_TEST(Uuid::v5(space, "python.org").text() == "886313e1-3b8a-5372-9b90-0c9aee199e5d");
  BOOST_TEST(version(Uuid::v5(space, "")) == 5);
}

BOOST_AUTO_TEST_CASE(v8_keeps_the_digest_but_for_version_and_variant) {
  const std::string digest(32, '\xff');
  BOOST_TEST(Uuid::v8(digest).text() == "ffffffff-ffff-8fff-bfff-ffffffffffff");
}

BOOST_AUTO_TEST_CASE(random_ids_differ) {
  std::set<Uuid> seen;
  for (int i = 0; i < 1000; ++i) {
    const Uuid id = Uuid::random();
    BOOST_TEST(version(id) == 4);
    BOOST_TEST(variant(id) == 2);
    seen.insert(id);
  }
  BOOST_TEST(seen.size() == 1000u);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::uuid_test
