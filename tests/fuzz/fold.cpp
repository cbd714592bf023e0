// Fuzzes the tables: any events, folded at once and in batches cut anywhere, make the same rows.
#include <algorithm>
#include <map>
#include <vector>

#include "base/catalogue.h"
#include "base/check.h"
#include "fuzz/bodies.h"
#include "fuzz/input.h"
#include "storage/row_fold.h"
#include "storage/row_format.h"

namespace wf::fuzz {
namespace {

const SlotPositions& slots() {
  static const SlotPositions one{{"events.fuzz", 0, 0, ""}};
  return one;
}

// What a table keeps, in memory.
class Rows {
 public:
  explicit Rows(const TableType& type) : type_(type), folder_(type) {}

  void apply(std::span<const FoldItem> items) {
    const std::vector<RowTouch> all = sorted_touches(type_, items);
    Changes changes;
    for (std::span<const RowTouch> rest = all; !rest.empty();) {
      std::size_t size = 1;
      while (size < rest.size() && rest[size].key == rest[0].key) ++size;
      LiveRow row = load(rest[0].key);
      folder_.fold(row, rest.first(size), items, slots());
      folder_.seal(rest[0].key, row, changes, totals_);
      rest = rest.subspan(size);
    }
    for (const auto* edits : {&changes.rows, &changes.others}) {
      for (const Edit& edit : *edits) {
        if (edit.erase) {
          WF_CHECK(stored_.erase(std::string(edit.key)) == 1);
        } else {
          stored_[std::string(edit.key)] = edit.value;
        }
      }
    }
  }

  const std::map<std::string, std::string>& stored() const { return stored_; }
  const Totals& totals() const { return totals_; }

 private:
  std::string_view value(KeyKind kind, std::string_view key) const {
    const auto found = stored_.find(kind_key(kind, key));
    return found == stored_.end() ? std::string_view() : std::string_view(found->second);
  }

  // Every row decodes again.
  LiveRow load(std::string_view key) const {
    const std::string_view row = value(KeyKind::row, key);
    if (row.empty()) return folder_.fresh();
    auto loaded = folder_.load(key, row, value(KeyKind::quarantine, key));
    WF_CHECK(loaded.has_value());
    return std::move(*loaded);
  }

  const TableType& type_;
  RowFolder folder_;
  std::map<std::string, std::string> stored_;
  Totals totals_;
};

struct History {
  std::vector<Event> events;
  std::vector<FoldItem> items;
  std::vector<std::size_t> cuts;  // where a batch ends
};

History read(Input& input) {
  History made;
  std::vector<Meta> metas;
  std::map<Uuid, std::uint64_t> versions;
  while (!input.empty()) {
    const Sample& sample = input.pick(event_samples());
    const std::uint8_t how = input.byte();
    std::shared_ptr<const void> body = sample.type->decode(body_of(sample.text, input));
    if (!body) continue;
    Meta& meta = metas.emplace_back();
    meta.id = Uuid::v5({}, std::to_string(metas.size()));
    meta.stream = some_id(static_cast<std::uint8_t>(2 + how % 2));
    meta.stream_version = ++versions[meta.stream];
    meta.at = {1'795'251'600'000'000 + std::int64_t{how} * 60'000'000};
    meta.by = {some_id(how / 4)};
    made.events.emplace_back(*sample.type, std::move(body));
    if (how / 2 % 2 == 0) made.cuts.push_back(made.events.size());
  }
  made.cuts.push_back(made.events.size());
  for (std::size_t i = 0; i < made.events.size(); ++i) {
    made.items.push_back({&made.events[i], metas[i], 0, static_cast<std::int64_t>(i)});
  }
  return made;
}

// Since when a row cannot be shown depends on where batches end. A quarantine record begins with
// that time, and the row has it too.
bool same(const std::pair<const std::string, std::string>& a,
          const std::pair<const std::string, std::string>& b) {
  if (a == b) return true;
  if (a.first != b.first) return false;
  if (a.first[0] == static_cast<char>(KeyKind::quarantine)) {
    return std::string_view(a.second).substr(8) == std::string_view(b.second).substr(8);
  }
  const auto row = parse_row(a.second);
  return a.first[0] == static_cast<char>(KeyKind::row) && row &&
         (row->flags & row_flag::view_failed) != 0 &&
         row_hash(a.first, a.second) == row_hash(b.first, b.second);
}

void check(const TableType& type, const History& history) {
  Rows at_once(type);
  at_once.apply(history.items);
  Rows cut(type);
  std::size_t begin = 0;
  for (const std::size_t end : history.cuts) {
    cut.apply(std::span(history.items).subspan(begin, end - begin));
    begin = end;
  }
  WF_CHECK(at_once.totals() == cut.totals());
  WF_CHECK(std::ranges::equal(at_once.stored(), cut.stored(), same));
}

}  // namespace
}  // namespace wf::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  wf::fuzz::Input input(data, size);
  const wf::fuzz::History history = wf::fuzz::read(input);
  for (const wf::TableType* type : wf::catalogue().tables) wf::fuzz::check(*type, history);
  return 0;
}
