// Three small tables written by hand, and random events for them: what tests and benchmarks of the
// table engine fold.
#pragma once
#include <fmt/format.h>

#include <array>
#include <deque>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/json_cursor.h"
#include "base/table.h"
#include "storage/bytes.h"
#include "storage/fold_item.h"

namespace wf::sample {

struct Body {
  Uuid booking;
  Uuid charger;
  Uuid renter;
  std::int64_t amount = 0;
  std::uint32_t day = 0;
  Point position;
};

inline const EventType reserved{"sample.Reserved", "sample", 0, nullptr};
inline const EventType changed{"sample.Changed", "sample", 1, nullptr};
inline const EventType hid{"sample.Hid", "sample", 2, nullptr};
inline const EventType poison{"sample.Poison", "sample", 3, nullptr};  // no fold of it succeeds
inline const EventType ignored{"sample.Ignored", "sample", 4, nullptr};

inline std::string bytes_of(const Uuid& id) {
  return {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()};
}

inline Uuid uuid_of(std::uint64_t n) {
  Uuid id;
  for (std::size_t i = 0; i < 8; ++i) {
    id.bytes[i] = static_cast<std::uint8_t>((n * 0x9E3779B97F4A7C15ULL) >> (8 * i));
    id.bytes[8 + i] = static_cast<std::uint8_t>(n >> (56 - 8 * i));
  }
  return id;
}

inline std::string day_key(std::uint32_t day) {
  std::string key;
  put_big(key, day);
  return key;
}

inline TableInfo info_of(std::string_view name,
                         std::string_view code,
                         std::span<const Column> columns,
                         std::span<const Index> indexes) {
  TableInfo info;
  info.name = name;
  info.code_hash = code;
  info.columns = columns;
  info.indexes = indexes;
  return info;
}

// A single `own` part, stored as just the row; also a geo index and an answer().
class Bookings : public TableType {
 public:
  struct Row : AnyRow {
    Uuid id, charger, renter;
    std::string status;
    std::int64_t amount = 0;
    std::int64_t start = 0;
    Point position;
    bool hidden = false;
  };

  explicit Bookings(std::string_view code = "code-1")
      : info_(info_of("bookings", code, columns_, indexes_)) {}
  const TableInfo& info() const override { return info_; }
  bool folds(const EventType& type) const override { return &type != &ignored; }
  bool is_own(std::uint8_t) const override { return true; }
  void touches(const Event& event, const Meta&, std::vector<Touch>& out) const override {
    out.push_back({bytes_of(event.as<Body>().booking), 0});
  }
  RowPtr fresh() const override { return std::make_unique<Row>(); }
  Result<RowPtr> decode(std::string_view parts) const override {
    auto row = std::make_unique<Row>();
    JsonCursor cursor(parts);
    cursor.begin_object();
    for (std::string_view key; cursor.next_key(key);) {
      if (key == "id")
        row->id = cursor.uuid();
      else if (key == "charger")
        row->charger = cursor.uuid();
      else if (key == "renter")
        row->renter = cursor.uuid();
      else if (key == "status")
        row->status = cursor.string_view();
      else if (key == "amount")
        row->amount = cursor.int64();
      else if (key == "start")
        row->start = cursor.int64();
      else if (key == "lon_e7")
        row->position.lon_e7 = static_cast<std::int32_t>(cursor.int64());
      else if (key == "lat_e7")
        row->position.lat_e7 = static_cast<std::int32_t>(cursor.int64());
      else if (key == "hidden")
        row->hidden = cursor.boolean();
      else
        cursor.skip();
    }
    if (!cursor.finished()) return fail(Code::corrupt, "no booking");
    return row;
  }
  void encode(const AnyRow& any, std::string& out) const override {
    const Row& row = static_cast<const Row&>(any);
    std::array<char, 36> id, charger, renter;
    row.id.write(id.data());
    row.charger.write(charger.data());
    row.renter.write(renter.data());
    fmt::format_to(std::back_inserter(out),
                   R"({{"id":"{}","charger":"{}","renter":"{}","status":"{}",)"
                   R"("amount":{},"start":{},"lon_e7":{},"lat_e7":{},"hidden":{}}})",
                   std::string_view(id.data(), 36),
                   std::string_view(charger.data(), 36),
                   std::string_view(renter.data(), 36),
                   row.status,
                   row.amount,
                   row.start,
                   row.position.lon_e7,
                   row.position.lat_e7,
                   row.hidden);
  }
  void fold(AnyRow& any, std::uint8_t, const Event& event, const Meta& meta) const override {
    Row& row = static_cast<Row&>(any);
    const Body& body = event.as<Body>();
    if (&event.type() == &poison) throw std::runtime_error("poisoned");
    row.id = body.booking;
    row.charger = body.charger;
    row.renter = body.renter;
    row.position = body.position;
    row.amount += body.amount;
    if (row.start == 0) row.start = meta.at.us;
    row.status = &event.type() == &reserved ? "reserved" : "changed";
    row.hidden = &event.type() == &hid;
  }
  bool view(const AnyRow& any, std::string& json) const override {
    if (static_cast<const Row&>(any).hidden) return false;
    encode(any, json);
    return true;
  }
  void index(const AnyRow& any, std::vector<IndexEntry>& out) const override {
    const Row& row = static_cast<const Row&>(any);
    std::string by_renter = bytes_of(row.renter);
    put_big(by_renter, ~static_cast<std::uint64_t>(row.start));  // descending
    out.push_back({0, std::move(by_renter), std::nullopt});
    if (geo_) out.push_back({1, {}, row.position});
  }
  // Rows of an even amount, as {"even":AMOUNT}.
  std::optional<std::string> answer(const AnyRow& any, const Query&) const override {
    const Row& row = static_cast<const Row&>(any);
    if (row.hidden || row.amount % 2 != 0) return std::nullopt;
    return fmt::format(R"({{"even":{}}})", row.amount);
  }
  Bookings& without_geo() {
    geo_ = false;
    return *this;
  }

 private:
  static constexpr std::array<Column, 3> columns_{Column{"id", ColumnType::id, {}, {}},
                                                  Column{"renter", ColumnType::id, {}, {}},
                                                  Column{"start", ColumnType::integer, {}, {}}};
  static constexpr std::array<Index, 2> indexes_{Index{"by_renter", false, {}},
                                                 Index{"by_place", true, {}}};
  TableInfo info_;
  bool geo_ = true;
};

// `own`, `sum` and `count` over many streams. What is hidden goes to the own part, where a second
// stream's parks the day; view() fails while the sum is a multiple of 11. As Daily(false) neither
// happens, and there is no index.
class Daily : public TableType {
 public:
  struct Row : AnyRow {
    std::uint32_t day = 0;
    Uuid first;
    std::int64_t sum = 0;
    std::int64_t count = 0;
  };

  explicit Daily(bool view_fails = true)
      : view_fails_(view_fails), info_(info_of("daily", "code-1", {}, indexes_)) {}
  const TableInfo& info() const override { return info_; }
  bool folds(const EventType& type) const override {
    return &type == &reserved || &type == &changed || &type == &hid;
  }
  bool is_own(std::uint8_t part) const override { return part == 0; }
  void touches(const Event& event, const Meta&, std::vector<Touch>& out) const override {
    const Body& body = event.as<Body>();
    if (&event.type() == &hid) {
      if (view_fails_) out.push_back({day_key(body.day), 0});
      return;
    }
    out.push_back({day_key(body.day), 1});
    out.push_back({day_key(body.day), 2});
  }
  RowPtr fresh() const override { return std::make_unique<Row>(); }
  Result<RowPtr> decode(std::string_view parts) const override {
    auto row = std::make_unique<Row>();
    ByteReader reader(parts);
    row->day = reader.little<std::uint32_t>();
    row->sum = static_cast<std::int64_t>(reader.little<std::uint64_t>());
    row->count = static_cast<std::int64_t>(reader.little<std::uint64_t>());
    if (!reader.at_end()) return fail(Code::corrupt, "no day");
    return row;
  }
  void encode(const AnyRow& any, std::string& out) const override {
    const Row& row = static_cast<const Row&>(any);
    put_little(out, row.day);
    put_little(out, static_cast<std::uint64_t>(row.sum));
    put_little(out, static_cast<std::uint64_t>(row.count));
  }
  void fold(AnyRow& any, std::uint8_t part, const Event& event, const Meta&) const override {
    Row& row = static_cast<Row&>(any);
    const Body& body = event.as<Body>();
    row.day = body.day;
    if (part == 1) row.sum += body.amount;
    if (part == 2) ++row.count;
  }
  bool view(const AnyRow& any, std::string& json) const override {
    const Row& row = static_cast<const Row&>(any);
    if (view_fails_ && row.sum % 11 == 0) throw std::runtime_error("eleven");
    fmt::format_to(std::back_inserter(json),
                   R"({{"day":{},"sum":{},"count":{}}})",
                   row.day,
                   row.sum,
                   row.count);
    return true;
  }
  void index(const AnyRow& any, std::vector<IndexEntry>& out) const override {
    if (!view_fails_) return;
    std::string key;
    put_big(key, ~static_cast<std::uint64_t>(static_cast<const Row&>(any).sum));
    out.push_back({0, std::move(key), std::nullopt});
  }
  std::optional<std::string> answer(const AnyRow&, const Query&) const override {
    return std::nullopt;
  }

 private:
  static constexpr std::array<Index, 1> indexes_{Index{"by_sum", false, {}}};
  bool view_fails_;
  TableInfo info_;
};

// A history in several slots. Events of one stream (charger) are in one slot, in order.
class History {
 public:
  struct Options {
    std::uint64_t seed = 1;
    std::uint32_t slots = 4;
    std::size_t events = 2'000;
    std::uint64_t chargers = 40;
    std::uint64_t bookings = 400;
    std::uint64_t open = 0;  // bookings under way at a time; 0: any booking at any time
    std::uint32_t days = 30;
    unsigned poison_per_mille = 2;
    unsigned stranger_per_mille = 2;  // a booking met by another charger's stream
  };

  explicit History(const Options& options) : slots_(options.slots) {
    std::mt19937_64 random(options.seed);
    for (std::size_t i = 0; i < options.events; ++i) add(options, random);
  }

  const std::deque<FoldItem>& slot(std::size_t n) const { return slots_[n]; }
  std::size_t slots() const { return slots_.size(); }

  // Where a table stands that folded the first `counts[n]` events of each slot.
  static SlotPositions positions(const std::vector<std::size_t>& counts) {
    SlotPositions positions;
    for (std::size_t n = 0; n < counts.size(); ++n) {
      positions.push_back({"events.bookings",
                           static_cast<std::uint32_t>(n),
                           static_cast<std::int64_t>(counts[n]),
                           fmt::format("fence {}", counts[n])});
    }
    return positions;
  }
  SlotPositions end() const {
    std::vector<std::size_t> counts;
    for (const auto& slot : slots_) counts.push_back(slot.size());
    return positions(counts);
  }

 private:
  void add(const Options& options, std::mt19937_64& random) {
    std::uint64_t booking = random() % options.bookings;
    if (options.open != 0) {
      booking = made_ * (options.bookings - options.open) / options.events + booking % options.open;
    }
    std::uint64_t charger = booking % options.chargers;
    if (random() % 1000 < options.stranger_per_mille) charger = random() % options.chargers;
    auto body = std::make_shared<Body>();
    body->booking = uuid_of(booking);
    body->charger = uuid_of(1'000'000 + charger);
    body->renter = uuid_of(2'000'000 + booking % 17);
    body->amount = static_cast<std::int64_t>(random() % 500);
    body->day = static_cast<std::uint32_t>(random() % options.days);
    body->position = {static_cast<std::int32_t>(random() % 3'600'000'000U - 1'800'000'000U),
                      static_cast<std::int32_t>(random() % 1'800'000'000U - 900'000'000U)};
    const unsigned dice = static_cast<unsigned>(random() % 1000);
    const EventType& type = dice < options.poison_per_mille ? poison
                            : dice < 40                     ? hid
                            : dice < 60                     ? ignored
                            : dice < 500                    ? reserved
                                                            : changed;
    const auto slot = static_cast<std::uint32_t>(charger % options.slots);
    Meta meta;
    meta.stream = body->charger;
    meta.at = {static_cast<std::int64_t>(1'700'000'000'000'000 + made_++)};
    meta.id = uuid_of(3'000'000 + made_);
    const auto& event = events_.emplace_back(type, std::move(body));
    slots_[slot].push_back({&event, meta, slot, static_cast<std::int64_t>(slots_[slot].size())});
  }

  std::deque<Event> events_;
  std::vector<std::deque<FoldItem>> slots_;
  std::uint64_t made_ = 0;
};

}  // namespace wf::sample
