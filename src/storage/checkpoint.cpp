// RocksDB's checkpoint of a table's store.
#include "storage/checkpoint.h"

#include <rocksdb/utilities/checkpoint.h>

#include <memory>

#include "storage/table_engine.h"

namespace wf {

Result<void> checkpoint(const TableStore& store, const std::filesystem::path& dir) {
  rocksdb::Checkpoint* raw = nullptr;
  rocksdb::Status status = rocksdb::Checkpoint::Create(store.engine().db.get(), &raw);
  const std::unique_ptr<rocksdb::Checkpoint> made(raw);
  if (status.ok()) status = made->CreateCheckpoint(dir.string());
  if (!status.ok()) return fail(Code::io, dir.string() + ": " + status.ToString());
  return {};
}

}  // namespace wf
