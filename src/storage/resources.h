// What all tables of a process share: caches, memory for unwritten rows, disk bandwidth,
// background threads. Thread-safe; may go before the stores opened with it.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>

namespace wf {

struct ResourceLimits {
  std::size_t block_cache_bytes = std::size_t{256} << 20;
  std::size_t read_cache_bytes = std::size_t{64} << 20;           // rows read last
  std::size_t write_buffer_bytes = std::size_t{192} << 20;        // over all tables
  std::int64_t background_bytes_per_s = std::int64_t{256} << 20;  // flushes and compactions
  int background_threads = 2;
  std::size_t cached_rows = 16'384;  // decoded rows kept per table, for rows that change often
};

class Resources {
 public:
  explicit Resources(const ResourceLimits& limits = {});
  ~Resources();
  Resources(const Resources&) = delete;
  Resources& operator=(const Resources&) = delete;

  struct Shared;  // engine_db.h
  const Shared& shared() const { return *shared_; }

 private:
  std::unique_ptr<Shared> shared_;
};

}  // namespace wf
