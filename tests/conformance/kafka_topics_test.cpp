// What `wayfold topics` creates, what it finds wrong, and how a record looks to other Kafka tools.
#include "conformance/kafka_broker.h"
#include "conformance/log_fixture.h"

namespace wf::conformance::kafka_topics_test {
namespace {

const std::vector<TopicSpec> topics{
    {"keys", 1, true}, {"commands.things", 2}, {"events.things", 2}, {"locations", 1}};

bool finds(const TopicsReport& report,
           TopicsReport::Severity severity,
           const std::string& topic,
           const std::string& what) {
  return std::any_of(report.findings.begin(), report.findings.end(), [&](const auto& finding) {
    return finding.severity == severity && finding.topic.ends_with("." + topic) &&
           finding.what == what;
  });
}

constexpr auto error = TopicsReport::Severity::error;
constexpr auto warning = TopicsReport::Severity::warning;

}  // namespace

BOOST_AUTO_TEST_SUITE(kafka_topics_tests)

BOOST_AUTO_TEST_CASE(what_is_missing_is_created_once) {
  const auto options = on_broker(topics);
  const auto first = must(ensure_topics(options, one_broker));
  BOOST_TEST(first.ok());
  BOOST_TEST(first.created.size() == 4u);
  BOOST_TEST(!first.log_id.nil());
  const auto second = must(ensure_topics(options, one_broker));
  BOOST_TEST(second.created.empty());
  BOOST_TEST((second.log_id == first.log_id));
  // One replica works, and is said to be few.
  BOOST_TEST(finds(second, warning, "events.things", "replication.factor"));
  BOOST_TEST(finds(second, warning, "events.things", "min.insync.replicas"));
  BOOST_TEST((must(open_kafka_log(options))->id() == first.log_id));
}

BOOST_AUTO_TEST_CASE(looking_creates_nothing) {
  const auto options = on_broker(topics);
  TopicsPlan plan = one_broker;
  plan.create = false;
  for (int i = 0; i < 2; ++i) {
    const auto report = must(ensure_topics(options, plan));
    BOOST_TEST(!report.ok());
    BOOST_TEST(report.created.empty());
    BOOST_TEST(finds(report, error, "commands.things", "topic"));
    BOOST_TEST(finds(report, error, "keys", "log_id"));
  }
  const auto opened = open_kafka_log(options);
  BOOST_REQUIRE(!opened);
  BOOST_TEST((opened.error().code == Code::not_found));
  BOOST_TEST(opened.error().detail.find("wayfold topics") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(wrong_topics_are_named) {
  auto options = on_broker(topics);
  BOOST_REQUIRE(must(ensure_topics(options, one_broker)).ok());
  options.topics = {
      {"keys", 1, true}, {"commands.things", 3}, {"events.things", 3}, {"locations", 1, true}};
  const auto report = must(ensure_topics(options, one_broker));
  BOOST_TEST(!report.ok());
  BOOST_TEST(finds(report, error, "commands.things", "partitions"));
  BOOST_TEST(finds(report, error, "locations", "cleanup.policy"));
  BOOST_TEST(!finds(report, error, "keys", "cleanup.policy"));
  const auto opened = open_kafka_log(options);
  BOOST_REQUIRE(!opened);
  BOOST_TEST((opened.error().code == Code::mismatch));
}

BOOST_AUTO_TEST_CASE(unequal_partition_counts_are_refused) {
  const auto options = on_broker({{"keys", 1, true}, {"commands.things", 2}, {"events.things", 3}});
  const auto report = ensure_topics(options, one_broker);
  BOOST_REQUIRE(!report);
  BOOST_TEST((report.error().code == Code::invalid));
}

BOOST_AUTO_TEST_CASE(two_owners_share_the_partitions) {
  const auto log = create_on_broker(on_broker(topics));
  auto first = must(log->own({"commands.things"}));
  auto second = must(log->own({"commands.things"}));
  const auto reader = must(log->reader());  // only to wait with
  std::vector<Slot> a;
  std::vector<Slot> b;
  for (int i = 0; i < 1200 && !(a.size() == 1 && b.size() == 1); ++i) {
    reader->wait(Duration::millis(25));
    a = must(first->poll());
    b = must(second->poll());
  }
  BOOST_REQUIRE(a.size() == 1 && b.size() == 1);
  BOOST_TEST(a[0].partition + b[0].partition == 1u);
  first.reset();
  for (int i = 0; i < 1200 && b.size() < 2; ++i) {
    reader->wait(Duration::millis(25));
    b = must(second->poll());
  }
  BOOST_TEST((b == std::vector<Slot>{{"commands.things", 0}, {"commands.things", 1}}));
}

BOOST_AUTO_TEST_CASE(owners_of_one_topic_take_nothing_of_another) {
  const auto log = create_on_broker(on_broker(topics));
  auto deciders = must(log->own({"commands.things"}));
  auto forwarders = must(log->own({"events.things"}));
  auto both = must(log->own({"commands.things", "events.things"}));
  const auto reader = must(log->reader());  // only to wait with
  std::vector<Slot> a, b, c;
  const auto all_owned = [&] { return a.size() == 1 && b.size() == 1 && c.size() == 2; };
  for (int i = 0; i < 1200 && !all_owned(); ++i) {
    reader->wait(Duration::millis(25));
    a = must(deciders->poll());
    b = must(forwarders->poll());
    c = must(both->poll());
  }
  BOOST_REQUIRE(all_owned());
  std::vector<Slot> all = {a[0], b[0], c[0], c[1]};
  std::ranges::sort(all);
  BOOST_TEST((all == std::vector<Slot>{{"commands.things", 0},
                                       {"commands.things", 1},
                                       {"events.things", 0},
                                       {"events.things", 1}}));
  BOOST_TEST(a[0].topic == "commands.things");
  BOOST_TEST(b[0].topic == "events.things");
  both.reset();
  for (int i = 0; i < 1200 && !(a.size() == 2 && b.size() == 2); ++i) {
    reader->wait(Duration::millis(25));
    a = must(deciders->poll());
    b = must(forwarders->poll());
  }
  BOOST_TEST((a == std::vector<Slot>{{"commands.things", 0}, {"commands.things", 1}}));
  BOOST_TEST((b == std::vector<Slot>{{"events.things", 0}, {"events.things", 1}}));
}

BOOST_AUTO_TEST_CASE(other_tools_see_cloud_events) {
  const auto options = on_broker(topics);
  const auto log = create_on_broker(options);
  Record record = numbered(5);
  record.at = *Instant::parse("2026-11-21T09:30:00Z");
  must(must(log->writer("w"))->append(events, {&record, 1}, Durability::now));
  const std::string topic = options.prefix + "events.things";
  const std::string seen = shell("kcat -q -C -e -b " + options.bootstrap + " -t " + topic +
                                 R"( -p 0 -o 0 -f 'key=%k\nvalue=%s\nheaders=,%h,\n')");
  const std::string id = record.id.text();
  for (const std::string& part :
       {"key=" + record.stream.text() + "\n",
        "value=" + std::string(record.payload) + "\n",
        std::string(",ce_specversion=1.0,"),
        ",ce_id=" + id + ",",
        ",ce_source=/" + topic + ",",
        std::string(",ce_type=thing.Happened,"),
        ",ce_subject=" + record.stream.text() + ",",
        std::string(",ce_time=2026-11-21T09:30:00Z,"),
        std::string(",ce_dataschema=/schemas/thing.json#/$defs/Happened,"),
        std::string(",content-type=application/json,")})
    BOOST_TEST(seen.find(part) != std::string::npos, part << " is not in " << seen);
}

BOOST_AUTO_TEST_CASE(a_foreign_message_is_named) {
  const auto options = on_broker(topics);
  const auto log = create_on_broker(options);
  append(*must(log->writer("w")), events, 0, 3);
  const std::string topic = options.prefix + "events.things";
  shell("printf '{}' | kcat -P -b " + options.bootstrap + " -t " + topic + " -p 0");
  append(*must(log->writer("w")), events, 4, 2);
  const auto reader = must(log->reader());
  must(reader->seek(events, 0));
  require_numbers(read_more(*reader, events, 3).records, 0, 0);
  while (must(log->end(events)) < 6) reader->wait(Duration::millis(25));
  for (int i = 0; i < 2; ++i) {  // it stays until the reader is told where to go on
    const auto batch = reader->read(events, {});
    BOOST_REQUIRE(!batch);
    BOOST_TEST((batch.error().code == Code::corrupt));
    BOOST_TEST(batch.error().detail.find(topic + "/0: the message at offset 3") !=
               std::string::npos);
  }
  must(reader->seek(events, 4));
  require_numbers(read_more(*reader, events, 2).records, 4, 4);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::conformance::kafka_topics_test
