// A record: one entry on the log, a CloudEvent with Wayfold's own header beside it. A value of
// views; any thread.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "base/uuid.h"

namespace wf {

using Offset = std::int64_t;  // dense from 0 in every partition of commands.*; -1: none

struct Slot {
  std::string
      topic;  // without the deployment's prefix: "commands.bookings", "events.bookings", "keys"
  std::uint32_t partition = 0;

  auto operator<=>(const Slot&) const = default;
};

enum class Kind : std::uint8_t {
  // on commands.*
  command = 1,       // someone wants something; `type` names it
  wake = 2,          // a deadline of `stream` was due at `at`; means nothing by itself
  import_ended = 3,  // streams last written by this import may be woken again
  // on events.*: data records; one outcome = `count` records with one cause
  event = 10,
  send = 11,       // a policy's command for another partition, copied there by the forwarder
  rejected = 12,   // payload {"reason": …, "detail": …}
  nothing = 13,    // already so
  duplicate = 14,  // payload: the first answer
  gap = 15,        // a forwarded command that came too early
  expired = 16,
  // on events.*: control records, never part of an outcome
  opened = 20,   // its offset is the epoch; id = nonce, payload {"build": …}
  resumed = 21,  // epoch; cause = last accepted cause (-1: none); next
  trying = 22,   // epoch; cause = the command about to be decided
  // elsewhere
  log_id = 30,  // first record of the keys topic; id = the log's id
  fact = 31,
  key = 32,  // a subject's wrapped key
  forgotten = 33,
};

bool is_control(Kind kind);  // opened, resumed, trying
bool is_data(Kind kind);     // what an outcome is made of: event … expired

// On a send: its target, and its dense number (from 1) per source partition → target partition.
// On a forwarded command: its source, and the same number.
struct Link {
  std::string_view topic;  // of a target "commands.…", of a source "events.…"
  std::uint32_t partition = 0;
  std::uint64_t n = 0;  // 0: no link

  explicit operator bool() const { return n != 0; }
};

// Fields a kind does not use keep their defaults and cost next to nothing on the log. The views
// point into the Batch a reader returned, or into what the appender's caller keeps alive during
// append().
struct Record {
  Offset offset = -1;  // set by the log when read
  Instant
      appended;  // the log's clock when appended (of a copied record the original's); set when read

  Kind kind = Kind::command;
  Uuid id;      // ce_id: command id, event id, nonce
  Uuid stream;  // ce_subject: the key within the topic
  Instant at;   // ce_time: the gateway's clock on commands, the decision's `now` on outcomes
  std::string_view type;     // ce_type: "booking.Reserve", "booking.Reserved"
  std::string_view payload;  // a JSON object
  Uuid correlation;          // the client's request everything follows from
  Uuid causation;  // what this one follows from: event → command id, forwarded command → event id

  // commands and sends
  AccountId principal;      // guest (nil), an account, or system_account
  std::uint32_t roles = 0;  // bits of gen's Role, judged by the gateway as of `at`
  Instant expires;          // {0}: never
  Instant occurred_at;      // {0}: not set; only the importer's role may
  Uuid import;              // nil: not imported
  Uuid body;  // first 128 bits of HMAC(fingerprint key, RFC 8785 form of the plaintext request)
  std::int64_t if_match = -1;  // the version the client saw; -1: any
  std::uint32_t hop = 0;       // policies between the client and this command
  Link link;
  Uuid origin;  // sends and forwarded commands: the stream of the event they follow…
  std::string_view origin_type;  // …and its type, so that a refusal finds its way back

  // outcomes and control records; an outcome's records also carry their command's principal,
  // import, body and link
  Offset epoch = -1;        // offset of the `opened` record its writer stands on
  Offset cause = -1;        // offset of the command, in the commands partition of the same number
  std::uint32_t index = 0;  // 0 … count − 1
  std::uint32_t count = 0;
  Offset next = -1;           // resumed: the command offset it goes on with
  std::uint64_t version = 0;  // events of the stream so far, this one included
  Instant commanded;          // outcomes: when their command was appended
};

// Wayfold's own header: every field above except offset, type and payload; `appended` only when it
// is not 0, which is how a copied record keeps its original's. Binary; the first byte is the
// format's version, an unknown one is `corrupt`.
void append_header(std::string& out, const Record& record);
Result<void> read_header(std::string_view bytes, Record& record);

}  // namespace wf
