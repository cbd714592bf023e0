// Opening a generation, and what it says of itself.
#include "storage/table_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <system_error>

#include "base/check.h"
#include "storage/bytes.h"
#include "storage/quarantine.h"
#include "storage/table_engine.h"

namespace wf {
namespace {

constexpr std::uint32_t format_version = 1;

std::string encode_meta(const TableInfo& info, const Uuid& log_id) {
  std::string out;
  put_little(out, format_version);
  put_text(out, info.name);
  put_text(out, info.code_hash);
  put_text(out, log_id.text());
  return out;
}

// Whose store it is; a fresh one becomes ours.
Result<void> check_meta(TableStore::Engine& engine) {
  const std::string ours = encode_meta(engine.type.info(), engine.log_id);
  const std::string key = kind_key(KeyKind::meta);
  const Result<std::string> meta = read_value(*engine.db, {}, key);
  if (!meta) return tl::make_unexpected(meta.error());
  if (meta->empty()) {
    rocksdb::WriteOptions options;
    options.disableWAL = true;
    rocksdb::Status status = engine.db->Put(options, key, ours);
    if (status.ok()) status = engine.db->Flush({});
    if (!status.ok()) return tl::make_unexpected(engine_error(status));
    return {};
  }
  if (*meta == ours) return {};
  ByteReader reader(*meta);
  const auto version = reader.little<std::uint32_t>();
  const std::string_view name = reader.text();
  const std::string_view code = reader.text();
  return fail(Code::mismatch,
              fmt::format("{} is format {} of table {}, code {}, log {}; expected format {} of {}, "
                          "code {}, log {}",
                          engine.dir.string(),
                          version,
                          name,
                          code,
                          reader.text(),
                          format_version,
                          engine.type.info().name,
                          engine.type.info().code_hash,
                          engine.log_id.text()));
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

Edit position_edit(const SlotPosition& position) {
  std::string value;
  put_little(value, static_cast<std::uint64_t>(position.offset));
  value.append(position.fence);
  return {position_key(position.topic, position.partition), std::move(value), false};
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
  std::error_code error;
  std::filesystem::create_directories(dir, error);
  if (error) return fail(Code::io, dir.string() + ": " + error.message());
  auto engine = std::make_unique<Engine>(type, dir, resources.shared());
  engine->log_id = log_id;
  Result<std::unique_ptr<rocksdb::DB>> db = open_engine(dir, resources.shared());
  if (!db) return tl::make_unexpected(db.error());
  engine->db = std::move(*db);
  if (Result<void> ours = check_meta(*engine); !ours) return tl::make_unexpected(ours.error());
  engine->written({}, {});
  Result<SlotPositions> positions = read_positions(engine->view());
  if (!positions) return tl::make_unexpected(positions.error());
  const Result<Totals> totals = read_totals(engine->view());
  if (!totals) return tl::make_unexpected(totals.error());
  engine->written(std::move(*positions), *totals);
  return std::shared_ptr<TableStore>(new TableStore(std::move(engine)));
}

Result<void> TableStore::flush() { return engine_->drain(); }
Result<void> TableStore::begin_flush() { return engine_->begin_drain(); }
void TableStore::remove_when_closed() { engine_->remove = true; }
void TableStore::mark_live() { engine_->live = true; }
SlotPositions TableStore::positions() const { return engine_->state()->positions; }
Totals TableStore::totals() const { return engine_->state()->totals; }
const std::filesystem::path& TableStore::dir() const { return engine_->dir; }
const Uuid& TableStore::log_id() const { return engine_->log_id; }
const TableType& TableStore::type() const { return engine_->type; }

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
