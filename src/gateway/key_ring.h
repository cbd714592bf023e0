// The keys that personal fields are sealed with, one or more per subject, and who was forgotten.
#pragma once
#include <absl/container/flat_hash_map.h>
#include <absl/container/flat_hash_set.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "base/uuid.h"
#include "gateway/secrets.h"
#include "log/log.h"

namespace wf::gateway {

// On the topic `keys`, a compacted one:
//   key        id = stream = the key's id; payload {"subject", "master", "wrapped"}
//   forgotten  stream = the subject, id = itself: refuses every key, for ever
//   forgotten  stream = a key's id: takes the place of its record, so that compaction drops it
// Several processes may make keys for one subject at once; all of them are good. Thread-safe.
class KeyRing {
 public:
  enum class Missing : std::uint8_t { forgotten, unknown };

  // `masters` as in Secrets; the first wraps. `secrets` and `log` must outlive the ring.
  KeyRing(Log& log, const Secrets& secrets);
  ~KeyRing();

  // Reads the topic to its end, then follows it on a thread of its own.
  Result<void> start();
  // The same without a thread: open() once, then step() to follow.
  Result<void> open();
  void step() { failed_ = !read_new(); }
  void stop();

  // Whether seal() can do without waiting for the log.
  bool has_key(const Uuid& subject) const;
  bool is_forgotten(const Uuid& subject) const;
  // Whether the subject has a key, be it one that no master key here unwraps.
  bool knows(const Uuid& subject) const;
  // Code::mismatch if there are keys wrapped by a master key that is not in `secrets`: the file is
  // older than the last rotation, or another deployment's.
  Result<void> check_masters() const;
  // Makes a key if the subject has none, durable before this returns: waits for the disk or the
  // brokers. Code::forbidden for a forgotten subject.
  Result<void> ensure_key(const Uuid& subject);
  // "KEY_ID.ciphertext", base64url both. Code::forbidden: forgotten; Code::unavailable: ensure_key
  // first.
  Result<std::string> seal(const Uuid& subject, std::string_view plain) const;
  // The plain text; `forgotten`: it is gone for good; `unknown`: the key is not here (yet), or the
  // text is none of ours.
  tl::expected<std::string, Missing> open(std::string_view sealed) const;

  // Forgets a subject, in every process and for ever; durable before this returns.
  Result<void> forget(const Uuid& subject);
  // Wraps every key that an older master key wraps with the newest one. Returns how many.
  Result<std::size_t> rewrap();

  bool failed() const { return failed_.load(std::memory_order_relaxed); }  // follows no longer

 private:
  struct Key {
    Uuid subject;
    std::string master;  // id of the master key it is wrapped with
    Secret key;          // empty: no master key here unwraps it
  };

  std::string wrap(const Uuid& id, const Uuid& subject, const Secret& key) const;
  const MasterKey* master(std::string_view id) const;
  Result<void> append(const Record& record);
  Result<void> read_new();
  void apply(const Record& record);
  void apply_key(const Record& record);
  void apply_forgotten(const Record& record);
  void follow();

  Log& log_;
  const Secrets& secrets_;
  std::vector<Slot> slots_;
  std::unique_ptr<Reader> reader_;
  std::thread follower_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> failed_ = false;

  std::mutex append_mutex_;  // one at a time: appender_ and making keys
  std::unique_ptr<Appender> appender_;

  mutable std::shared_mutex mutex_;
  absl::flat_hash_map<Uuid, Key> keys_;         // by key id
  absl::flat_hash_map<Uuid, Uuid> of_subject_;  // the key that seals
  absl::flat_hash_set<Uuid> forgotten_;         // subjects, and ids of keys whose record is gone
};

}  // namespace wf::gateway
