// Keys are wrapped with a master key and bound to their subject: a record moved to another subject
// does not unwrap.
#include "gateway/key_ring.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/crypto.h"
#include "base/encoding.h"
#include "base/thread_name.h"
#include "base/time.h"
#include "gateway/key_payload.h"

namespace wf::gateway {
namespace {

constexpr std::string_view topic = "keys";
constexpr Duration follow_wait = Duration::millis(200);

std::string bytes_of(const Uuid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

std::optional<Uuid> uuid_of(const std::optional<std::string>& bytes) {
  if (!bytes || bytes->size() != 16) return std::nullopt;
  Uuid id;
  bytes->copy(reinterpret_cast<char*>(id.bytes.data()), bytes->size());
  return id;
}

}  // namespace

KeyRing::KeyRing(Log& log, const Secrets& secrets) : log_(log), secrets_(secrets) {
  for (const TopicSpec& spec : log.topics()) {
    if (spec.name != topic) continue;
    for (std::uint32_t i = 0; i < spec.partitions; ++i) slots_.push_back({spec.name, i});
  }
  WF_CHECK(!slots_.empty());
}

KeyRing::~KeyRing() { stop(); }

Result<void> KeyRing::open() {
  auto reader = log_.reader();
  if (!reader) return tl::unexpected(reader.error());
  reader_ = std::move(*reader);
  for (const Slot& slot : slots_) {
    const auto begin = log_.begin(slot);
    if (!begin) return tl::unexpected(begin.error());
    if (auto sought = reader_->seek(slot, *begin); !sought) return sought;
  }
  return read_new();
}

Result<void> KeyRing::start() {
  if (auto opened = open(); !opened) return opened;
  follower_ = std::thread([this] { follow(); });
  return {};
}

void KeyRing::stop() {
  if (!follower_.joinable()) return;
  stopping_ = true;
  reader_->interrupt();
  follower_.join();
}

void KeyRing::follow() {
  name_thread("keys");
  while (!stopping_) {
    reader_->wait(follow_wait);
    step();
  }
}

Result<void> KeyRing::read_new() {
  for (const Slot& slot : slots_) {
    for (;;) {
      const auto batch = reader_->read(slot, {});
      if (!batch) return tl::unexpected(batch.error());
      if (batch->records.empty()) break;
      for (const Record& record : batch->records) apply(record);
    }
  }
  return {};
}

void KeyRing::apply(const Record& record) {
  if (record.kind == Kind::key) apply_key(record);
  if (record.kind == Kind::forgotten) apply_forgotten(record);
}

void KeyRing::apply_key(const Record& record) {
  const auto payload = parse_key_payload(record.payload);
  if (!payload) return;
  Key key{payload->subject, payload->master, {}};
  const auto wrapped = from_base64url(payload->wrapped);
  const MasterKey* const with = master(payload->master);
  if (with != nullptr && wrapped) {
    auto plain = open_sealed(with->key, *wrapped, bytes_of(record.id) + bytes_of(key.subject));
    if (plain && plain->size() == seal_key_size) {
      key.key = Secret(*plain);
      wipe(*plain);
    }
  }
  const std::unique_lock lock(mutex_);
  if (forgotten_.contains(key.subject)) forgotten_.insert(record.id);
  if (forgotten_.contains(record.id)) return;
  if (!key.key.empty()) of_subject_.insert_or_assign(key.subject, record.id);
  Key& held = keys_[record.id];
  // Wrapped anew by a master this process does not know yet, it is the same key.
  if (key.key.empty()) key.key = std::move(held.key);
  held = std::move(key);
}

void KeyRing::apply_forgotten(const Record& record) {
  const std::unique_lock lock(mutex_);
  forgotten_.insert(record.stream);
  of_subject_.erase(record.stream);
  absl::erase_if(keys_, [&](const auto& entry) {
    const bool gone = entry.first == record.stream || entry.second.subject == record.stream;
    if (gone) forgotten_.insert(entry.first);
    return gone;
  });
}

const MasterKey* KeyRing::master(std::string_view id) const {
  for (const MasterKey& one : secrets_.masters) {
    if (one.id == id) return &one;
  }
  return nullptr;
}

bool KeyRing::has_key(const Uuid& subject) const {
  const std::shared_lock lock(mutex_);
  return of_subject_.contains(subject);
}

bool KeyRing::is_forgotten(const Uuid& subject) const {
  const std::shared_lock lock(mutex_);
  return forgotten_.contains(subject);
}

bool KeyRing::knows(const Uuid& subject) const {
  const std::shared_lock lock(mutex_);
  return std::ranges::any_of(keys_,
                             [&](const auto& entry) { return entry.second.subject == subject; });
}

Result<void> KeyRing::check_masters() const {
  const std::shared_lock lock(mutex_);
  // Also a key that an older record of it still opens: compaction takes that one.
  const auto foreign = std::ranges::count_if(
      keys_, [this](const auto& entry) { return master(entry.second.master) == nullptr; });
  if (foreign == 0) return {};
  return fail(Code::mismatch,
              fmt::format("{} keys of personal data are wrapped by a master key that the secrets "
                          "file does not have: put the deployment's own file back, the one since "
                          "the last rotate-key",
                          foreign));
}

std::string KeyRing::wrap(const Uuid& id, const Uuid& subject, const Secret& key) const {
  const MasterKey& with = secrets_.masters.front();
  return fmt::format(
      R"({{"subject":"{}","master":"{}","wrapped":"{}"}})",
      subject.text(),
      with.id,
      to_base64url(wf::seal(with.key, key.reveal(), bytes_of(id) + bytes_of(subject))));
}

Result<void> KeyRing::ensure_key(const Uuid& subject) {
  const std::lock_guard one_at_a_time(append_mutex_);
  {
    const std::shared_lock lock(mutex_);
    if (forgotten_.contains(subject)) return fail(Code::forbidden, "the subject was forgotten");
    if (of_subject_.contains(subject)) return {};
  }
  const Secret key = Secret::random(seal_key_size);
  const Uuid id = Uuid::random();
  const std::string payload = wrap(id, subject, key);
  Record record;
  record.kind = Kind::key;
  record.id = record.stream = id;
  record.type = "key";
  record.at = wall_clock();
  record.payload = payload;
  if (auto appended = append(record); !appended) return appended;
  apply_key(record);
  return {};
}

// Under append_mutex_.
Result<void> KeyRing::append(const Record& record) {
  if (!appender_) {
    auto appender = log_.writer("keys");
    if (!appender) return tl::unexpected(appender.error());
    appender_ = std::move(*appender);
  }
  const auto partitions = static_cast<std::uint32_t>(slots_.size());
  const Slot& slot = slots_[partition_of(record.stream, partitions)];
  auto appended = appender_->append(slot, {&record, 1}, Durability::now);
  if (!appended) appender_.reset();
  return appended;
}

Result<std::string> KeyRing::seal(const Uuid& subject, std::string_view plain) const {
  const std::shared_lock lock(mutex_);
  if (forgotten_.contains(subject)) return fail(Code::forbidden, "the subject was forgotten");
  const auto id = of_subject_.find(subject);
  if (id == of_subject_.end()) return fail(Code::unavailable, "the subject has no key yet");
  const Key& key = keys_.at(id->second);
  if (key.key.empty()) return fail(Code::unavailable, "the subject's key is not known here");
  const std::string name = to_base64url(bytes_of(id->second));
  return name + '.' + to_base64url(wf::seal(key.key, plain, bytes_of(subject)));
}

tl::expected<std::string, KeyRing::Missing> KeyRing::open(std::string_view sealed) const {
  const std::size_t dot = sealed.find('.');
  if (dot == sealed.npos) return tl::unexpected(Missing::unknown);
  const auto id = uuid_of(from_base64url(sealed.substr(0, dot)));
  const auto text = from_base64url(sealed.substr(dot + 1));
  if (!id || !text) return tl::unexpected(Missing::unknown);
  const std::shared_lock lock(mutex_);
  if (forgotten_.contains(*id)) return tl::unexpected(Missing::forgotten);
  const auto key = keys_.find(*id);
  if (key == keys_.end() || key->second.key.empty()) return tl::unexpected(Missing::unknown);
  auto plain = open_sealed(key->second.key, *text, bytes_of(key->second.subject));
  if (!plain) return tl::unexpected(Missing::unknown);
  return std::move(*plain);
}

// The subject's own record first: from then on no process makes it a key.
Result<void> KeyRing::forget(const Uuid& subject) {
  const std::lock_guard one_at_a_time(append_mutex_);
  std::vector<Uuid> streams{subject};
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [id, key] : keys_) {
      if (key.subject == subject) streams.push_back(id);
    }
  }
  for (const Uuid& stream : streams) {
    Record record;
    record.kind = Kind::forgotten;
    record.id = record.stream = stream;
    record.type = "forgotten";
    record.at = wall_clock();
    record.payload = "{}";
    if (auto appended = append(record); !appended) return appended;
    apply_forgotten(record);
  }
  return {};
}

Result<std::size_t> KeyRing::rewrap() {
  const std::lock_guard one_at_a_time(append_mutex_);
  std::vector<std::pair<Uuid, std::string>> payloads;
  {
    const std::shared_lock lock(mutex_);
    for (const auto& [id, key] : keys_) {
      if (key.master == secrets_.masters.front().id || key.key.empty()) continue;
      payloads.emplace_back(id, wrap(id, key.subject, key.key));
    }
  }
  for (const auto& [id, payload] : payloads) {
    Record record;
    record.kind = Kind::key;
    record.id = record.stream = id;
    record.type = "key";
    record.at = wall_clock();
    record.payload = payload;
    if (auto appended = append(record); !appended) return tl::unexpected(appended.error());
    apply_key(record);
  }
  return payloads.size();
}

}  // namespace wf::gateway
