// What tests of logs need: random records, and a comparison that names the field that differs.
#pragma once
#include <limits>
#include <random>
#include <string>

#include "log/record.h"

namespace wf::test {

// A record whose views point into itself. Not copied, so that they stay true.
struct OwnedRecord {
  OwnedRecord() = default;
  OwnedRecord(const OwnedRecord&) = delete;
  OwnedRecord& operator=(const OwnedRecord&) = delete;

  Record record;
  std::string type;
  std::string payload;
  std::string link_topic;
  std::string origin_type;
};

inline Uuid uuid_of(std::uint64_t n) {
  Uuid id;
  for (unsigned i = 0; i < 8; ++i) {
    id.bytes[15 - i] = static_cast<std::uint8_t>(n >> (8 * i));
  }
  return id;
}

// Half of the time what it was, else small, any or extreme.
template <class Integer>
void maybe(Integer& value, std::mt19937_64& random) {
  using Limits = std::numeric_limits<Integer>;
  switch (random() % 8) {
    case 0:
      value = static_cast<Integer>(random() % 200);
      break;
    case 1:
      value = static_cast<Integer>(random());
      break;
    case 2:
      value = Limits::max();
      break;
    case 3:
      value = Limits::min();
      break;
    default:
      break;
  }
}

inline void maybe(Uuid& value, std::mt19937_64& random) {
  if (random() % 2 == 0) value = uuid_of(random());
}

inline std::string random_bytes(std::size_t size, std::mt19937_64& random) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// Every field is set or left alone at random, extreme values included; offset and appended stay.
inline void fill_randomly(OwnedRecord& out, std::mt19937_64& random, std::size_t payload_max) {
  constexpr Kind kinds[] = {Kind::command,
                            Kind::wake,
                            Kind::import_ended,
                            Kind::event,
                            Kind::send,
                            Kind::rejected,
                            Kind::nothing,
                            Kind::duplicate,
                            Kind::gap,
                            Kind::expired,
                            Kind::opened,
                            Kind::resumed,
                            Kind::trying,
                            Kind::log_id,
                            Kind::fact,
                            Kind::key,
                            Kind::forgotten};
  Record& r = out.record;
  r.kind = kinds[random() % std::size(kinds)];
  for (Uuid* id : {&r.id, &r.stream, &r.correlation, &r.causation, &r.principal.value}) {
    maybe(*id, random);
  }
  maybe(r.import, random);
  maybe(r.body, random);
  maybe(r.origin, random);
  for (Instant* at : {&r.at, &r.expires, &r.occurred_at, &r.commanded}) maybe(at->us, random);
  for (std::int64_t* n : {&r.if_match, &r.epoch, &r.cause, &r.next}) maybe(*n, random);
  for (std::uint32_t* n : {&r.roles, &r.hop, &r.index, &r.count}) maybe(*n, random);
  maybe(r.version, random);
  if (random() % 2 == 0) {
    out.link_topic = random_bytes(random() % 40, random);
    r.link = {out.link_topic, static_cast<std::uint32_t>(random()), random() | 1U};
  }
  out.origin_type = random_bytes(random() % 40, random);
  r.origin_type = out.origin_type;
  out.type = random_bytes(random() % 40, random);
  out.payload = random_bytes(payload_max == 0 ? 0 : random() % (payload_max + 1), random);
  r.type = out.type;
  r.payload = out.payload;
}

// "" when all fields but offset and appended are equal, else the first one that differs.
inline std::string difference(const Record& a, const Record& b) {
  if (a.kind != b.kind) return "kind";
  if (a.id != b.id) return "id";
  if (a.stream != b.stream) return "stream";
  if (a.at != b.at) return "at";
  if (a.type != b.type) return "type";
  if (a.payload != b.payload) return "payload";
  if (a.correlation != b.correlation) return "correlation";
  if (a.causation != b.causation) return "causation";
  if (a.principal != b.principal) return "principal";
  if (a.roles != b.roles) return "roles";
  if (a.expires != b.expires) return "expires";
  if (a.occurred_at != b.occurred_at) return "occurred_at";
  if (a.import != b.import) return "import";
  if (a.body != b.body) return "body";
  if (a.if_match != b.if_match) return "if_match";
  if (a.hop != b.hop) return "hop";
  if (a.link.topic != b.link.topic) return "link.topic";
  if (a.link.partition != b.link.partition) return "link.partition";
  if (a.link.n != b.link.n) return "link.n";
  if (a.epoch != b.epoch) return "epoch";
  if (a.cause != b.cause) return "cause";
  if (a.index != b.index) return "index";
  if (a.count != b.count) return "count";
  if (a.next != b.next) return "next";
  if (a.version != b.version) return "version";
  if (a.commanded != b.commanded) return "commanded";
  if (a.origin != b.origin) return "origin";
  if (a.origin_type != b.origin_type) return "origin_type";
  return "";
}

}  // namespace wf::test
