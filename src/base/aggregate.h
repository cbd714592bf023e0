// Aggregates, policies and commands as the runtime sees them: erased by generated adapters, so no
// template leaks out.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "base/result.h"

namespace wf {

class Aggregate;
class Json;

// A type of event. One static object each, in the generated catalogue; compared by address.
struct EventType {
  std::string_view name;       // "booking.Reserved"
  std::string_view aggregate;  // "booking"
  std::uint16_t index = 0;     // dense over the catalogue
  std::shared_ptr<const void> (*decode)(std::string_view payload) =
      nullptr;  // null: not what its schema says
};

// An event, decoded once and handed to every fold of it. Immutable; any thread.
class Event {
 public:
  Event(const EventType& type, std::shared_ptr<const void> body)
      : type_(&type), body_(std::move(body)) {}
  const EventType& type() const { return *type_; }
  template <class E>  // E must be what type() says; generated code alone calls this
  const E& as() const {
    return *static_cast<const E*>(body_.get());
  }

 private:
  const EventType* type_;
  std::shared_ptr<const void> body_;
};

// One wrong place in a client's body.
struct Fault {
  std::string pointer;  // JSON Pointer (RFC 6901)
  std::string code;     // "required", "type", "max_length", "unknown_field", …: stable
  std::string detail;
};

struct Reason {
  std::string_view name;         // "too_late"
  std::uint16_t status = 409;    // 409, 403, 404, 412 or 422
  std::string_view detail = {};  // for people: no quotes, backslashes or control characters
};

// A field of a command whose plaintext never reaches the log.
struct SealedField {
  enum class How : std::uint8_t { personal, argon2id };
  std::string_view name;
  How how = How::personal;
  std::string_view
      subject;  // personal: the field holding the subject's id; "principal"; or "stream"
};

// Where a command's stream id comes from.
enum class StreamFrom : std::uint8_t {
  created,    // UUIDv5(principal, Idempotency-Key, route): a new stream
  path,       // {id} of the route is the stream
  body,       // a field of the body, named by `stream_field`
  table,      // the row {id} of table `stream_table`, its column `stream_field`
  principal,  // the account's own stream
  internal,   // no route: only policies, deadlines and the gateway's own code send it
};

struct CommandType {
  std::string_view name;  // "booking.Reserve"
  std::string_view aggregate;
  std::string_view topic;  // family: "bookings"
  std::uint16_t index = 0;
  std::string_view method;  // "POST"; empty: no route
  std::string_view path;    // "/bookings/{id}/cancel"
  StreamFrom stream_from = StreamFrom::internal;
  // the property filled from the route's parameter; empty: the parameter is the stream
  std::string_view path_field;
  std::string_view stream_table;
  std::string_view stream_field;
  std::string_view creates;   // "booking": the answer is 201 with that id; empty: 200
  std::uint32_t roles = 0;    // who may send it, bits of Role
  bool key_required = false;  // Idempotency-Key
  std::span<const SealedField> sealed;
  std::span<const Reason> reasons;
  std::string_view summary;
  std::string_view sample;  // a valid body
  void (*validate)(const Json& body,
                   std::vector<Fault>& faults) = nullptr;  // every fault, not the first
};

// The state of one aggregate in one stream. Only its own Aggregate knows what is in it.
class AnyState {
 public:
  virtual ~AnyState() = default;
};
using StatePtr = std::unique_ptr<AnyState>;

struct MadeEvent {
  const EventType* type = nullptr;
  std::string payload;
};

// An erased Decision: a reason, or events, or (neither) nothing.
struct Decided {
  const Reason* reason = nullptr;
  std::vector<MadeEvent> events;
};

struct Deadline {
  Instant due;
  const CommandType* command = nullptr;
  std::string payload;
};

// Stateless and immutable: one object per aggregate, any thread. decide() may throw (a bug in it,
// or bad_alloc): the command worker answers rejected{internal}. evolve() is total.
class Aggregate {
 public:
  virtual ~Aggregate() = default;
  virtual std::string_view name() const = 0;
  virtual std::string_view topic() const = 0;
  virtual StatePtr initial() const = 0;
  virtual bool sees(
      const EventType& type) const = 0;  // its own events, and those declared of its neighbours
  virtual void evolve(StatePtr& state, const Event& event) const = 0;  // moves the state through
  // Code::invalid if the payload is not what the command's schema says.
  virtual Result<Decided> decide(const AnyState& state,
                                 const CommandType& command,
                                 std::string_view payload,
                                 const Context& context) const = 0;
  virtual std::optional<Deadline> deadline(const AnyState& state) const = 0;
  virtual void encode(const AnyState& state, std::string& out) const = 0;
  virtual Result<StatePtr> decode(
      std::string_view stored) const = 0;  // also of an earlier build's encode()
};

// A policy's command, before the decider numbers it.
struct Sending {
  const CommandType* command = nullptr;
  Uuid stream;
  std::string payload;
};

// `react` of one aggregate: its own commands, for events of other aggregates. Stateless; any
// thread.
class Policy {
 public:
  virtual ~Policy() = default;
  virtual std::string_view aggregate() const = 0;
  virtual bool reacts(const EventType& type) const = 0;
  virtual void react(const Event& event, const Meta& meta, std::vector<Sending>& out) const = 0;
};

}  // namespace wf
