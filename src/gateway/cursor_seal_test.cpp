// A cursor tells nothing of its place, and opens on every node of its deployment and nowhere else.
#include "gateway/cursor_seal.h"

#include <boost/test/unit_test.hpp>

#include "base/encoding.h"
#include "gateway/secrets.h"
#include "support/temp_dir.h"

namespace wf::gateway::cursor_seal_test {
namespace {

BOOST_AUTO_TEST_SUITE(cursor_seal_tests)

BOOST_AUTO_TEST_CASE(a_cursor_of_another_node_of_the_deployment_opens) {
  const TempDir dir;
  const Secrets one(*load_or_make_secrets(dir / "secrets.json"));
  const Secrets other(*load_or_make_secrets(dir / "secrets.json"));
  const std::string place("\0a stranger's key", 17);
  const std::string cursor = seal_cursor(one.cursors, place);
  BOOST_TEST(from_base64url(cursor).value().find("stranger") == std::string::npos);
  BOOST_TEST(open_cursor(other.cursors, cursor).value() == place);
  BOOST_TEST(!open_cursor(Secrets(random_secrets()).cursors, cursor).has_value());
}

BOOST_AUTO_TEST_CASE(what_is_changed_does_not_open) {
  const Secrets secrets(random_secrets());
  const std::string cursor = seal_cursor(secrets.cursors, "place");
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    std::string changed = cursor;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    BOOST_TEST(!open_cursor(secrets.cursors, changed).has_value(), changed);
    BOOST_TEST(!open_cursor(secrets.cursors, cursor.substr(0, i)).has_value());
  }
  for (const char* text : {"%%%", "x", "AAAA"}) {
    BOOST_TEST(!open_cursor(secrets.cursors, text).has_value(), text);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::gateway::cursor_seal_test
