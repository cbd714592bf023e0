// Fuzzes records as Kafka messages, without a broker: what a producer that reaches none gives back
// undelivered carries every header.
#include "log/kafka_message.h"

#include <array>

#include "base/check.h"
#include "fuzz/checksum.h"
#include "fuzz/input.h"
#include "log/test_records.h"

namespace wf::fuzz {
namespace {

// What the delivery report of one message says of it, and what it should say.
struct Report {
  const Record* sent = nullptr;  // null: bytes that nobody wrote
  bool came = false;
};

void on_report(rd_kafka_t*, const rd_kafka_message_t* message, void*) {
  Report& report = *static_cast<Report*>(message->_private);
  report.came = true;
  const auto record = kafka::decode(*message);
  if (report.sent == nullptr) return;
  WF_CHECK(record.has_value());
  WF_CHECK(test::difference(*report.sent, *record).empty());
}

class Producer {
 public:
  Producer() {
    rd_kafka_conf_t* conf = rd_kafka_conf_new();
    rd_kafka_conf_set_dr_msg_cb(conf, on_report);
    handle_.reset(rd_kafka_new(RD_KAFKA_PRODUCER, conf, nullptr, 0));
    WF_CHECK(handle_ != nullptr);
    topic_.reset(rd_kafka_topic_new(handle_.get(), "events.fuzz", nullptr));
  }

  void round_trip(const Record& record) {
    Report report{&record};
    WF_CHECK(kafka::produce(handle_.get(), topic_.get(), 0, record, &report, scratch_) ==
             RD_KAFKA_RESP_ERR_NO_ERROR);
    take_back(report);
  }

  void decode(std::string_view header, std::string_view type, std::string_view payload) {
    Report report;
    kafka::Headers headers(rd_kafka_headers_new(2));
    for (const auto& [name, value] : {std::pair("wf", header), std::pair("ce_type", type)}) {
      rd_kafka_header_add(headers.get(), name, -1, value.data(), std::ssize(value));
    }
    std::array<rd_kafka_vu_t, 6> fields{};
    fields[0].vtype = RD_KAFKA_VTYPE_RKT;
    fields[0].u.rkt = topic_.get();
    fields[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    fields[2].vtype = RD_KAFKA_VTYPE_MSGFLAGS;
    fields[2].u.i = RD_KAFKA_MSG_F_COPY;
    fields[3].vtype = RD_KAFKA_VTYPE_OPAQUE;
    fields[3].u.ptr = &report;
    fields[4].vtype = RD_KAFKA_VTYPE_HEADERS;
    fields[4].u.headers = headers.get();
    fields[5].vtype = RD_KAFKA_VTYPE_VALUE;
    fields[5].u.mem = {const_cast<char*>(payload.data()), payload.size()};
    const kafka::Failure failed(rd_kafka_produceva(handle_.get(), fields.data(), fields.size()));
    WF_CHECK(!failed);
    headers.release();  // now the message's
    take_back(report);
  }

 private:
  void take_back(const Report& report) {
    while (!report.came) {
      rd_kafka_purge(handle_.get(), RD_KAFKA_PURGE_F_QUEUE);
      rd_kafka_poll(handle_.get(), 100);
    }
  }

  kafka::Handle<rd_kafka_t, rd_kafka_destroy> handle_;
  kafka::Topic topic_;
  kafka::Scratch scratch_;
};

}  // namespace
}  // namespace wf::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static wf::fuzz::Producer producer;
  wf::fuzz::Input input(data, size);
  const std::string_view type = input.line();
  const std::string_view payload = input.line();
  const std::string header = wf::fuzz::with_checksum(input.rest());
  producer.decode(input.rest(), type, payload);
  producer.decode(header, type, payload);
  wf::Record record;
  if (!wf::read_header(header, record)) return 0;
  if (type == "wayfold.record") return 0;  // which stands for no type
  if (!record.link) record.link = {};
  record.type = type;
  record.payload = payload;
  producer.round_trip(record);
  return 0;
}
