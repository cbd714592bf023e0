// What every log keeps when it is opened again, and what it knows about itself.
#include "conformance/log_fixture.h"

namespace wf::conformance::lifetime_test {

BOOST_AUTO_TEST_SUITE(lifetime_tests)

BOOST_DATA_TEST_CASE(the_first_key_is_the_logs_id, all_logs(), kind) {
  const Fixture f(kind);
  BOOST_TEST(!f.log->id().nil());
  const Got got = read_more(*f.reader(keys), keys, 1);
  BOOST_TEST(got.records[0].offset == 0);
  BOOST_TEST((got.records[0].kind == Kind::log_id));
  BOOST_TEST((got.records[0].id == f.log->id()));
}

BOOST_DATA_TEST_CASE(two_logs_have_two_ids, all_logs(), kind) {
  const Fixture a(kind);
  const Fixture b(kind);
  BOOST_TEST((a.log->id() != b.log->id()));
}

BOOST_DATA_TEST_CASE(everything_is_there_again, all_logs(), kind) {
  Fixture f(kind);
  const Uuid id = f.log->id();
  {
    const auto writer = f.writer();
    append(*writer, events, 0, 100, 7);
    append(*writer, commands, 500, 20, 3, Durability::with_outcome);
  }
  f.reopen();
  BOOST_TEST((f.log->id() == id));
  BOOST_TEST(must(f.log->end(events)) == 100);
  BOOST_TEST(must(f.log->end(commands)) == 20);
  const auto reader = f.reader(events);
  must(reader->seek(commands, 0));
  require_numbers(read_more(*reader, events, 100).records, 0, 0);
  require_numbers(read_more(*reader, commands, 20).records, 500, 0);

  append(*f.writer(), events, 100, 10, 5);  // goes on where it ended, under a reader at the tail
  require_numbers(read_more(*reader, events, 10).records, 100, 100);
  must(reader->seek(events, 95));
  require_numbers(read_more(*reader, events, 15).records, 95, 95);
}

BOOST_DATA_TEST_CASE(it_knows_its_topics, all_logs(), kind) {
  const Fixture f(kind);
  for (const TopicSpec& asked : f.topics) {
    const auto& known = f.log->topics();
    BOOST_TEST(std::any_of(known.begin(), known.end(), [&](const TopicSpec& topic) {
      return topic.name == asked.name && topic.partitions == asked.partitions &&
             topic.compacted == asked.compacted;
    }));
  }
  BOOST_TEST(!f.log->end({"events.nothing", 0}).has_value());
  BOOST_TEST(!f.log->begin({"events.things", 99}).has_value());
}

BOOST_DATA_TEST_CASE(the_only_process_owns_all_partitions, all_logs(), kind) {
  const Fixture f(kind);
  const auto ownership = must(f.log->own({"commands.things"}));
  std::vector<Slot> owned;
  // A group of Kafka's needs a few polls until its member has joined.
  for (int i = 0; i < 600 && owned.size() < 3; ++i) {
    owned = must(ownership->poll());
    if (owned.size() < 3) f.reader(events)->wait(Duration::millis(50));
  }
  const std::string topic = "commands.things";
  BOOST_TEST((owned == std::vector<Slot>{{topic, 0}, {topic, 1}, {topic, 2}}));
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::conformance::lifetime_test
