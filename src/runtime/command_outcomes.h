// The engine's own table: command id → how it was decided, of clients' commands. Serves GET
// /commands/{id}; entries expire by append time.
#pragma once
#include <absl/container/flat_hash_map.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/uuid.h"
#include "log/fence.h"
#include "storage/fold_item.h"
#include "storage/kv_store.h"
#include "storage/table_view.h"

namespace wf {

struct CommandOutcome {
  AccountId principal;  // who may see it
  std::string json;     // CommandOutcome of schemas/routes.json
};

// Folded by the projector's thread, read by any. Disposable like every table.
class CommandOutcomes {
 public:
  // Outcomes are kept in memory until there are so many: command ids are random, and a few at a
  // time each search the whole memtable for their place.
  static constexpr std::size_t kept_in_memory = 4096;

  using OpenStore = std::function<Result<std::unique_ptr<KvStore>>()>;

  // Code::mismatch: of another log or format; discard it and fold again.
  static Result<std::unique_ptr<CommandOutcomes>> open(const std::string& path,
                                                       const Uuid& log_id,
                                                       Duration window,
                                                       std::size_t unwritten_max = kept_in_memory);
  static Result<std::unique_ptr<CommandOutcomes>> open(OpenStore open_store,
                                                       const Uuid& log_id,
                                                       Duration window,
                                                       std::size_t unwritten_max);
  ~CommandOutcomes();  // writes what is in memory; what is lost is folded again

  // Opens the store again after an error: it may take nothing more before. positions() is then
  // where what it still has ends, and what comes after is to be folded again. After an error of
  // this, too, get() is Code::closed for what is not in memory.
  Result<void> reopen();

  void fold(std::span<const Record> outcome);
  void forget_unsaved() { folded_.clear(); }  // it will be folded again
  // From now on get() finds what was folded; `positions` is where that stands. Both are written
  // together, now or later.
  Result<void> save(const SlotPositions& positions);
  SlotPositions positions() const {
    const std::lock_guard lock(mutex_);
    return positions_;
  }
  Result<std::optional<CommandOutcome>> get(const Uuid& command) const;
  // Likewise, but nothing means that no outcome before `read` is the command's: Code::unavailable
  // while the table has not come so far, Code::closed as above.
  Result<std::optional<CommandOutcome>> find(const Uuid& command, const Offsets& read) const;
  void mark_live() { live_ = true; }  // the log's end was reached
  bool live() const { return live_; }

 private:
  CommandOutcomes(OpenStore open_store, const Uuid& log_id, Duration window, std::size_t unwritten)
      : open_store_(std::move(open_store)),
        log_id_(log_id),
        window_(window),
        unwritten_max_(unwritten) {}
  Result<SlotPositions> positions_in(const KvStore& store) const;
  Result<void> write();
  Result<std::optional<CommandOutcome>> look_up(const Uuid& command, const Offsets* read) const;
  bool has_folded(const Offsets& read) const;
  std::string store_name() const;  // of the log and of how outcomes are kept

  OpenStore open_store_;
  Uuid log_id_;
  Duration window_;
  std::size_t unwritten_max_;
  std::vector<std::pair<Uuid, std::string>> folded_;  // not saved yet
  Instant highest_appended_;
  std::atomic<bool> live_ = false;

  mutable std::mutex mutex_;        // of what follows; only the writer changes it
  std::shared_ptr<KvStore> store_;  // null: it did not open again
  SlotPositions positions_;
  absl::flat_hash_map<Uuid, std::string, UuidHash> unwritten_;
};

}  // namespace wf
