// The log's id: the log_id record that is first in keys/0.
#include <fmt/format.h>

#include <algorithm>

#include "log/kafka_client.h"
#include "log/kafka_parts.h"

namespace wf::kafka {
namespace {

const Slot first_slot{"keys", 0};

Result<void> write(const KafkaLogOptions& options, const KnownEnds& slots) {
  auto writer = make_appender(options, slots, "topics");
  if (!writer) return tl::unexpected(writer.error());
  Record record;
  record.kind = Kind::log_id;
  record.id = Uuid::random();
  record.stream = record.id;  // a message key of its own: compaction keeps the first one for ever
  record.at = wall_clock();
  record.payload = "{}";
  return (*writer)->append(first_slot, {&record, 1}, Durability::now);
}

}  // namespace

Result<Uuid> read_log_id(const KafkaLogOptions& options) {
  const std::string topic = options.prefix + first_slot.topic;
  auto client = Client::make(options, {.name = "log_id"});
  if (!client) return tl::unexpected(client.error());
  auto range = (*client)->watermarks(topic, first_slot.partition, options.query_deadline);
  if (!range) return tl::unexpected(range.error());
  if (range->first == range->second) {
    return fail(Code::not_found,
                fmt::format("{}/0 is empty: `wayfold topics` writes the log's id there", topic));
  }
  KnownEnds ends;
  ends[first_slot] = 0;
  Consumers consumers(options);
  auto reader = make_reader(options, ends, consumers, *client);
  if (!reader) return tl::unexpected(reader.error());
  if (auto ok = (*reader)->seek(first_slot, range->first); !ok) return tl::unexpected(ok.error());
  auto batch = (*reader)->read(first_slot, {.records = 1});
  if (!batch) return tl::unexpected(batch.error());
  if (batch->records.empty() || batch->records[0].kind != Kind::log_id) {
    return fail(Code::mismatch,
                fmt::format("{}/0 does not begin with a log's id: it is not Wayfold's", topic));
  }
  return batch->records[0].id;
}

Result<Uuid> ensure_log_id(const KafkaLogOptions& options) {
  auto id = read_log_id(options);
  if (id || id.error().code != Code::not_found) return id;
  KnownEnds ends;
  ends[first_slot] = 0;
  if (auto ok = write(options, ends); !ok) return tl::unexpected(ok.error());
  return read_log_id(options);
}

}  // namespace wf::kafka
