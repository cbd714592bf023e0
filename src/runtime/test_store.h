// Stores that outlive their workers, in memory: kept, deleted or rolled back between two runs.
#pragma once
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "storage/kv_store.h"

namespace wf::test {

using StoreContent = std::map<std::string, std::string>;

// A KvStore on somebody else's map.
class MapStore : public KvStore {
 public:
  explicit MapStore(StoreContent& content) : content_(content) {}
  Result<std::optional<std::string>> get(std::string_view key) const override {
    const auto found = content_.find(std::string(key));
    if (found == content_.end()) return std::nullopt;
    return found->second;
  }
  Result<void> write(const KvBatch& batch) override {
    for (const auto& [key, value] : batch.puts) content_[key] = value;
    for (const std::string& key : batch.removals) content_.erase(key);
    return {};
  }
  Result<void> scan(
      std::string_view prefix,
      const std::function<bool(std::string_view, std::string_view)>& visit) const override {
    for (auto it = content_.lower_bound(std::string(prefix));
         it != content_.end() && it->first.starts_with(prefix) && visit(it->first, it->second);
         ++it) {
    }
    return {};
  }
  void expire_before(Instant /*instant*/) override {}
  Result<void> flush() override { return {}; }

 private:
  StoreContent& content_;
};

// For CommandWorkerOptions::open_store and ForwarderOptions::open_store.
inline std::function<Result<std::unique_ptr<KvStore>>(bool)> opener(StoreContent& content) {
  return [&content](bool fresh) -> Result<std::unique_ptr<KvStore>> {
    if (fresh) content.clear();
    return std::make_unique<MapStore>(content);
  };
}

}  // namespace wf::test
