// Every event ever released still decodes, evolves every aggregate that sees it, and folds into
// every table that wants it.
#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "base/catalogue.h"
#include "base/json.h"

namespace wf {
namespace {

struct Sample {
  std::string name;  // "booking.Reserved"
  std::string payload;
};

std::vector<Sample> samples() {
  const char* root = std::getenv("WF_SOURCE_DIR");
  BOOST_REQUIRE_MESSAGE(root != nullptr, "run by ctest, or with WF_SOURCE_DIR");
  std::vector<Sample> found;
  for (const auto& file :
       std::filesystem::directory_iterator(std::string(root) + "/tests/golden/events")) {
    std::ostringstream text;
    text << std::ifstream(file.path()).rdbuf();
    found.push_back({file.path().stem().stem().string(), text.str()});  // NAME.VERSION.json
  }
  return found;
}

Meta meta_of() {
  Meta meta;
  meta.stream = Uuid::v5({}, "stream");
  meta.id = Uuid::v5({}, "event");
  meta.stream_version = 1;
  meta.at = {1'795'251'600'000'000};
  return meta;
}

Event decoded(const Sample& sample) {
  const EventType* type = catalogue().event(sample.name);
  BOOST_REQUIRE_MESSAGE(type != nullptr, sample.name << " is no longer known");
  std::shared_ptr<const void> body = type->decode(sample.payload);
  BOOST_REQUIRE_MESSAGE(body != nullptr, sample.name << " does not decode: " << sample.payload);
  return {*type, std::move(body)};
}

}  // namespace

BOOST_AUTO_TEST_SUITE(events_tests)

BOOST_AUTO_TEST_CASE(every_type_has_a_sample) {
  const std::vector<Sample> all = samples();
  for (const EventType& type : catalogue().events) {
    const auto same = [&type](const Sample& sample) { return sample.name == type.name; };
    BOOST_TEST(std::ranges::any_of(all, same), type.name);
  }
}

BOOST_AUTO_TEST_CASE(aggregates_evolve_every_sample_and_store_what_they_make) {
  for (const Sample& sample : samples()) {
    const Event event = decoded(sample);
    for (const Aggregate* aggregate : catalogue().aggregates) {
      if (!aggregate->sees(event.type())) continue;
      StatePtr state = aggregate->initial();
      aggregate->evolve(state, event);
      std::string stored;
      aggregate->encode(*state, stored);
      const Result<StatePtr> loaded = aggregate->decode(stored);
      BOOST_REQUIRE_MESSAGE(loaded.has_value(), aggregate->name() << ": " << stored);
      std::string again;
      aggregate->encode(**loaded, again);
      BOOST_TEST(again == stored);
    }
  }
}

BOOST_AUTO_TEST_CASE(tables_fold_every_sample_and_store_what_they_make) {
  for (const Sample& sample : samples()) {
    const Event event = decoded(sample);
    for (const TableType* table : catalogue().tables) {
      if (!table->folds(event.type())) continue;
      std::vector<Touch> touched;
      table->touches(event, meta_of(), touched);
      BOOST_TEST(!touched.empty(), table->info().name << " is not touched by " << sample.name);
      for (const Touch& touch : touched) {
        const RowPtr row = table->fresh();
        table->fold(*row, touch.part, event, meta_of());
        std::string stored;
        table->encode(*row, stored);
        const Result<RowPtr> loaded = table->decode(stored);
        BOOST_REQUIRE_MESSAGE(loaded.has_value(), table->info().name << ": " << stored);
        std::string again;
        table->encode(**loaded, again);
        BOOST_TEST(again == stored);
      }
    }
  }
}

BOOST_AUTO_TEST_CASE(every_command_has_a_valid_sample) {
  for (const CommandType& type : catalogue().commands) {
    BOOST_TEST(catalogue().command(type.name) == &type);
    if (type.path.empty()) continue;
    const Result<JsonDocument> body = parse_json(type.sample);
    BOOST_REQUIRE_MESSAGE(body.has_value(), type.name);
    std::vector<Fault> faults;
    type.validate(body->root(), faults);
    for (const Fault& fault : faults) BOOST_ERROR(type.name << fault.pointer << " " << fault.code);
  }
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf
