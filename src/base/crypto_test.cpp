// Cryptography against published vectors, and against one changed bit.
#include "base/crypto.h"

#include <boost/test/unit_test.hpp>
#include <type_traits>

#include "base/ed25519.h"
#include "base/encoding.h"
#include "base/json.h"
#include "base/password.h"
#include "shared_data.h"

namespace wf::crypto_test {
namespace {

static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);

std::string unhex(Json text) { return from_hex(text.as_string()).value(); }

template <class Bytes>
std::string_view view(const Bytes& bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Calls check(group, test) for every case of a Wycheproof file; gives their number.
template <class Check>
int for_each_case(const std::string& file, Check check) {
  const auto document =
      parse_json(test::bytes_of(test::shared_data("vectors/jose/wycheproof/" + file)));
  BOOST_REQUIRE(document);
  int count = 0;
  for (const Json group : document->root().find("testGroups")->elements()) {
    for (const Json test : group.find("tests")->elements()) {
      check(group, test);
      ++count;
    }
  }
  return count;
}

bool valid(Json test) { return test.find("result")->as_string() == "valid"; }
std::int64_t id_of(Json test) { return *test.find("tcId")->as_int64(); }

}  // namespace

BOOST_AUTO_TEST_SUITE(crypto_tests)

BOOST_AUTO_TEST_CASE(sha256_of_the_standard) {  // FIPS 180-2, appendix B
  BOOST_TEST(to_hex(sha256("abc").view()) ==
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

BOOST_AUTO_TEST_CASE(hmac_of_wycheproof) {
  const int count = for_each_case("hmac_sha256_test.json", [](Json group, Json test) {
    const HmacKey key{Secret(unhex(*test.find("key")))};
    const std::string tag = unhex(*test.find("tag"));
    const Sha256 mac = key.mac(unhex(*test.find("msg")));
    const auto size = static_cast<std::size_t>(*group.find("tagSize")->as_int64() / 8);
    BOOST_TEST(equal_in_constant_time(mac.view().substr(0, size), tag) == valid(test), id_of(test));
  });
  BOOST_TEST(count == 174);
}

BOOST_AUTO_TEST_CASE(ed25519_of_wycheproof) {
  const int count = for_each_case("ed25519_test.json", [](Json group, Json test) {
    const std::string key = unhex(*group.find("publicKey")->find("pk"));
    const bool verified = ed25519_verify(key, unhex(*test.find("msg")), unhex(*test.find("sig")));
    BOOST_TEST(verified == valid(test), id_of(test));
  });
  BOOST_TEST(count == 151);
}

BOOST_AUTO_TEST_CASE(ed25519_signs_as_rfc_8032) {  // 7.1, test 2
  const Ed25519Key key{
      Secret(*from_hex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"))};
  BOOST_TEST(to_hex(view(key.public_key())) ==
             "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c");
  const Ed25519Signature signature = key.sign("\x72");
  BOOST_TEST(to_hex(view(signature)) ==
             "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
             "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00");
  BOOST_TEST(ed25519_verify(view(key.public_key()), "\x72", view(signature)));
  BOOST_TEST(!ed25519_verify(view(key.public_key()), "\x73", view(signature)));
  BOOST_TEST(!ed25519_verify(view(key.public_key()).substr(1), "\x72", view(signature)));
  const Ed25519Key other{Secret::random(Ed25519Key::seed_size)};
  BOOST_TEST(!ed25519_verify(view(other.public_key()), "\x72", view(signature)));
}

BOOST_AUTO_TEST_CASE(what_is_sealed_opens_only_unchanged) {
  const Secret key = Secret::random(seal_key_size);
  const std::string sealed = seal(key, "Asha", "account/1");
  BOOST_TEST(sealed.size() == 4 + seal_overhead);
  BOOST_TEST((open_sealed(key, sealed, "account/1") == "Asha"));
  BOOST_TEST((open_sealed(key, seal(key, "", ""), "") == ""));
  BOOST_TEST(seal(key, "Asha", "account/1") != sealed);
  BOOST_TEST(!open_sealed(key, sealed, "account/2"));
  BOOST_TEST(!open_sealed(Secret::random(seal_key_size), sealed, "account/1"));
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    BOOST_TEST(!open_sealed(key, changed, "account/1"));
    BOOST_TEST(!open_sealed(key, sealed.substr(0, i), "account/1"));
  }
}

BOOST_AUTO_TEST_CASE(passwords) {
  const PasswordCost cheap{.passes = 1, .memory_bytes = 8192};
  const Secret password("correct horse");
  const auto hash = hash_password(password, cheap);
  BOOST_REQUIRE(hash);
  BOOST_TEST(hash->starts_with("$argon2id$v=19$m=8,t=1,p=1$"));
  BOOST_TEST(password_matches(password, *hash));
  BOOST_TEST(!password_matches(Secret("correct horsf"), *hash));
  BOOST_TEST(!password_matches(password, ""));
  BOOST_TEST(!password_matches(password, std::string(1000, '$')));
  BOOST_TEST(*hash_password(password, cheap) != *hash);
  BOOST_TEST(
      (hash_password(password, {.passes = 0, .memory_bytes = 8192}).error().code == Code::invalid));
  BOOST_TEST(
      (hash_password(password, {.passes = 1, .memory_bytes = 8191}).error().code == Code::invalid));
}

BOOST_AUTO_TEST_CASE(a_moved_secret_is_empty) {
  Secret first("pepper");
  Secret second(std::move(first));
  BOOST_TEST(second.reveal() == "pepper");
  BOOST_TEST(first.empty());  // NOLINT(bugprone-use-after-move): that it is empty is the point
  first = std::move(second);
  BOOST_TEST(first.reveal() == "pepper");
  std::string text = "pepper";
  wipe(text);
  BOOST_TEST(text.empty());
}

BOOST_AUTO_TEST_CASE(base64url_is_strict) {
  for (const auto& [bytes, text] : {std::pair<std::string, std::string>{"", ""},
                                    {"f", "Zg"},
                                    {"fo", "Zm8"},
                                    {"foo", "Zm9v"},
                                    {"foob", "Zm9vYg"},
                                    {"\xfb\xff\xfe", "-__-"}}) {
    BOOST_TEST(to_base64url(bytes) == text);
    BOOST_TEST((from_base64url(text) == bytes), text);
  }
  for (const std::string_view bad :
       {"Zg==", "Zh", "Zm9", "Z", "Zm9v\n", " Zm9v", "+/+/", "Zm9vY", "Zm.v"}) {
    BOOST_TEST(!from_base64url(bad), bad);
  }
}

BOOST_AUTO_TEST_CASE(hex_goes_both_ways) {
  BOOST_TEST(to_hex("\x01\xab") == "01ab");
  BOOST_TEST((from_hex("01AB") == "\x01\xab"));
  BOOST_TEST((from_hex("") == ""));
  for (const std::string_view bad : {"0", "0g", "01 ab", "0x01"}) BOOST_TEST(!from_hex(bad), bad);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::crypto_test
