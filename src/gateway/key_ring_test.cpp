// Keys of subjects on a real log: sealing, another process reading, forgetting, rotation.
#include "gateway/key_ring.h"

#include <boost/test/unit_test.hpp>

#include "log/memory_disk.h"
#include "log/rocks_log.h"

namespace wf::gateway::key_ring_test {
namespace {

struct Fixture {
  Fixture() {
    RocksLogOptions options;
    options.path = "/log";
    options.topics = {{"keys", 2, true}};
    options.disk = &disk;
    options.inline_commit = true;
    log = std::move(*open_rocks_log(std::move(options)));
  }
  std::unique_ptr<KeyRing> ring(const Secrets& with) {
    auto made = std::make_unique<KeyRing>(*log, with);
    BOOST_REQUIRE(made->start());
    return made;
  }

  MemoryDisk disk;
  std::unique_ptr<Log> log;
  Secrets secrets{random_secrets()};
  Uuid asha = Uuid::v5({}, "asha");
};

BOOST_FIXTURE_TEST_SUITE(key_ring_tests, Fixture)

BOOST_AUTO_TEST_CASE(what_is_sealed_opens_here_and_in_a_process_that_starts_later) {
  const auto here = ring(secrets);
  BOOST_TEST((here->seal(asha, "x").error().code == Code::unavailable));
  BOOST_REQUIRE(here->ensure_key(asha));
  BOOST_TEST(here->has_key(asha));
  const auto sealed = here->seal(asha, "asha@example.org");
  BOOST_REQUIRE(sealed);
  BOOST_TEST(sealed->find("asha") == sealed->npos);
  BOOST_TEST(*here->open(*sealed) == "asha@example.org");
  const auto there = ring(secrets);
  BOOST_TEST(*there->open(*sealed) == "asha@example.org");
  BOOST_TEST(there->has_key(asha));
}

BOOST_AUTO_TEST_CASE(another_master_key_opens_nothing) {
  const auto here = ring(secrets);
  BOOST_REQUIRE(here->ensure_key(asha));
  const auto sealed = here->seal(asha, "secret");
  const Secrets others{random_secrets()};
  const auto there = ring(others);
  BOOST_TEST((there->open(*sealed).error() == KeyRing::Missing::unknown));
  BOOST_TEST(here->check_masters().has_value());
  BOOST_TEST((there->check_masters().error().code == Code::mismatch));
}

BOOST_AUTO_TEST_CASE(whoever_cannot_read_a_key_forgets_it_all_the_same) {
  const auto here = ring(secrets);
  BOOST_REQUIRE(here->ensure_key(asha));
  const std::string sealed = *here->seal(asha, "secret");
  const Secrets others{random_secrets()};
  const auto there = ring(others);
  BOOST_TEST(there->knows(asha));
  BOOST_TEST(!there->knows(Uuid::v5({}, "nobody")));
  BOOST_REQUIRE(there->forget(asha));
  BOOST_TEST(!there->knows(asha));
  BOOST_TEST(there->check_masters().has_value());
  BOOST_TEST((ring(secrets)->open(sealed).error() == KeyRing::Missing::forgotten));
}

BOOST_AUTO_TEST_CASE(what_is_none_of_ours_is_unknown) {
  const auto here = ring(secrets);
  BOOST_REQUIRE(here->ensure_key(asha));
  std::string sealed = *here->seal(asha, "secret");
  sealed.back() = sealed.back() == 'A' ? 'Q' : 'A';
  BOOST_TEST((here->open(sealed).error() == KeyRing::Missing::unknown));
  BOOST_TEST((here->open("plain text").error() == KeyRing::Missing::unknown));
}

BOOST_AUTO_TEST_CASE(a_forgotten_subject_is_gone_for_good_and_gets_no_new_key) {
  const auto here = ring(secrets);
  BOOST_REQUIRE(here->ensure_key(asha));
  const std::string sealed = *here->seal(asha, "secret");
  BOOST_REQUIRE(here->forget(asha));
  BOOST_TEST((here->open(sealed).error() == KeyRing::Missing::forgotten));
  BOOST_TEST((here->seal(asha, "again").error().code == Code::forbidden));
  BOOST_TEST((here->ensure_key(asha).error().code == Code::forbidden));
  const auto later = ring(secrets);
  BOOST_TEST((later->open(sealed).error() == KeyRing::Missing::forgotten));
  BOOST_TEST((later->ensure_key(asha).error().code == Code::forbidden));
}

BOOST_AUTO_TEST_CASE(a_new_master_key_takes_over) {
  std::string sealed;
  SecretBytes bytes = random_secrets();
  const std::string old(bytes.masters.front().reveal());
  const std::string fresh(random_bytes(32));
  {
    const Secrets first(std::move(bytes));
    const auto here = ring(first);
    BOOST_REQUIRE(here->ensure_key(asha));
    sealed = *here->seal(asha, "secret");
  }
  SecretBytes both = random_secrets();
  both.masters.clear();
  both.masters.emplace_back(fresh);
  both.masters.emplace_back(old);
  const Secrets second(std::move(both));
  const auto rotating = ring(second);
  BOOST_TEST(*rotating->rewrap() == 1U);
  BOOST_TEST(*rotating->rewrap() == 0U);
  SecretBytes only = random_secrets();
  only.masters.clear();
  only.masters.emplace_back(fresh);
  const Secrets third(std::move(only));
  BOOST_TEST(*ring(third)->open(sealed) == "secret");
}

// As running gateways are while `admin rotate-key` is done: they know the new one after a restart.
BOOST_AUTO_TEST_CASE(a_master_key_not_known_yet_takes_no_key_away) {
  SecretBytes bytes = random_secrets();
  const std::string old(bytes.masters.front().reveal());
  const Secrets first(std::move(bytes));
  KeyRing running(*log, first);
  BOOST_REQUIRE(running.open());
  BOOST_REQUIRE(running.ensure_key(asha));
  const std::string sealed = *running.seal(asha, "secret");
  SecretBytes both = random_secrets();
  both.masters.emplace_back(old);
  const Secrets second(std::move(both));
  BOOST_TEST(*ring(second)->rewrap() == 1U);
  running.step();
  BOOST_TEST(*running.open(sealed) == "secret");
  BOOST_TEST(running.seal(asha, "more").has_value());
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::gateway::key_ring_test
