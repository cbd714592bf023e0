// What is decided again from copied commands.
#include <map>

#include "cli/copy_commands.h"
#include "cli/engine_fixture.h"
#include "log/memory_disk.h"
#include "log/rocks_log.h"

namespace wf::cli::copy_test {
namespace {

std::string digest_of(const std::string& var) {
  const Ran ran = run("verify", declare_verify, {"chargers", "--json", "--var", var});
  BOOST_REQUIRE_MESSAGE(ran.exit == Exit::ok, ran.err + ran.out);
  const std::size_t at = ran.out.find(R"("rows":)");
  return ran.out.substr(at, ran.out.find(R"(,"scanned")") - at);
}

Ran copy(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--commands", "--json"});
  return run("copy", declare_copy, arguments);
}

void append_key(Log& log, Kind kind = Kind::key, std::string_view name = "a key") {
  auto appender = log.writer("test");
  BOOST_REQUIRE(appender);
  Record key;
  key.kind = kind;
  key.id = key.stream = Uuid::v5({}, name);
  key.type = kind == Kind::key ? "key" : "forgotten";
  key.payload = "{}";
  BOOST_REQUIRE((*appender)->append({"keys", 0}, {&key, 1}, Durability::now));
}

// A log of so many partitions in memory, which counts what is appended to it.
class CountingLog : public Log {
 public:
  explicit CountingLog(std::uint32_t partitions) {
    RocksLogOptions options;
    options.path = "/log";
    options.topics = {{"keys", 1, true}, {"commands.bookings", partitions}};
    options.disk = &disk_;
    options.inline_commit = true;
    inner_ = std::move(*open_rocks_log(std::move(options)));
  }
  std::uint64_t appends = 0;
  std::size_t bytes_max = 0;  // of payloads in one append

  Uuid id() const override { return inner_->id(); }
  const std::vector<TopicSpec>& topics() const override { return inner_->topics(); }
  Result<std::unique_ptr<Appender>> writer(std::string name) override {
    return std::make_unique<Counting>(*this, std::move(*inner_->writer(std::move(name))));
  }
  Result<std::unique_ptr<Reader>> reader() override { return inner_->reader(); }
  Result<Offset> begin(const Slot& slot) override { return inner_->begin(slot); }
  Result<Offset> end(const Slot& slot) override { return inner_->end(slot); }
  Result<std::unique_ptr<Ownership>> own(const std::vector<std::string>& topics) override {
    return inner_->own(topics);
  }

 private:
  class Counting : public Appender {
   public:
    Counting(CountingLog& log, std::unique_ptr<Appender> inner)
        : log_(log), inner_(std::move(inner)) {}
    Result<void> append(const Slot& slot,
                        std::span<const Record> records,
                        Durability durability) override {
      std::size_t bytes = 0;
      for (const Record& record : records) bytes += record.payload.size();
      log_.appends += records.empty() ? 0 : 1;
      log_.bytes_max = std::max(log_.bytes_max, bytes);
      return inner_->append(slot, records, durability);
    }

   private:
    CountingLog& log_;
    std::unique_ptr<Appender> inner_;
  };

  MemoryDisk disk_;
  std::unique_ptr<Log> inner_;
};

// Command `n` of 50 streams in turn; every hundredth ends an import.
void append_command(Log& log, int n, std::size_t bytes) {
  const std::string payload = fmt::format("{}{}", n, std::string(bytes, ' '));
  Record record;
  record.kind = n % 100 == 99 ? Kind::import_ended : Kind::command;
  record.id = Uuid::v5({}, fmt::format("command {}", n));
  record.stream = Uuid::v5({}, fmt::format("stream {}", n % 50));
  record.type = "charger.List";
  record.payload = payload;
  if (record.kind == Kind::import_ended) record.import = record.id;
  const Slot slot{"commands.bookings",
                  partition_of(record.stream, partitions_of(log, "commands.bookings"))};
  BOOST_REQUIRE((*log.writer("test"))->append(slot, {&record, 1}, Durability::now));
}

// The numbers of a partition's commands, in order.
std::vector<int> numbers_in(Log& log, std::uint32_t partition) {
  std::vector<int> numbers;
  const Slot slot{"commands.bookings", partition};
  const auto reader = *log.reader();
  BOOST_REQUIRE(reader->seek(slot, 0));
  for (auto batch = reader->read(slot, {}); batch && !batch->records.empty();
       batch = reader->read(slot, {})) {
    for (const Record& record : batch->records) {
      BOOST_TEST(record.type == "charger.List");
      numbers.push_back(std::stoi(std::string(record.payload)));
    }
  }
  return numbers;
}

BOOST_AUTO_TEST_SUITE(copy_tests)

BOOST_AUTO_TEST_CASE(the_same_commands_give_the_same_tables_G5) {
  Deployment from;
  from.start();
  append_key(from.engine().log());
  from.list_chargers(25);
  Deployment to;
  const Ran first = copy({from.var(), to.var()});  // beside the running process
  BOOST_REQUIRE_MESSAGE(first.exit == Exit::ok, first.err);
  BOOST_TEST(first.out ==
             "{\"verbatim\":true,\"keys\":1,\"commands\":25,\"skipped\":0,\"before\":0}\n");
  from.list_chargers(5);
  from.stop();
  const Ran second = copy({from.var(), to.var()});
  BOOST_TEST(second.out ==
             "{\"verbatim\":true,\"keys\":0,\"commands\":5,\"skipped\":0,\"before\":25}\n");
  to.start();
  to.wait_for_chargers(30);
  to.stop();
  BOOST_TEST(digest_of(to.var()) == digest_of(from.var()));
}

BOOST_AUTO_TEST_CASE(a_key_forgotten_between_two_copies_is_forgotten_there_too) {
  Deployment from;
  from.start();
  append_key(from.engine().log());
  from.list_chargers(1);
  Deployment to;
  const auto keys = [&] {
    const Ran ran = copy({from.var(), to.var()});
    BOOST_REQUIRE_MESSAGE(ran.exit == Exit::ok, ran.err);
    return ran.out.substr(0, ran.out.find(R"(,"commands")"));
  };
  BOOST_TEST(keys() == R"({"verbatim":true,"keys":1)");
  append_key(from.engine().log(), Kind::forgotten);
  BOOST_TEST(keys() == R"({"verbatim":true,"keys":1)");
  BOOST_TEST(keys() == R"({"verbatim":true,"keys":0)");
  append_key(from.engine().log());  // of a process that had not heard of it
  BOOST_TEST(keys() == R"({"verbatim":true,"keys":0)");
  from.stop();
}

BOOST_AUTO_TEST_CASE(another_number_of_partitions_takes_what_clients_sent) {
  Deployment from;
  from.start();
  from.list_chargers(20);
  from.stop();
  Deployment to(3);
  const Ran ran = copy({from.var(), to.var(), "--partitions", "3"});
  BOOST_REQUIRE_MESSAGE(ran.exit == Exit::ok, ran.err);
  BOOST_TEST(ran.out.find(R"("verbatim":false,"keys":0,"commands":20,"skipped":0)") !=
             std::string::npos);
  to.start();
  to.wait_for_chargers(20);
  to.stop();
  BOOST_TEST(digest_of(to.var()) == digest_of(from.var()));
  const Ran again = copy({from.var(), to.var()});
  BOOST_TEST((again.exit == Exit::refused));
}

BOOST_AUTO_TEST_CASE(another_number_of_partitions_takes_them_by_the_thousand) {
  const int count = 2500;
  CountingLog from(2);
  for (int n = 0; n < count; ++n) append_command(from, n, 10);
  CountingLog to(3);
  const auto copied = copy_resharded(from, to, [](auto) { return true; });
  BOOST_REQUIRE_MESSAGE(copied, copied.error().detail);
  BOOST_TEST(copied->commands == 2475U);
  BOOST_TEST(to.appends <= 3U * (count / 1000 + 1));
  std::size_t there = 0;
  for (std::uint32_t p = 0; p < 3; ++p) {
    const std::vector<int> numbers = numbers_in(to, p);
    there += numbers.size();
    std::map<int, int> last;  // by stream
    for (const int n : numbers) {
      BOOST_TEST(n >= last[n % 50]);
      last[n % 50] = n;
      if (n % 100 == 99) continue;
      BOOST_TEST(partition_of(Uuid::v5({}, fmt::format("stream {}", n % 50)), 3) == p);
    }
  }
  BOOST_TEST(there == 2475U + 25U * 3U);
}

BOOST_AUTO_TEST_CASE(what_waits_for_its_thousand_is_bounded_in_bytes) {
  CountingLog from(1);
  for (int n = 0; n < 90; ++n) append_command(from, n, 100'000);
  CountingLog to(2);
  BOOST_REQUIRE(copy_resharded(from, to, [](auto) { return true; }));
  BOOST_TEST(to.bytes_max <= 1'200'000U);
  BOOST_TEST(to.appends < 30U);
  BOOST_TEST(numbers_in(to, 0).size() + numbers_in(to, 1).size() == 90U);
}

std::vector<std::pair<Uuid, Kind>> keys_in(Log& log) {
  std::vector<std::pair<Uuid, Kind>> keys;
  const auto reader = *log.reader();
  BOOST_REQUIRE(reader->seek({"keys", 0}, 0));
  const auto batch = reader->read({"keys", 0}, {});
  BOOST_REQUIRE(batch);
  for (const Record& record : batch->records) {
    if (record.kind != Kind::log_id) keys.emplace_back(record.stream, record.kind);
  }
  return keys;
}

// Somebody registers, and another is forgotten, after FROM's keys were read.
BOOST_AUTO_TEST_CASE(keys_that_come_while_commands_are_copied_are_copied_too) {
  for (const std::uint32_t partitions : {1U, 2U}) {
    CountingLog from(1);
    append_key(from);
    for (int n = 0; n < 1100; ++n) append_command(from, n, 10);
    CountingLog to(partitions);
    bool once = false;
    const CopyTick tick = [&](auto) {
      if (std::exchange(once, true)) return true;
      append_key(from, Kind::key, "of somebody new");
      append_key(from, Kind::forgotten);
      append_command(from, 1100, 10);
      return true;
    };
    const auto copied =
        partitions == 1 ? copy_verbatim(from, to, tick) : copy_resharded(from, to, tick);
    BOOST_REQUIRE_MESSAGE(copied, copied.error().detail);
    BOOST_TEST(copied->keys == 3U);
    const std::vector<std::pair<Uuid, Kind>> expected{{Uuid::v5({}, "a key"), Kind::key},
                                                      {Uuid::v5({}, "of somebody new"), Kind::key},
                                                      {Uuid::v5({}, "a key"), Kind::forgotten}};
    BOOST_TEST((keys_in(to) == expected));
  }
}

// The two places are FROM and TO: a third would be ignored.
BOOST_AUTO_TEST_CASE(a_third_place_is_refused) {
  Deployment from;
  from.start();
  from.stop();
  const TempDir to;
  for (const char* option : {"--var", "--config"}) {
    const Ran ran = copy({from.var(), (to / "var").string(), option, "elsewhere"});
    BOOST_TEST((ran.exit == Exit::usage));
    BOOST_TEST(ran.err.find("FROM and TO") != std::string::npos, ran.err);
    BOOST_TEST(!std::filesystem::exists(to / "var"));
  }
}

BOOST_AUTO_TEST_CASE(a_target_with_other_commands_is_left_alone) {
  Deployment from;
  from.start();
  from.list_chargers(10);
  from.stop();
  Deployment to;
  to.start();
  to.list_one("another");
  to.stop();
  const Ran ran = copy({from.var(), to.var()});
  BOOST_TEST((ran.exit == Exit::refused), ran.out);
  BOOST_TEST((copy({from.var(), from.var()}).exit != Exit::ok));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace
}  // namespace wf::cli::copy_test
