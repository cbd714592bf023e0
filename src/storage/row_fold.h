// Folding one row: the part of the engine that live stores, rebuilds and refolds share.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/edits.h"
#include "storage/fold_item.h"
#include "storage/keys.h"
#include "storage/row_format.h"

namespace wf {

// A row being folded, and what the store holds of it.
struct LiveRow {
  enum class State : std::uint8_t { sound, view_failed, fold_failed };

  RowPtr row;  // null when fold_failed
  std::vector<OwnStream> own;
  std::uint64_t version = 0;
  Instant at;  // of the last event folded
  State state = State::sound;
  std::unique_ptr<Quarantine> parked;  // null when sound

  bool stored = false;  // what follows is what the store holds
  bool stored_quarantine = false;
  Digest128 hash;
  std::vector<StoredEntry> entries;
  std::optional<Digest128> indexed;  // of what index() said when `entries` were made
};

// What a table adds up over its rows.
struct Totals {
  Digest128 digest;
  std::uint64_t rows = 0;  // hidden and quarantined ones too
  std::uint64_t quarantined = 0;

  bool operator==(const Totals&) const = default;
};

// One touch of a row by an event of a batch.
struct RowTouch {
  std::string key;
  std::uint64_t order = 0;  // the key's first_bytes(): what most comparisons need
  std::uint32_t item = 0;   // index into the batch
  std::uint8_t part = 0;
};
// Appends the touches of items[n]; several of one row are next to each other.
void append_touches(const TableType& type,
                    std::span<const FoldItem> items,
                    std::size_t n,
                    std::vector<Touch>& scratch,
                    std::vector<RowTouch>& out);
// Every touch of the batch, by key and then in the batch's order.
std::vector<RowTouch> sorted_touches(const TableType& type, std::span<const FoldItem> items);

class RowFolder {
 public:
  explicit RowFolder(const TableType& type) : type_(&type) {}

  LiveRow fresh() const;
  // Code::corrupt if the store's bytes do not decode. `quarantine`: the stored record; may be
  // empty.
  Result<LiveRow> load(std::string_view key,
                       std::string_view value,
                       std::string_view quarantine) const;
  // Folds touches of one row, in their order. A fold that throws, or an own part's second stream,
  // parks the row: from there on only the first offset of each slot is noted.
  void fold(LiveRow& row,
            std::span<const RowTouch> touches,
            std::span<const FoldItem> items,
            const SlotPositions& slots) const;
  // Makes the row's bytes and index entries, and adds what changes against the store.
  void seal(std::string_view key, LiveRow& row, Changes& changes, Totals& totals);

 private:
  bool show(LiveRow& row);
  void add_entry_edits(std::string_view key, LiveRow& row, Changes& changes) const;

  const TableType* type_;
  std::string json_;               // scratch
  std::string parts_;              // scratch
  std::string key_;                // scratch
  std::string value_;              // scratch
  std::vector<IndexEntry> index_;  // scratch
};

}  // namespace wf
