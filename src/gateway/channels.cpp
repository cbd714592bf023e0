// A change marks its channel dirty; the io thread reads the row once for all its subscribers.
#include "gateway/channels.h"

#include <absl/hash/hash.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/index_key.h"
#include "gateway/query_handler.h"
#include "gateway/query_string.h"
#include "gateway/row_json.h"

namespace wf::gateway {
namespace {

constexpr std::string_view prefix = "/ws/";
constexpr std::string_view bearer = "bearer.";
constexpr std::size_t checked_per_tick = 256;
constexpr std::size_t published_per_turn = 512;   // rows read, and rows offered
constexpr std::uint16_t policy_violation = 1008;  // RFC 6455, 7.4.1

// What the client has of the row, and has seen of the log.
struct Seen {
  std::uint64_t since = 0;
  Offsets position;
};

constexpr std::string_view no_sequence = "a sequence number is needed";

bool read_sequence(std::string_view text, std::uint64_t& sequence) {
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, sequence);
  return error == std::errc{} && end == last;
}

std::variant<Seen, Response> seen_by_client(const Request& request, const Uuid& log) {
  const auto parameters = parse_query(request.query);
  if (!parameters) return malformed_query();
  Seen seen;
  std::string_view given_as = "Wayfold-Position";
  std::string position(request.headers.get(given_as).value_or(""));
  // A browser that comes again says it there, with the address it first had.
  const auto last = request.headers.get("Last-Event-ID");
  for (const auto& [name, value] : *parameters) {
    if (name == "position") {
      given_as = "position";
      position = value;
      continue;
    }
    if (name != "since") return invalid_parameter(name, "there is no such parameter");
    if (!read_sequence(value, seen.since)) return invalid_parameter(name, no_sequence);
  }
  if (last && !read_sequence(*last, seen.since)) {
    return invalid_parameter("Last-Event-ID", no_sequence);
  }
  if (position.empty()) return seen;
  auto offsets = seen_position(given_as, position, log);
  if (auto* const refused = std::get_if<Response>(&offsets)) return std::move(*refused);
  seen.position = std::get<Offsets>(std::move(offsets));
  return seen;
}

// The token among the offered subprotocols; empty: none.
std::string_view offered_token(const Request& request) {
  for (const std::string_view one : members_of(request.headers, "Sec-WebSocket-Protocol")) {
    if (one.starts_with(bearer)) return one.substr(bearer.size());
  }
  return {};
}

// Subprotocols' names are compared byte by byte: a client closes a connection that answers another
// than it offered (RFC 6455, 4.1).
bool offers_wayfold(const Request& request) {
  const auto offers = members_of(request.headers, "Sec-WebSocket-Protocol");
  return std::find(offers.begin(), offers.end(), "wayfold") != offers.end();
}

}  // namespace

class Channels::Subscriber : public Listener {
 public:
  Subscriber(Channels& hub, Address to, Caller who, std::string token, std::uint64_t since)
      : hub_(hub),
        address(std::move(to)),
        caller(who),
        token_(std::move(token)),
        sequence_(since) {}

  void on_open(WebSocket& socket) override {
    socket_ = &socket;
    hub_.add(*this);
    const auto row = hub_.read(address);
    if (row) offer(*row);
    if (!row) hub_.unread_.push_back(address);
  }
  void on_message(std::string_view) override {
    close(policy_violation, "nothing is expected from the client");
  }
  void on_close(std::uint16_t) override {
    hub_.remove(*this);
    socket_ = nullptr;
  }
  void close(std::uint16_t code, std::string_view reason) {
    if (socket_ != nullptr) socket_->close(code, reason);
  }
  void offer(const Published& row) {
    if (socket_ == nullptr) return;
    const RowAccess access = row_access(address.table->type().info(), caller);
    const bool visible = row.readable && may_read(access, caller, row.stored);
    if (visible && resuming_ && !resume(row)) return;
    if (visible && is_news(row)) {
      sequence_ = row.sequence;
      hash_ = row.hash;
      shown_ = true;
      socket_->send(row.message);
    } else if (!visible && shown_) {
      shown_ = false;
      // Of the row before: the number of one that comes back is not known, and must be newer.
      socket_->send(std::make_shared<const Message>(
          fmt::format(R"({{"sequence":{},"row":null}})", sequence_), sequence_));
    }
  }
  bool is_news(const Published& row) const {
    if (row.sequence != sequence_) return row.sequence > sequence_;
    return !shown_ || row.hash != hash_;
  }
  // The first row of a channel. Where the log was restored, or the code folds fewer events, the row
  // may never come to what its client has seen: then it is counted anew. False while the table is
  // still read to its end. A row of the sequence its client has seen counts as the one seen.
  bool resume(const Published& row) {
    if (row.sequence < sequence_) {
      if (!address.table->state().live) return false;
      sequence_ = 0;
    }
    if (row.sequence == sequence_) hash_ = row.hash;
    resuming_ = false;
    return true;
  }
  bool still_good(Instant now) {
    if (token_.empty()) return true;
    const auto answer = hub_.authenticator_.authenticate_token(token_, now);
    const auto* refusal = std::get_if<Response>(&answer);
    // While nobody can tell, as no table of sessions is there, it goes on: it is asked again.
    return refusal == nullptr || refusal->status == 503;
  }

 private:
  Channels& hub_;

 public:
  const Address address;
  const Caller caller;

 private:
  const std::string token_;
  std::uint64_t sequence_;
  std::size_t hash_ = 0;  // of the row it names
  bool resuming_ = true;  // nothing was read yet
  bool shown_ = true;     // the client may have a row from before
  WebSocket* socket_ = nullptr;
};

Channels::Channels(const Services& services,
                   Authenticator& authenticator,
                   const KeyRing& keys,
                   Post post)
    : services_(services), authenticator_(authenticator), keys_(keys), post_(std::move(post)) {}

Channels::~Channels() = default;

std::variant<UpgradeAnswer, NotYet> Channels::upgrade(const Request& request, Instant now) {
  std::string_view path = request.path;
  if (path.starts_with("/api/")) path.remove_prefix(4);
  if (!path.starts_with(prefix)) return not_found();
  path.remove_prefix(prefix.size());
  const std::size_t slash = path.find('/');
  const auto found = services_.tables.find(path.substr(0, std::min(slash, path.size())));
  if (slash == path.npos || found == services_.tables.end()) return not_found();
  const TableView& table = *found->second;
  const TableInfo& info = table.type().info();
  if (!info.channel || info.key.size() != 1) return not_found();

  const std::string_view offered = offered_token(request);
  const std::string token(offered.empty() ? bearer_token(request).value_or("") : offered);
  // Its address has been counted already.
  auto who = token.empty() ? authenticator_.authenticate(request, now, [] { return true; })
                           : authenticator_.authenticate_token(token, now);
  if (auto* const refused = std::get_if<Response>(&who)) return std::move(*refused);
  const Caller& caller = std::get<Caller>(who);
  const RowAccess access = row_access(info, caller);
  if (access.none()) return not_allowed(caller);
  auto asked = seen_by_client(request, services_.log.id());
  if (auto* const refused = std::get_if<Response>(&asked)) return std::move(*refused);
  const Seen& seen = std::get<Seen>(asked);
  std::string key;
  if (!append_index_text(key, info.columns[info.key[0]], path.substr(slash + 1))) {
    return not_found();
  }
  if (!has_reached(table, seen.position)) return NotYet{&table, seen.position};
  const bool was_live = table.is_live();
  const auto row = table.get(key);
  if (!row) return retry_later("unavailable", "the table cannot be read now");
  if (!row->found()) return QueryHandler::absent(table, *row, was_live);
  if (!may_read(access, caller, row->json)) return not_found();
  Accept accept;
  accept.listener = std::make_unique<Subscriber>(
      *this, Address{&table, std::move(key)}, caller, token, seen.since);
  if (offers_wayfold(request)) accept.subprotocol = "wayfold";
  return accept;
}

void Channels::add(Subscriber& subscriber) {
  subscribers_.push_back(&subscriber);
  by_address_[subscriber.address].push_back(&subscriber);
  const std::lock_guard lock(mutex_);
  watched_[std::string(subscriber.address.table->type().info().name)].insert(
      subscriber.address.key);
}

void Channels::remove(Subscriber& subscriber) {
  std::erase(subscribers_, &subscriber);
  std::erase(left_, &subscriber);
  const auto at = by_address_.find(subscriber.address);
  if (at == by_address_.end()) return;
  std::erase(at->second, &subscriber);
  if (!at->second.empty()) return;
  by_address_.erase(at);
  const std::lock_guard lock(mutex_);
  const std::string name(subscriber.address.table->type().info().name);
  watched_[name].erase(subscriber.address.key);
  if (watched_[name].empty()) watched_.erase(name);
}

void Channels::changed(const TableInfo& table, const std::vector<std::string>& keys) {
  const std::lock_guard lock(mutex_);
  if (watched_.empty()) return;
  const std::string name(table.name);
  const auto watched = watched_.find(name);
  if (watched == watched_.end()) return;
  const TableView* const view = services_.tables.find(name)->second;
  if (keys.empty()) {
    for (const std::string& key : watched->second) dirty_.insert({view, key});
  }
  for (const std::string& key : keys) {
    if (watched->second.contains(key)) dirty_.insert({view, key});
  }
  if (dirty_.empty() || posted_) return;
  posted_ = true;
  post_([this] { publish_some(); });
}

std::optional<Channels::Published> Channels::read(const Address& address) const {
  auto row = address.table->get(address.key);
  if (!row) return std::nullopt;
  Published published;
  published.sequence = row->row_version;
  published.stored = row->json;
  published.readable =
      row->found() && open_personal(address.table->type().info(), keys_, row->json);
  published.hash = absl::HashOf(row->json);
  published.message = std::make_shared<const Message>(
      fmt::format(R"({{"sequence":{},"row":{}}})", row->row_version, row->json), row->row_version);
  return published;
}

// What thousands of subscribers take is given out in turns, between which others are served.
void Channels::publish_some() {
  for (std::size_t n = 0; n < published_per_turn; ++n) {
    if (left_.empty()) {
      if (!next_row()) return;
      continue;
    }
    Subscriber* const one = left_.back();
    left_.pop_back();
    one->offer(*row_);
  }
  post_([this] { publish_some(); });
}

// Reads one of the rows that are due; false: there are none.
bool Channels::next_row() {
  if (due_.empty()) {
    const std::lock_guard lock(mutex_);
    due_.assign(dirty_.begin(), dirty_.end());
    dirty_.clear();
    posted_ = !due_.empty();
    if (!posted_) return false;
  }
  const Address address = std::move(due_.back());
  due_.pop_back();
  const auto at = by_address_.find(address);
  if (at == by_address_.end()) return true;
  row_ = read(address);
  if (row_) left_.assign(at->second.rbegin(), at->second.rend());
  if (!row_) unread_.push_back(address);
  return true;
}

// What could not be read is due again.
void Channels::retry_unread() {
  if (unread_.empty()) return;
  const std::lock_guard lock(mutex_);
  dirty_.insert(unread_.begin(), unread_.end());
  unread_.clear();
  if (std::exchange(posted_, true)) return;
  post_([this] { publish_some(); });
}

void Channels::tick(Instant now) {
  retry_unread();
  for (std::size_t n = std::min(checked_per_tick, subscribers_.size()); n != 0; --n) {
    checked_ = checked_ + 1 < subscribers_.size() ? checked_ + 1 : 0;
    Subscriber& one = *subscribers_[checked_];
    if (!one.still_good(now)) one.close(policy_violation, "the session has ended");
  }
}

}  // namespace wf::gateway
