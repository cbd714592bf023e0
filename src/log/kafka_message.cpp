// Writes and reads the headers of Wayfold's Kafka messages.
#include "log/kafka_message.h"

#include <fmt/format.h>

#include <array>
#include <iterator>

namespace wf::kafka {
namespace {

constexpr const char* header_name = "wf";
constexpr const char* type_name = "ce_type";
constexpr std::string_view untyped = "wayfold.record";  // CloudEvents wants a type, records may not

void add(rd_kafka_headers_t* headers, std::string_view name, std::string_view value) {
  rd_kafka_header_add(headers,
                      name.data(),
                      static_cast<ssize_t>(name.size()),
                      value.data() == nullptr ? "" : value.data(),
                      static_cast<ssize_t>(value.size()));
}

// "booking.Reserved" is described by schemas/booking.json, in its $defs.
void add_schema(rd_kafka_headers_t* headers, std::string_view type, std::string& text) {
  const auto dot = type.find('.');
  if (dot == std::string_view::npos) return;
  text.clear();
  fmt::format_to(std::back_inserter(text),
                 "/schemas/{}.json#/$defs/{}",
                 type.substr(0, dot),
                 type.substr(dot + 1));
  add(headers, "ce_dataschema", text);
}

Headers headers_of(rd_kafka_topic_t* topic, const Record& record, Scratch& scratch) {
  Headers headers(rd_kafka_headers_new(9));
  scratch.header.clear();
  append_header(scratch.header, record);
  add(headers.get(), header_name, scratch.header);
  add(headers.get(), type_name, record.type.empty() ? untyped : record.type);
  add(headers.get(), "ce_specversion", "1.0");
  scratch.text.resize(36);
  record.id.write(scratch.text.data());
  add(headers.get(), "ce_id", scratch.text);
  scratch.text = '/';
  scratch.text += rd_kafka_topic_name(topic);
  add(headers.get(), "ce_source", scratch.text);
  add(headers.get(), "ce_subject", scratch.key);
  scratch.text.clear();
  record.at.append_to(scratch.text);
  add(headers.get(), "ce_time", scratch.text);
  add_schema(headers.get(), record.type, scratch.text);
  add(headers.get(), "content-type", "application/json");
  return headers;
}

std::string_view header(const rd_kafka_headers_t* headers, const char* name) {
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return {};
  return {static_cast<const char*>(value), size};
}

tl::unexpected<Error> corrupt(const rd_kafka_message_t& message, std::string_view why) {
  return fail(Code::corrupt,
              fmt::format("{}/{}: the message at offset {} {}",
                          rd_kafka_topic_name(message.rkt),
                          message.partition,
                          message.offset,
                          why));
}

rd_kafka_vu_t field(rd_kafka_vtype_t type) {
  rd_kafka_vu_t result{};
  result.vtype = type;
  return result;
}

rd_kafka_vu_t bytes(rd_kafka_vtype_t type, std::string_view value) {
  rd_kafka_vu_t result = field(type);
  // librdkafka does not write through this pointer; it copies (RD_KAFKA_MSG_F_COPY). A null one
  // would be a tombstone.
  result.u.mem.ptr = const_cast<char*>(value.data() == nullptr ? "" : value.data());
  result.u.mem.size = value.size();
  return result;
}

}  // namespace

rd_kafka_resp_err_t produce(rd_kafka_t* producer,
                            rd_kafka_topic_t* topic,
                            std::uint32_t partition,
                            const Record& record,
                            void* report,
                            Scratch& scratch) {
  scratch.key.resize(36);
  record.stream.write(scratch.key.data());
  Headers headers = headers_of(topic, record, scratch);
  std::array fields{field(RD_KAFKA_VTYPE_RKT),
                    field(RD_KAFKA_VTYPE_PARTITION),
                    field(RD_KAFKA_VTYPE_MSGFLAGS),
                    field(RD_KAFKA_VTYPE_OPAQUE),
                    field(RD_KAFKA_VTYPE_HEADERS),
                    bytes(RD_KAFKA_VTYPE_KEY, scratch.key),
                    bytes(RD_KAFKA_VTYPE_VALUE, record.payload)};
  fields[0].u.rkt = topic;
  fields[1].u.i32 = static_cast<int32_t>(partition);
  fields[2].u.i = RD_KAFKA_MSG_F_COPY;
  fields[3].u.ptr = report;
  fields[4].u.headers = headers.get();
  const Failure failure(rd_kafka_produceva(producer, fields.data(), fields.size()));
  if (failure) return rd_kafka_error_code(failure.get());
  headers.release();  // now the message's
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

Result<Record> decode(const rd_kafka_message_t& message) {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(&message, &headers) != RD_KAFKA_RESP_ERR_NO_ERROR)
    return corrupt(message, "has no headers: it is not Wayfold's");
  const std::string_view own = header(headers, header_name);
  if (own.empty()) return corrupt(message, "has no `wf` header: it is not Wayfold's");
  Record record;
  if (auto ok = read_header(own, record); !ok) return corrupt(message, ok.error().detail);
  record.offset = message.offset;
  record.type = header(headers, type_name);
  if (record.type == untyped) record.type = {};
  record.payload = {static_cast<const char*>(message.payload), message.len};
  if (record.appended.us == 0) {
    rd_kafka_timestamp_type_t kind = RD_KAFKA_TIMESTAMP_NOT_AVAILABLE;
    record.appended.us = rd_kafka_message_timestamp(&message, &kind) * 1000;
  }
  return record;
}

}  // namespace wf::kafka
