// Topics that were deleted, recreated or trimmed under a reader: never an empty answer, never
// another log's records.
#include <fmt/format.h>

#include <array>

#include "conformance/kafka_broker.h"
#include "conformance/log_fixture.h"
#include "log/kafka_client.h"

namespace wf::conformance::kafka_lost_test {
namespace {

const std::vector<TopicSpec> topics{
    {"keys", 1, true}, {"events.things", 1}, {"commands.things", 1}};

struct Lost {
  KafkaLogOptions options = on_broker(topics);
  std::unique_ptr<Log> log = create_on_broker(options);
  std::shared_ptr<kafka::Client> client = must(kafka::Client::make(options, {.name = "test"}));
  kafka::Queue answers{rd_kafka_queue_new(client->get())};
  std::string topic = options.prefix + events.topic;

  void await_answer() {
    const kafka::Event event(rd_kafka_queue_poll(answers.get(), -1));
    BOOST_REQUIRE_MESSAGE(rd_kafka_event_error(event.get()) == RD_KAFKA_RESP_ERR_NO_ERROR,
                          rd_kafka_event_error_string(event.get()));
  }

  void delete_topic() {
    const kafka::Handle<rd_kafka_DeleteTopic_t, rd_kafka_DeleteTopic_destroy> request(
        rd_kafka_DeleteTopic_new(topic.c_str()));
    auto* raw = request.get();
    rd_kafka_DeleteTopics(client->get(), &raw, 1, nullptr, answers.get());
    await_answer();
  }

  void grow_topic(std::size_t partitions) {
    std::array<char, 256> why{};
    const kafka::Handle<rd_kafka_NewPartitions_t, rd_kafka_NewPartitions_destroy> request(
        rd_kafka_NewPartitions_new(topic.c_str(), partitions, why.data(), why.size()));
    auto* raw = request.get();
    rd_kafka_CreatePartitions(client->get(), &raw, 1, nullptr, answers.get());
    await_answer();
  }

  void trim(Offset before) {
    const kafka::Partitions partitions(rd_kafka_topic_partition_list_new(1));
    rd_kafka_topic_partition_list_add(partitions.get(), topic.c_str(), 0)->offset = before;
    const kafka::Handle<rd_kafka_DeleteRecords_t, rd_kafka_DeleteRecords_destroy> request(
        rd_kafka_DeleteRecords_new(partitions.get()));
    auto* raw = request.get();
    rd_kafka_DeleteRecords(client->get(), &raw, 1, nullptr, answers.get());
    await_answer();
  }
};

// Every answer before it must be empty.
Error first_error(Reader& reader) {
  while (true) {
    const auto batch = reader.read(events, {});
    if (!batch) return batch.error();
    BOOST_REQUIRE(batch->records.empty());
    reader.wait(Duration::millis(50));
  }
}

}  // namespace

BOOST_FIXTURE_TEST_SUITE(kafka_lost_tests, Lost)

BOOST_AUTO_TEST_CASE(a_trimmed_log_begins_later) {
  append(*must(log->writer("w")), events, 0, 10);
  trim(4);
  BOOST_TEST(must(log->begin(events)) == 4);
  BOOST_TEST(must(log->end(events)) == 10);
  const auto reader = must(log->reader());
  const auto before = reader->seek(events, 3);
  BOOST_REQUIRE(!before);
  BOOST_TEST((before.error().code == Code::mismatch));
  must(reader->seek(events, 4));
  require_numbers(read_more(*reader, events, 6).records, 4, 4);
}

// As one that has just started: it told of fewer partitions than there are.
BOOST_AUTO_TEST_CASE(a_broker_that_did_not_know_a_partition_yet_is_asked_again) {
  const auto asking = must(kafka::Client::make(options, {.name = "asking"}));
  const auto unknown = asking->watermarks(topic, 1, options.query_deadline);
  BOOST_REQUIRE(!unknown);
  BOOST_TEST((unknown.error().code == Code::not_found));
  grow_topic(2);
  auto known = asking->watermarks(topic, 1, options.query_deadline);
  for (int again = 0; !known && again < 20; ++again) {  // it may take the broker a moment
    known = asking->watermarks(topic, 1, options.query_deadline);
  }
  BOOST_TEST(must(std::move(known)).second == 0);
}

BOOST_AUTO_TEST_CASE(a_recreated_topic_is_a_mismatch_to_its_reader) {
  append(*must(log->writer("w")), events, 0, 10);
  const auto reader = must(log->reader());
  must(reader->seek(events, 0));
  read_more(*reader, events, 10);
  delete_topic();
  BOOST_TEST(!must(ensure_topics(options, one_broker)).created.empty());
  append(*must(log->writer("w")), events, 100, 3);
  Error error = first_error(*reader);
  while (error.code == Code::not_found) error = first_error(*reader);  // between the two topics
  BOOST_TEST((error.code == Code::mismatch), error.detail);
  const auto again = reader->seek(events, 10);
  BOOST_REQUIRE(!again);
  BOOST_TEST((again.error().code == Code::mismatch));
  must(reader->seek(events, 0));
  require_numbers(read_more(*reader, events, 3).records, 100, 0);
  BOOST_TEST(must(reader->read(events, {})).records.empty());  // its end is nearer than it was
}

BOOST_AUTO_TEST_CASE(a_deleted_topic_is_not_found_by_its_reader) {
  append(*must(log->writer("w")), events, 0, 10);
  const auto reader = must(log->reader());
  must(reader->seek(events, 0));
  read_more(*reader, events, 10);
  delete_topic();
  BOOST_TEST((first_error(*reader).code == Code::not_found));
  BOOST_TEST((first_error(*reader).code == Code::not_found));  // and again: it is no quiet topic
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::conformance::kafka_lost_test
