// A process is bounded as its configuration says, which is refused if it says what cannot be.
#include <fstream>

#include "cli/engine_fixture.h"

namespace wf::cli::limits_test {

BOOST_AUTO_TEST_SUITE(limits_tests)

BOOST_AUTO_TEST_CASE(a_limit_out_of_its_range_is_refused_by_name) {
  const TempDir dir;
  const std::string config = dir / "config.json";
  const auto start = [&](const std::string& part, const std::string& limit, std::int64_t value) {
    std::ofstream(config) << fmt::format(R"({{"{}":{{"{}":{}}}}})", part, limit, value);
    const Ran ran = run("run", declare_run, {"--config", config, "--var", dir / "var"});
    BOOST_TEST((ran.exit == Exit::usage));
    BOOST_TEST(ran.err.find(fmt::format("/{}/{} ", part, limit)) != std::string::npos, ran.err);
  };
  start("gateway", "append_stuck_ms", 99);
  start("gateway", "append_stuck_ms", 120'001);
  start("gateway", "log_answer_ms_max", 499);
  start("gateway", "log_answer_ms_max", 60'001);
  start("gateway", "ended_sessions_max", 99);
  start("gateway", "ended_sessions_max", 10'000'001);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::cli::limits_test
