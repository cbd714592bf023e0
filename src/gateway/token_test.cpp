// A token of ours is good; each forgery is made from it and is not.
#include "gateway/token.h"

#include <boost/test/unit_test.hpp>

#include "base/encoding.h"

namespace wf::gateway::token_test {
namespace {

constexpr std::string_view roles[] = {"guest", "renter", "host"};
const Instant now{1'800'000'000'000'000};

struct Fixture {
  Secrets secrets{random_secrets()};
  Tokens tokens{secrets, roles, "wayfold"};
  Claims claims{
      {AccountId{Uuid::random()}, 0b110, Uuid::random()}, now, now + Duration::minutes(10)};
  std::string token = tokens.sign(claims);

  std::string part(int n) const {
    std::string_view rest = token;
    for (; n > 0; --n) rest.remove_prefix(rest.find('.') + 1);
    return std::string(rest.substr(0, rest.find('.')));
  }
  std::string signed_anew(const std::string& header, const std::string& payload) const {
    const std::string text = to_base64url(header) + '.' + to_base64url(payload);
    const auto signature = secrets.signing.sign(text);
    return text + '.' +
           to_base64url({reinterpret_cast<const char*>(signature.data()), signature.size()});
  }
  std::string header(std::string_view algorithm, std::string_view kid) const {
    return std::string(R"({"alg":")")
        .append(algorithm)
        .append(R"(","kid":")")
        .append(kid)
        .append(R"(","typ":"JWT"})");
  }
  bool good(const std::string& text, Instant at = now) const {
    return tokens.verify(text, at).has_value();
  }
};

BOOST_FIXTURE_TEST_SUITE(token_tests, Fixture)

BOOST_AUTO_TEST_CASE(a_token_of_ours_is_good_and_says_who) {
  const auto read = tokens.verify(token, now);
  BOOST_REQUIRE(read);
  BOOST_TEST((read->caller.account == claims.caller.account));
  BOOST_TEST((read->caller.session == claims.caller.session));
  BOOST_TEST(read->caller.roles == 0b110U);
  BOOST_TEST(good(signed_anew(header("EdDSA", secrets.kid), *from_base64url(part(1)))));
}

BOOST_AUTO_TEST_CASE(it_ends_with_its_last_second) {
  BOOST_TEST(good(token, claims.expires_at - Duration::seconds(1)));
  BOOST_TEST(!good(token, claims.expires_at));
  BOOST_TEST(!good(token, claims.expires_at + Duration::seconds(1)));
}

BOOST_AUTO_TEST_CASE(no_algorithm_is_no_signature) {
  const std::string none = to_base64url(header("none", secrets.kid)) + '.' + part(1) + '.';
  BOOST_TEST(!good(none));
  BOOST_TEST(!good(none + part(2)));
}

BOOST_AUTO_TEST_CASE(the_public_key_is_no_shared_secret) {
  const auto key = secrets.signing.public_key();
  const std::string text = to_base64url(header("HS256", secrets.kid)) + '.' + part(1);
  const Sha256 mac =
      HmacKey(Secret({reinterpret_cast<const char*>(key.data()), key.size()})).mac(text);
  BOOST_TEST(!good(text + '.' + to_base64url(mac.view())));
}

BOOST_AUTO_TEST_CASE(another_key_is_refused_under_any_name) {
  const Secrets other{random_secrets()};
  const Tokens others{other, roles, "wayfold"};
  BOOST_TEST(!good(others.sign(claims)));
  std::string renamed = others.sign(claims);
  renamed.replace(0, renamed.find('.'), part(0));
  BOOST_TEST(!good(renamed));
  BOOST_TEST(!good(signed_anew(header("EdDSA", "another"), *from_base64url(part(1)))));
}

BOOST_AUTO_TEST_CASE(a_changed_payload_is_refused) {
  std::string payload = *from_base64url(part(1));
  payload.replace(payload.find("renter"), 6, "admin1");
  BOOST_TEST(!good(part(0) + '.' + to_base64url(payload) + '.' + part(2)));
}

BOOST_AUTO_TEST_CASE(every_changed_character_is_refused) {
  for (std::size_t i = 0; i < token.size(); ++i) {
    std::string changed = token;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    BOOST_TEST(!good(changed));
  }
}

BOOST_AUTO_TEST_CASE(a_header_with_more_in_it_is_refused) {
  const std::string payload = *from_base64url(part(1));
  std::string more = header("EdDSA", secrets.kid);
  more.insert(more.size() - 1, R"(,"crit":["exp"])");
  BOOST_TEST(!good(signed_anew(more, payload)));
}

BOOST_AUTO_TEST_CASE(another_audience_or_issuer_is_refused) {
  std::string payload = *from_base64url(part(1));
  std::string audience = payload;
  audience.replace(audience.find(R"("aud":"wayfold")"), 15, R"("aud":"another")");
  BOOST_TEST(!good(signed_anew(header("EdDSA", secrets.kid), audience)));
  const Tokens elsewhere{secrets, roles, "elsewhere"};
  BOOST_TEST(!good(elsewhere.sign(claims)));
}

BOOST_AUTO_TEST_CASE(the_cache_forgets_what_expired_and_is_bounded) {
  TokenCache cache(tokens, 2);
  BOOST_TEST(cache.verify(token, now).has_value());
  BOOST_TEST(cache.verify(token, now).has_value());
  BOOST_TEST(!cache.verify(token, claims.expires_at).has_value());
  for (int i = 0; i < 5; ++i) BOOST_TEST(cache.verify(tokens.sign(claims), now).has_value());
  BOOST_TEST(cache.size() == 2U);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::gateway::token_test
