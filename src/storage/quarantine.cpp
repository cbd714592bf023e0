// Quarantine records: since 8 · reason · (topic, partition 4, offset 8)…
#include "storage/quarantine.h"

#include "storage/bytes.h"

namespace wf {

std::string encode_quarantine(const Quarantine& record) {
  std::string out;
  put_little(out, static_cast<std::uint64_t>(record.since.us));
  put_text(out, record.reason);
  for (const SlotOffset& slot : record.first) {
    put_text(out, slot.topic);
    put_little(out, slot.partition);
    put_little(out, static_cast<std::uint64_t>(slot.offset));
  }
  return out;
}

Result<Quarantine> decode_quarantine(std::string_view key, std::string_view bytes) {
  ByteReader reader(bytes);
  Quarantine record;
  record.key = key;
  record.since.us = static_cast<std::int64_t>(reader.little<std::uint64_t>());
  record.reason = reader.text();
  while (reader.ok() && !reader.at_end()) {
    SlotOffset slot;
    slot.topic = reader.text();
    slot.partition = reader.little<std::uint32_t>();
    slot.offset = static_cast<std::int64_t>(reader.little<std::uint64_t>());
    record.first.push_back(std::move(slot));
  }
  if (!reader.ok()) return fail(Code::corrupt, "a quarantine record is too short");
  return record;
}

}  // namespace wf
