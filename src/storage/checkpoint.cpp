// RocksDB's checkpoint of a table's store, and what the store has in memory besides.
#include "storage/checkpoint.h"

#include <rocksdb/utilities/checkpoint.h>

#include <cstdint>
#include <limits>
#include <memory>

#include "storage/table_engine.h"

namespace wf {

Result<void> checkpoint(const TableStore& store, const std::filesystem::path& dir) {
  const TableStore::Engine& engine = store.engine();
  Runs runs;
  {
    const auto held = engine.hold_disk();
    runs = engine.state()->runs;
    rocksdb::Checkpoint* raw = nullptr;
    rocksdb::Status status = rocksdb::Checkpoint::Create(engine.db.get(), &raw);
    const std::unique_ptr<rocksdb::Checkpoint> made(raw);
    // No flush: it might wait for a merge, and memtables hold nothing that is not in files.
    constexpr std::uint64_t never = std::numeric_limits<std::uint64_t>::max();
    if (status.ok()) status = made->CreateCheckpoint(dir.string(), never);
    if (!status.ok()) return fail(Code::io, dir.string() + ": " + status.ToString());
  }
  // What was in memory only.
  const auto copy = open_engine(dir, engine.resources);
  if (!copy) return tl::make_unexpected(copy.error());
  return write_runs(**copy, dir, runs, engine.resources);
}

}  // namespace wf
