// Opening a generation, and what it says of itself.
#include "storage/table_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <system_error>

#include "base/check.h"
#include "base/errno_code.h"
#include "storage/bytes.h"
#include "storage/quarantine.h"
#include "storage/table_engine.h"

namespace wf {
namespace {

constexpr std::uint32_t format_version = 2;

// Whose store it is.
struct StoreMeta {
  std::uint32_t version = format_version;
  std::string table;
  std::string code;
  std::string rows;  // TableInfo::rows_hash
  std::string log;

  bool operator==(const StoreMeta&) const = default;
};

std::string encode_meta(const StoreMeta& meta) {
  std::string out;
  put_little(out, meta.version);
  for (const std::string* text : {&meta.table, &meta.code, &meta.rows, &meta.log}) {
    put_text(out, *text);
  }
  return out;
}

StoreMeta decode_meta(std::string_view bytes) {
  ByteReader reader(bytes);
  StoreMeta meta;
  meta.version = reader.little<std::uint32_t>();
  for (std::string* text : {&meta.table, &meta.code, &meta.rows, &meta.log}) {
    *text = reader.text();
  }
  return meta;
}

// A fresh one becomes ours; one that is only read may be of other code.
Result<void> check_meta(TableStore::Engine& engine) {
  const TableInfo& info = engine.type.info();
  StoreMeta ours;
  ours.table = info.name;
  ours.code = info.code_hash;
  ours.rows = info.rows_hash;
  ours.log = engine.log_id.text();
  const std::string key = kind_key(KeyKind::meta);
  const Result<std::string> bytes = read_value(*engine.db, {}, key);
  if (!bytes) return tl::make_unexpected(bytes.error());
  if (bytes->empty() && !engine.frozen_since) {
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    rocksdb::Status status = engine.db->Put(options, key, encode_meta(ours));
    if (status.ok()) status = engine.db->Flush({});
    if (!status.ok()) return tl::make_unexpected(engine_error(status));
    return {};
  }
  const StoreMeta theirs = decode_meta(*bytes);
  if (engine.frozen_since) ours.code = theirs.code;
  if (theirs == ours) return {};
  return fail(Code::mismatch,
              fmt::format("{} is format {} of table {}, code {}, rows {}, log {}; expected format "
                          "{} of {}, code {}, rows {}, log {}",
                          engine.dir.string(),
                          theirs.version,
                          theirs.table,
                          theirs.code,
                          theirs.rows,
                          theirs.log,
                          ours.version,
                          ours.table,
                          ours.code,
                          ours.rows,
                          ours.log));
}

// When the newest of its files was written; file systems know no better.
Instant written_last(const std::filesystem::path& dir) {
  Instant newest;
  std::error_code ignored;
  for (const auto& file : std::filesystem::directory_iterator(dir, ignored)) {
    if (file.path().extension() != ".sst") continue;
    const auto written = std::chrono::file_clock::to_sys(file.last_write_time(ignored));
    const auto us =
        std::chrono::duration_cast<std::chrono::microseconds>(written.time_since_epoch());
    newest = std::max(newest, Instant{us.count()});
  }
  return newest;
}

}  // namespace

std::string encode_totals(const Totals& totals) {
  std::string out;
  put_little(out, totals.digest.low);
  put_little(out, totals.digest.high);
  put_little(out, totals.rows);
  put_little(out, totals.quarantined);
  return out;
}

Result<Totals> decode_totals(std::string_view bytes) {
  ByteReader reader(bytes);
  Totals totals;
  totals.digest.low = reader.little<std::uint64_t>();
  totals.digest.high = reader.little<std::uint64_t>();
  totals.rows = reader.little<std::uint64_t>();
  totals.quarantined = reader.little<std::uint64_t>();
  if (!reader.at_end()) return fail(Code::corrupt, "the digest record does not decode");
  return totals;
}

void put_position(Changes& changes, const SlotPosition& position) {
  std::string value;
  put_little(value, static_cast<std::uint64_t>(position.offset));
  value.append(position.fence);
  changes.put(position_key(position.topic, position.partition), value);
}

Result<SlotPositions> read_positions(const StoreView& view) {
  SlotPositions positions;
  Range range = all_of(view, KeyKind::position);
  for (; range.valid(); range.next()) {
    constexpr std::size_t tail = 5;  // 0, partition
    const std::string_view key = range.key();
    ByteReader reader(range.value());
    SlotPosition position;
    position.offset = static_cast<std::int64_t>(reader.little<std::uint64_t>());
    if (!reader.ok() || key.size() < 1 + tail) {
      return fail(Code::corrupt, "a position record does not decode");
    }
    position.topic = key.substr(1, key.size() - 1 - tail);
    position.partition = get_big<std::uint32_t>(key.substr(key.size() - 4));
    position.fence = reader.rest();
    positions.push_back(std::move(position));
  }
  if (Result<void> end = range.end(); !end) return tl::make_unexpected(end.error());
  return positions;
}

Result<Totals> read_totals(const StoreView& view) {
  const Result<std::string> bytes = view.value(kind_key(KeyKind::digest));
  if (!bytes) return tl::make_unexpected(bytes.error());
  return bytes->empty() ? Totals{} : decode_totals(*bytes);
}

SlotPositions merged(SlotPositions positions, const SlotPositions& moved) {
  for (const SlotPosition& next : moved) {
    const auto at = std::ranges::find_if(positions, [&](const SlotPosition& slot) {
      return slot.partition == next.partition && slot.topic == next.topic;
    });
    if (at == positions.end()) {
      positions.push_back(next);
    } else {
      WF_CHECK(next.offset >= at->offset);
      *at = next;
    }
  }
  return positions;
}

bool reached(const SlotPositions& there, const SlotPositions& goal) {
  return std::ranges::all_of(goal, [&](const SlotPosition& wanted) {
    const auto at = std::ranges::find_if(there, [&](const SlotPosition& slot) {
      return slot.partition == wanted.partition && slot.topic == wanted.topic;
    });
    return at == there.end() ? wanted.offset <= 0 : at->offset >= wanted.offset;
  });
}

TableStore::TableStore(std::unique_ptr<Engine> engine) : engine_(std::move(engine)) {}

TableStore::~TableStore() = default;

Result<std::shared_ptr<TableStore>> TableStore::open(const std::filesystem::path& dir,
                                                     const TableType& type,
                                                     const Resources& resources,
                                                     const Uuid& log_id) {
  return open_as(Filled::by_drains, dir, type, resources, log_id);
}

Result<std::shared_ptr<TableStore>> TableStore::open_to_build(const std::filesystem::path& dir,
                                                              const TableType& type,
                                                              const Resources& resources,
                                                              const Uuid& log_id) {
  return open_as(Filled::by_build, dir, type, resources, log_id);
}

Result<std::shared_ptr<TableStore>> TableStore::open_as(Filled filled,
                                                        const std::filesystem::path& dir,
                                                        const TableType& type,
                                                        const Resources& resources,
                                                        const Uuid& log_id) {
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error) return fail(code_of_errno(error.value()), dir.string() + ": " + error.message());
  auto engine = std::make_unique<Engine>(type, dir, resources.shared());
  engine->log_id = log_id;
  engine->opened_as_of = written_last(dir);
  Result<std::unique_ptr<rocksdb::DB>> db = open_engine(dir, resources.shared(), filled);
  if (!db) return tl::make_unexpected(db.error());
  engine->db = std::move(*db);
  return with_content(std::move(engine));
}

Result<std::shared_ptr<TableStore>> TableStore::open_frozen(const std::filesystem::path& dir,
                                                            const TableType& type,
                                                            const Resources& resources,
                                                            const Uuid& log_id) {
  auto engine = std::make_unique<Engine>(type, dir, resources.shared());
  engine->log_id = log_id;
  engine->frozen_since = written_last(dir);
  Result<std::unique_ptr<rocksdb::DB>> db = open_engine_to_read(dir, resources.shared());
  if (!db) return tl::make_unexpected(db.error());
  engine->db = std::move(*db);
  return with_content(std::move(engine));
}

// What is in it, if it is ours.
Result<std::shared_ptr<TableStore>> TableStore::with_content(std::unique_ptr<Engine> engine) {
  if (Result<void> ours = check_meta(*engine); !ours) return tl::make_unexpected(ours.error());
  engine->written({}, {});
  Result<SlotPositions> positions = read_positions(engine->view());
  if (!positions) return tl::make_unexpected(positions.error());
  const Result<Totals> totals = read_totals(engine->view());
  if (!totals) return tl::make_unexpected(totals.error());
  if (positions->empty()) engine->opened_as_of = {};
  engine->written(std::move(*positions), *totals);
  return std::shared_ptr<TableStore>(new TableStore(std::move(engine)));
}

Result<void> TableStore::flush() { return engine_->drain(); }
Result<void> TableStore::begin_flush() { return engine_->begin_drain(); }
void TableStore::remove_when_closed() { engine_->remove = true; }
void TableStore::mark_live() {
  mark_recovered();
  engine_->was_live = true;
  engine_->live = true;
}
void TableStore::mark_failing(Instant since) {
  engine_->live = false;
  std::int64_t well = 0;
  engine_->failing_since_us.compare_exchange_strong(well, since.us);
}
void TableStore::mark_recovered() { engine_->failing_since_us = 0; }
SlotPositions TableStore::positions() const { return engine_->state()->positions; }
Totals TableStore::totals() const { return engine_->state()->totals; }
const std::filesystem::path& TableStore::dir() const { return engine_->dir; }
const Uuid& TableStore::log_id() const { return engine_->log_id; }
bool TableStore::frozen() const { return engine_->frozen_since.has_value(); }
const TableType& TableStore::type() const { return engine_->type; }
bool TableStore::is_live() const { return engine_->live; }

TableState TableStore::state() const {
  const auto now = engine_->state();
  TableState state;
  state.live = engine_->live;
  state.positions.reserve(now->positions.size());
  for (const SlotPosition& slot : now->positions) {
    state.positions.push_back({slot.topic, slot.partition, slot.offset});
  }
  state.quarantined = now->totals.quarantined;
  state.generation = engine_->dir.filename().string();
  state.frozen_since = engine_->frozen_since;
  if (const Instant since{engine_->failing_since_us}; since.us != 0) state.failing_since = since;
  if (!engine_->was_live) state.opened_as_of = engine_->opened_as_of;
  return state;
}

Result<std::vector<Quarantine>> TableStore::quarantined(std::uint32_t limit,
                                                        std::string_view after) const {
  std::vector<Quarantine> records;
  std::string from = kind_key(KeyKind::quarantine, after);
  if (!after.empty()) from.push_back('\0');
  const StoreView view = engine_->view();
  Range range(view, std::move(from), after_prefix(kind_key(KeyKind::quarantine)));
  for (; range.valid() && records.size() < limit; range.next()) {
    Result<Quarantine> record = decode_quarantine(range.key().substr(1), range.value());
    if (!record) return tl::make_unexpected(record.error());
    records.push_back(std::move(*record));
  }
  if (Result<void> end = range.end(); !end) return tl::make_unexpected(end.error());
  return records;
}

}  // namespace wf
