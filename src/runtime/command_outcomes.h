// The engine's own table: command id → how it was decided, of clients' commands. Serves GET
// /commands/{id}; entries expire by append time.
#pragma once
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>

#include "log/fence.h"
#include "storage/fold_item.h"
#include "storage/kv_store.h"

namespace wf {

struct CommandOutcome {
  AccountId principal;  // who may see it
  std::string json;     // CommandOutcome of schemas/routes.json
};

// Folded by the projector's thread, read by any. Disposable like every table.
class CommandOutcomes {
 public:
  // Code::mismatch: of another log or format; discard it and fold again.
  static Result<std::unique_ptr<CommandOutcomes>> open(const std::string& path,
                                                       const Uuid& log_id,
                                                       Duration window);

  void fold(std::span<const Record> outcome);
  // Writes what was folded together with the positions it belongs to.
  Result<void> save(const SlotPositions& positions);
  SlotPositions positions() const { return positions_; }
  Result<std::optional<CommandOutcome>> get(const Uuid& command) const;

 private:
  CommandOutcomes(std::unique_ptr<KvStore> store, const Uuid& log_id, Duration window)
      : store_(std::move(store)), log_id_(log_id), window_(window) {}
  Result<void> load();
  std::string store_name() const;  // of the log and of how outcomes are kept

  std::unique_ptr<KvStore> store_;
  Uuid log_id_;
  Duration window_;
  struct Folded {
    Uuid command;
    std::string value;
  };
  std::vector<Folded> folded_;  // not saved yet
  Instant highest_appended_;
  SlotPositions positions_;
};

}  // namespace wf
