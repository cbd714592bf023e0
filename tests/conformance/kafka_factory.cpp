// Makes logs on the real broker, each with topics of its own.
#include "conformance/kafka_factory.h"

#include <boost/test/unit_test.hpp>

#include "conformance/kafka_broker.h"

namespace wf::conformance {
namespace {

class OnKafka : public LogFactory {
 public:
  std::unique_ptr<Log> create(const std::vector<TopicSpec>& topics) override {
    options_ = on_broker(topics);
    return create_on_broker(options_);
  }
  std::unique_ptr<Log> reopen(const std::vector<TopicSpec>& topics) override {
    options_.topics = topics;
    auto log = open_kafka_log(options_);
    BOOST_REQUIRE_MESSAGE(log, (log ? "" : log.error().detail));
    return std::move(*log);
  }

 private:
  KafkaLogOptions options_;
};

}  // namespace

std::unique_ptr<LogFactory> kafka_factory() { return std::make_unique<OnKafka>(); }

}  // namespace wf::conformance
