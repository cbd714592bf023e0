// Nights in which a table's files are damaged: what goes on, who says so, and what mends it.
#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <mutex>

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
  // The directory of the generation that is built beside that one, once it is there.
  fs::path next_to(const std::string& live) const {
    for (;; std::this_thread::yield()) {
      for (const auto& entry : fs::directory_iterator(deployment.var() + "/tables/chargers")) {
        if (entry.is_directory() && entry.path().filename() != live) return entry.path();
      }
    }
  }
  Offset end_of_events() {
    Offset end = 0;
    for (const Slot& slot : slots_in(deployment.engine().log(), "events")) {
      end += *deployment.engine().log().end(slot);
    }
    return end;
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
  BOOST_TEST(verify.err.find("/tables/chargers/") != std::string::npos, verify.err);
  BOOST_TEST(verify.err.find("/scratch/") == std::string::npos, verify.err);  // it is gone
  BOOST_TEST(verify.err.find("`wayfold rebuild chargers` mends") != std::string::npos, verify.err);

  const Ran mended = run_here("rebuild", declare_rebuild, {"chargers"});
  BOOST_TEST((mended.exit == Exit::ok), mended.err);
  BOOST_TEST(table("chargers").state().live);
  BOOST_TEST(!table("chargers").state().failing_since.has_value());
  BOOST_TEST((run_here("lag", declare_lag, {}).exit == Exit::ok));
  BOOST_TEST((run_here("verify", declare_verify, {}).exit == Exit::ok));
}

BOOST_AUTO_TEST_CASE(a_table_deleted_under_its_process_is_said_to_be_and_is_rebuilt) {
  deployment.start();
  deployment.list_chargers(2);
  fs::remove_all(deployment.var() + "/tables/chargers");
  const Ran verify = run_here("verify", declare_verify, {"chargers"});
  BOOST_TEST((verify.exit == Exit::failed));
  BOOST_TEST(verify.err.find("were deleted under the running process") != std::string::npos,
             verify.err);
  BOOST_TEST((run_here("rebuild", declare_rebuild, {"chargers"}).exit == Exit::ok));
  BOOST_TEST((run_here("verify", declare_verify, {"chargers"}).exit == Exit::ok));
  deployment.stop();
  fs::remove_all(deployment.var() + "/tables/chargers");
  const Ran absent = run_here("verify", declare_verify, {"chargers"});
  BOOST_TEST(absent.err.find("deleted or never built") != std::string::npos, absent.err);
}

// Nothing that is in the way is written. The projector stands still until the disk of what was
// built fails and there is much to fold that the build has not read.
BOOST_AUTO_TEST_CASE(a_generation_whose_store_fails_all_the_time_is_given_up) {
  deployment.process().storage.write_buffer_bytes = 1;
  deployment.process().projector.batch_max = 5;
  deployment.process().projector.build_failing_s_max = 1;
  std::mutex still;
  std::atomic<bool> standing{false};
  deployment.open({.tables = {"chargers"}, .all_tables = false, .outcomes = false});
  deployment.engine().on_rows([&](const TableInfo&, const std::vector<std::string>&) {
    std::unique_lock at(still, std::try_to_lock);
    if (at.owns_lock()) return;
    standing = true;
    at.lock();
  });
  deployment.engine().start();
  deployment.list_chargers(40);
  const std::string before = table("chargers").state().generation;
  std::unique_lock hold(still);
  Offset end = end_of_events();
  const auto command_all = [&](std::string_view type) {
    for (int i = 0; i < 40; ++i) deployment.command(type, std::to_string(i), "{}");
    while (end_of_events() < end + 40) std::this_thread::yield();
    end = end_of_events();
  };
  command_all("charger.Pause");
  while (!standing) std::this_thread::yield();
  RebuildProgress progress;
  const std::vector<std::string> tables{"chargers"};
  auto asked =
      std::async(std::launch::async, [&] { return deployment.engine().rebuild(tables, progress); });
  const fs::path next = next_to(before);
  fs::create_directory(next / "drained-0.sst");
  command_all("charger.Resume");
  hold.unlock();
  progress.cancel = asked.wait_for(std::chrono::seconds(60)) != std::future_status::ready;
  const auto done = asked.get();
  BOOST_TEST((!done && done.error().code == Code::io));
  BOOST_TEST(table("chargers").state().generation == before);
  BOOST_TEST(!fs::exists(next));
  while (!is_at_the_end(table("chargers"))) std::this_thread::yield();
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::cli::damaged_table_test
