// Each parameter is a filter on a column, one of answer()'s, or one of the engine's own.
#include "gateway/list_query.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "base/index_key.h"
#include "gateway/row_json.h"

namespace wf::gateway {
namespace {

constexpr std::string_view own_names[] = {
    "cursor", "limit", "sort", "near", "lat", "lon", "radius_m"};

struct Asked {
  const TableInfo& table;
  RowQuery query;
  std::vector<std::pair<const Column*, std::string>> filters;  // canonical values
  std::string sort;
  std::optional<std::string> lat, lon;
};

const Column* column_of(const TableInfo& table, std::string_view name) {
  const auto found = std::ranges::find(table.columns, name, &Column::name);
  return found == table.columns.end() ? nullptr : &*found;
}

const Parameter* parameter_of(const TableInfo& table,
                              std::string_view path,
                              std::string_view name) {
  const auto found = std::ranges::find_if(
      table.parameters, [&](const Parameter& one) { return one.path == path && one.name == name; });
  return found == table.parameters.end() ? nullptr : &*found;
}

std::string what_is_needed(ColumnType type, std::span<const std::string_view> values) {
  switch (type) {
    case ColumnType::integer:
      return "an integer is needed";
    case ColumnType::boolean:
      return "true or false is needed";
    case ColumnType::id:
      return "a UUID is needed";
    case ColumnType::instant:
      return "an RFC 3339 time is needed, as 2026-11-21T09:00:00Z";
    case ColumnType::enumeration:
      return fmt::format("one of {} is needed", fmt::join(values, ", "));
    case ColumnType::text:
    case ColumnType::money:
    case ColumnType::point:
    case ColumnType::other:
      break;
  }
  return "rows cannot be asked for by it";
}

std::optional<std::int64_t> number(std::string_view text, std::int64_t low, std::int64_t high) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value >= low && value <= high ? std::optional(value) : std::nullopt;
}

std::optional<std::int32_t> degrees(std::string_view text, double most) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (!(std::abs(value) <= most)) return std::nullopt;
  return static_cast<std::int32_t>(std::lround(value * 1e7));
}

std::optional<Point> point(std::string_view lon, std::string_view lat) {
  const auto x = degrees(lon, 180);
  const auto y = degrees(lat, 90);
  return x && y ? std::optional(Point{*x, *y}) : std::nullopt;
}

std::optional<Response> take_own(Asked& asked,
                                 std::string_view name,
                                 const std::string& value,
                                 const ListBounds& bounds) {
  RowQuery& query = asked.query;
  if (name == "cursor") query.cursor = value;
  if (name == "sort") asked.sort = value;
  if (name == "lat") asked.lat = value;
  if (name == "lon") asked.lon = value;
  if (name == "limit") {
    const auto limit = number(value, 1, bounds.page_max);
    if (!limit) {
      return invalid_parameter(name, fmt::format("rows from 1 to {} are needed", bounds.page_max));
    }
    query.limit = static_cast<std::uint32_t>(*limit);
  }
  if (name == "radius_m") {
    const auto radius = number(value, 1, bounds.radius_m_max);
    if (!radius) {
      return invalid_parameter(name,
                               fmt::format("metres from 1 to {} are needed", bounds.radius_m_max));
    }
    query.radius_m = static_cast<std::uint32_t>(*radius);
  }
  if (name == "near") {
    const std::size_t comma = std::min(value.find(','), value.size());
    query.near = point(std::string_view(value).substr(0, comma),
                       std::string_view(value).substr(std::min(comma + 1, value.size())));
    if (!query.near) return invalid_parameter(name, "LON,LAT in degrees is needed");
  }
  return std::nullopt;
}

// `lat` and `lon` are another way to write `near`.
std::optional<Response> take_place(Asked& asked) {
  if (!asked.lat && !asked.lon) return std::nullopt;
  if (asked.query.near) return invalid_parameter("near", "`lat` and `lon` say the same: give one");
  if (!asked.lat) return invalid_parameter("lat", "it is needed beside `lon`");
  if (!asked.lon) return invalid_parameter("lon", "it is needed beside `lat`");
  if (!degrees(*asked.lat, 90)) {
    return invalid_parameter("lat", "degrees from -90 to 90 are needed");
  }
  asked.query.near = point(*asked.lon, *asked.lat);
  if (asked.query.near) return std::nullopt;
  return invalid_parameter("lon", "degrees from -180 to 180 are needed");
}

std::optional<Response> take(Asked& asked,
                             std::string_view name,
                             const std::string& value,
                             const ListBounds& bounds) {
  if (const Parameter* const one = parameter_of(asked.table, "", name)) {
    if (!canonical_value(one->type, one->values, value)) {
      return invalid_parameter(name, what_is_needed(one->type, one->values));
    }
    if (!asked.query.computed) asked.query.computed.emplace();
    asked.query.computed->values.emplace_back(name, value);
    return std::nullopt;
  }
  if (std::ranges::count(own_names, name) != 0) return take_own(asked, name, value, bounds);
  const Column* const column = column_of(asked.table, name);
  if (column == nullptr || !column->personal.empty()) {
    return invalid_parameter(name, "there is no such parameter");
  }
  auto canonical = canonical_value(column->type, column->values, value);
  if (!canonical) return invalid_parameter(name, what_is_needed(column->type, column->values));
  asked.filters.emplace_back(column, std::move(*canonical));
  return std::nullopt;
}

const std::string* value_of(const Parameters& parameters, std::string_view name) {
  const auto same = [name](const auto& parameter) { return parameter.first == name; };
  const auto found = std::ranges::find_if(parameters, same);
  return found == parameters.end() ? nullptr : &found->second;
}

// Values that are of their type already.
bool less(ColumnType type, std::string_view a, std::string_view b) {
  if (type == ColumnType::instant) return Instant::parse(a) < Instant::parse(b);
  constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  return number(a, least, most) < number(b, least, most);
}

// What is wrong with the declared parameters as a whole.
std::optional<Response> incomplete(const TableInfo& table,
                                   std::string_view path,
                                   const Parameters& parameters) {
  for (const Parameter& one : table.parameters) {
    if (one.path != path) continue;
    const std::string* const value = value_of(parameters, one.name);
    if (one.required && value == nullptr) return invalid_parameter(one.name, "it is required");
    if (one.before.empty()) continue;
    const std::string* const end = value_of(parameters, one.before);
    if ((value == nullptr) != (end == nullptr)) {
      const auto [missing, given] =
          value == nullptr ? std::pair(one.name, one.before) : std::pair(one.before, one.name);
      return invalid_parameter(missing, fmt::format("it is needed beside `{}`", given));
    }
    if (value != nullptr && !less(one.type, *value, *end)) {
      return invalid_parameter(one.before, fmt::format("it must be after `{}`", one.name));
    }
  }
  return std::nullopt;
}

void add_default(Asked& asked) {
  const ListDefault& assumed = asked.table.list_default;
  if (assumed.column.empty()) return;
  const auto lifts = [&](const auto& filter) {
    return filter.first->name == assumed.column || filter.first->name == assumed.unless;
  };
  if (std::ranges::any_of(asked.filters, lifts)) return;
  asked.filters.emplace_back(column_of(asked.table, assumed.column), assumed.value);
}

const std::string* filter_on(const Asked& asked, const Column& column) {
  for (const auto& [filter, value] : asked.filters) {
    if (filter == &column) return &value;
  }
  return nullptr;
}

std::size_t bound_columns(const Asked& asked, const Index& index) {
  std::size_t bound = 0;
  while (bound < index.columns.size() &&
         filter_on(asked, asked.table.columns[index.columns[bound].column]) != nullptr) {
    ++bound;
  }
  return bound;
}

// Whether the index's order after its bound columns is the one asked for.
bool sorts(const Asked& asked, const Index& index, std::size_t bound) {
  if (asked.sort.empty()) return true;
  if (bound == index.columns.size()) return false;
  const bool descending = asked.sort.starts_with('-');
  const IndexColumn& next = index.columns[bound];
  return next.descending == descending &&
         asked.table.columns[next.column].name == std::string_view(asked.sort).substr(descending);
}

// Whether the filters given choose an index without the row filter's help.
bool finds_index(const Asked& asked) {
  return std::ranges::any_of(asked.table.indexes, [&](const Index& index) {
    const std::size_t bound = index.geo ? 0 : bound_columns(asked, index);
    return bound != 0 && sorts(asked, index, bound);
  });
}

// The row filter joins the others, so that it may choose the index too. Whoever has several rules
// and filters by none of them sees all sides where the index is another's, else the first one's.
void add_owner(Asked& asked, const RowAccess& access, const Caller& caller) {
  if (access.all) return;
  const std::string account = caller.account.text();
  std::optional<std::string_view> column;
  for (const auto& [filter, value] : asked.filters) {
    const bool rule = std::ranges::count(access.columns, filter->name) != 0;
    if (rule && value == account) column = filter->name;
  }
  asked.query.owner = account;
  if (!column && access.columns.size() > 1 && finds_index(asked)) {
    asked.query.owner_columns.assign(access.columns.begin(), access.columns.end());
    return;
  }
  asked.query.owner_columns.emplace_back(column.value_or(access.columns.front()));
  const Column* const owner = column_of(asked.table, asked.query.owner_columns.front());
  const auto same = [&](const auto& filter) { return filter.first == owner; };
  if (owner != nullptr && std::ranges::none_of(asked.filters, same)) {
    asked.filters.emplace_back(owner, account);
  }
}

// The filter on `column` becomes the next part of the prefix.
std::optional<Response> bind(Asked& asked, const Column& column, IndexOrder order) {
  if (!append_index_text(asked.query.prefix, column, *filter_on(asked, column), order)) {
    return invalid_parameter(column.name, what_is_needed(column.type, column.values));
  }
  std::erase_if(asked.filters, [&](const auto& filter) { return filter.first == &column; });
  return std::nullopt;
}

// Rows stand in the order of their key.
std::optional<Response> bind_key(Asked& asked) {
  for (const auto part : asked.table.key) {
    const Column& column = asked.table.columns[part];
    if (filter_on(asked, column) == nullptr) break;
    if (auto no = bind(asked, column, IndexOrder::ascending)) return no;
  }
  return std::nullopt;
}

// The index with most columns bound; of two, the one with fewer others. Without any, the key. Only
// who may read all rows walks an index with none bound: others would find pages of nothing.
std::optional<Response> choose_index(Asked& asked, const RowAccess& access) {
  const Index* best = nullptr;
  std::size_t best_bound = 0;
  for (const Index& index : asked.table.indexes) {
    if (index.geo != asked.query.near.has_value()) continue;
    const std::size_t bound = index.geo ? 0 : bound_columns(asked, index);
    if (!index.geo && !sorts(asked, index, bound)) continue;
    if (!index.geo && bound == 0 && (asked.sort.empty() || !access.all)) continue;
    const bool better = best == nullptr || bound > best_bound ||
                        (bound == best_bound && index.columns.size() < best->columns.size());
    if (!better) continue;
    best = &index;
    best_bound = bound;
  }
  if (best == nullptr) {
    if (asked.query.near) return invalid_parameter("near", "these rows have no place");
    if (!asked.sort.empty()) return invalid_parameter("sort", "there is no index in that order");
    return bind_key(asked);
  }
  asked.query.index = best->name;
  for (std::size_t i = 0; i < best_bound; ++i) {
    const IndexColumn& part = best->columns[i];
    const IndexOrder order = part.descending ? IndexOrder::descending : IndexOrder::ascending;
    if (auto no = bind(asked, asked.table.columns[part.column], order)) return no;
  }
  return std::nullopt;
}

}  // namespace

std::variant<RowQuery, Response> list_query(const TableInfo& table,
                                            const Parameters& parameters,
                                            const RowAccess& access,
                                            const Caller& caller,
                                            const ListBounds& bounds) {
  Asked asked{.table = table, .query = {}, .filters = {}, .sort = {}, .lat = {}, .lon = {}};
  asked.query.limit = static_cast<std::uint32_t>(bounds.page_default);
  asked.query.scan_limit = static_cast<std::uint32_t>(bounds.scan_rows_max);
  asked.query.bytes_max = static_cast<std::uint32_t>(bounds.page_bytes_max);
  for (const auto& [name, value] : parameters) {
    if (auto refused = take(asked, name, value, bounds)) return std::move(*refused);
  }
  if (auto refused = take_place(asked)) return std::move(*refused);
  if (asked.query.radius_m != 0 && !asked.query.near) {
    return invalid_parameter("radius_m", "it needs `near`, or `lat` and `lon`, beside it");
  }
  if (asked.query.near && !asked.sort.empty()) {
    return invalid_parameter("sort", "what is near comes nearest first");
  }
  if (asked.query.near && asked.query.radius_m == 0) {
    asked.query.radius_m = static_cast<std::uint32_t>(bounds.radius_m_max);
  }
  if (auto refused = incomplete(table, "", parameters)) return std::move(*refused);
  add_default(asked);
  add_owner(asked, access, caller);
  if (auto refused = choose_index(asked, access)) return std::move(*refused);
  for (const auto& [column, value] : asked.filters) {
    asked.query.equal.emplace_back(column->name, value);
  }
  return std::move(asked.query);
}

std::variant<Query, Response> computed_query(const TableInfo& table,
                                             std::string_view path,
                                             const Parameters& parameters) {
  Query query;
  query.path = path;
  for (const auto& [name, value] : parameters) {
    const Parameter* const one = parameter_of(table, path, name);
    if (one == nullptr) return invalid_parameter(name, "there is no such parameter");
    if (!canonical_value(one->type, one->values, value)) {
      return invalid_parameter(name, what_is_needed(one->type, one->values));
    }
    query.values.emplace_back(name, value);
  }
  if (auto refused = incomplete(table, path, parameters)) return std::move(*refused);
  return query;
}

}  // namespace wf::gateway
