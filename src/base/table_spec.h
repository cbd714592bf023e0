// For tests: the rows a table shows after some events. Everything passes through its wire and
// stored forms.
//
//   TableSpec rows(bookings::table());
//   rows.after(reserved).after(checked_in, {.at = noon});
//   BOOST_TEST(rows.only() == R"({"id":…})");
#pragma once
#include <boost/test/unit_test.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/table.h"

namespace wf {

class TableSpec {
 public:
  explicit TableSpec(const TableType& table) : table_(&table) {}

  template <class E>
  TableSpec& after(const E& event, const Meta& meta) {
    std::string payload;
    write_json(payload, event);
    fold(type_of(event), payload, meta);
    return *this;
  }

  // Visible rows by key, as the API serves them.
  std::map<std::string, std::string> visible() const {
    std::map<std::string, std::string> shown;
    for (const auto& [key, row] : rows_) {
      std::string json;
      if (table_->view(*row, json)) shown.emplace(key, std::move(json));
    }
    return shown;
  }
  // The one there is; empty if there is none.
  std::string only() const {
    const auto shown = visible();
    BOOST_TEST(shown.size() <= 1U);
    return shown.empty() ? "" : shown.begin()->second;
  }
  // What the only row answers to a query.
  std::optional<std::string> answer(const Query& query) const {
    BOOST_REQUIRE(rows_.size() == 1U);
    return table_->answer(*rows_.begin()->second, query);
  }

 private:
  void fold(const EventType& type, const std::string& payload, const Meta& meta) {
    std::shared_ptr<const void> body = type.decode(payload);
    BOOST_REQUIRE_MESSAGE(body != nullptr, type.name << " does not decode: " << payload);
    BOOST_REQUIRE_MESSAGE(table_->folds(type),
                          table_->info().name << " does not fold " << type.name);
    const Event event(type, std::move(body));
    std::vector<Touch> touches;
    table_->touches(event, meta, touches);
    for (const Touch& touch : touches) {
      RowPtr& row = rows_.try_emplace(touch.key, nullptr).first->second;
      if (!row) row = table_->fresh();
      table_->fold(*row, touch.part, event, meta);
      store_and_load(row);
    }
  }

  void store_and_load(RowPtr& row) {
    std::string stored;
    table_->encode(*row, stored);
    Result<RowPtr> loaded = table_->decode(stored);
    BOOST_REQUIRE_MESSAGE(loaded.has_value(), "the row does not decode: " << stored);
    row = std::move(*loaded);
    std::string again;
    table_->encode(*row, again);
    BOOST_TEST(again == stored);
  }

  const TableType* table_;
  std::map<std::string, RowPtr> rows_;
};

}  // namespace wf
