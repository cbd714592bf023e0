// Nights in which a table's files are damaged: what goes on, who says so, and what mends it.
#include <filesystem>
#include <fstream>

#include "cli/engine_fixture.h"

namespace wf::cli::damaged_table_test {
namespace {

namespace fs = std::filesystem;

constexpr int chargers = 300;

struct Fixture {
  Deployment deployment;

  Ran run_here(const char* name,
               Action (*declare)(const Arguments&, Setup&),
               std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--var", deployment.var()});
    return run(name, declare, arguments);
  }
  const TableHome& table(std::string_view name) {
    return *deployment.engine().tables().find(name)->second;
  }
  // Rows of the table do not read any more; the rest does. The process is stopped.
  void damage(const std::string& name) const {
    std::vector<fs::path> files;
    for (const auto& entry :
         fs::recursive_directory_iterator(deployment.var() + "/tables/" + name)) {
      const bool rows = entry.path().extension() == ".sst" && entry.file_size() > (16U << 10U);
      if (rows) files.push_back(entry.path());
    }
    BOOST_REQUIRE(!files.empty());
    for (const fs::path& path : files) {  // rows are the last entries, before filter and index
      const auto size = static_cast<std::streamoff>(fs::file_size(path));
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      for (std::streamoff at = size * 4 / 10; at < size * 7 / 10; at += 512) {
        file.seekg(at);
        const char byte = static_cast<char>(file.get() ^ 0x55);
        file.seekp(at);
        file.put(byte);
      }
    }
  }
  bool is_at_the_end(const TableHome& home) {
    const Offsets positions = home.state().positions;
    return home.state().live && std::ranges::all_of(positions, [&](const SlotOffset& at) {
             return at.offset >= *deployment.engine().log().end({at.topic, at.partition});
           });
  }
};

BOOST_FIXTURE_TEST_SUITE(damaged_table_tests, Fixture)

BOOST_AUTO_TEST_CASE(one_damaged_table_does_not_stop_the_others_and_is_rebuilt_beside_them) {
  deployment.start();
  deployment.list_chargers(chargers);
  deployment.stop();
  damage("chargers");
  deployment.start();
  for (int i = 0; i < chargers; ++i) deployment.command("charger.Pause", std::to_string(i), "{}");
  while (!table("chargers").state().failing_since) std::this_thread::yield();
  while (!is_at_the_end(table("bookings"))) std::this_thread::yield();
  BOOST_TEST(!table("chargers").state().live);

  const Ran lag = run_here("lag", declare_lag, {});
  BOOST_TEST((lag.exit == Exit::found));
  BOOST_TEST(lag.out.find("chargers           FAILED: not folded on since") != std::string::npos,
             lag.out);

  const Ran verify = run_here("verify", declare_verify, {});  // of all: it goes on
  BOOST_TEST((verify.exit == Exit::failed));
  BOOST_TEST(verify.err.find("chargers: ") != std::string::npos, verify.err);
  BOOST_TEST(verify.out.find("sessions") != std::string::npos, verify.out);

  const Ran mended = run_here("rebuild", declare_rebuild, {"chargers"});
  BOOST_TEST((mended.exit == Exit::ok), mended.err);
  BOOST_TEST(table("chargers").state().live);
  BOOST_TEST(!table("chargers").state().failing_since.has_value());
  BOOST_TEST((run_here("lag", declare_lag, {}).exit == Exit::ok));
  BOOST_TEST((run_here("verify", declare_verify, {}).exit == Exit::ok));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::cli::damaged_table_test
