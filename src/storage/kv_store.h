// A small durable map for disposable state: a decider's states, a forwarder's position, outcomes by
// command id.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "base/time.h"

namespace wf {

// One atomic write. Keys begin with a byte that says what they are.
struct KvBatch {
  std::vector<std::pair<std::string, std::string>> puts;
  std::vector<std::string> removals;
};

struct KvOptions {
  std::string path;
  std::size_t cache_bytes = 32u << 20;
  std::size_t write_buffer_bytes = 32u << 20;
  // Keys beginning with this byte have values beginning with a big-endian instant (8 bytes of
  // microseconds), and go away some time after it lies before expire_before(). Readers must compare
  // it themselves.
  char expiring_prefix = 0;
  bool in_memory = false;  // for simulations and tests
};

// One writer; get() and scan() from any thread. Nothing is fsynced: after a crash the map is as
// some earlier write left it, whole batches only, in order. Whoever uses it keeps in it the
// position from which it can be made again.
class KvStore {
 public:
  // Code::unavailable while it is open elsewhere, Code::forbidden and Code::full (descriptors) for
  // what is no fault of the disk, Code::corrupt.
  static Result<std::unique_ptr<KvStore>> open(const KvOptions& options);
  virtual ~KvStore() = default;
  virtual Result<std::optional<std::string>> get(std::string_view key) const = 0;
  // After an error of this or of flush() it may take nothing more until it is opened anew.
  virtual Result<void> write(const KvBatch& batch) = 0;
  // Entries with this prefix in order; stops when `visit` returns false.
  virtual Result<void> scan(
      std::string_view prefix,
      const std::function<bool(std::string_view key, std::string_view value)>& visit) const = 0;
  virtual void expire_before(Instant instant) = 0;
  virtual Result<void> flush() = 0;
};

// Deletes the whole directory: its content is derived and will be folded again. It is renamed to
// PATH.gone first, for a store without a part of its files never opens again. What a kill leaves
// there goes with the next one that is discarded.
Result<void> discard_store(const std::string& path);

// Eight bytes whose order as text is the order of instants.
std::string ordered_bytes(Instant instant);
Instant instant_of(std::string_view bytes);

}  // namespace wf
