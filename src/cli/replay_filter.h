// Which records `wayfold replay` prints.
#pragma once
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/catalogue.h"
#include "log/record.h"

namespace wf::cli {

struct ReplayFilter {
  std::vector<std::string> families;  // empty: all
  std::optional<std::uint32_t> partition;
  std::vector<std::string> types;  // "booking.Reserved", or an aggregate: "booking"; empty: all
  std::optional<Uuid> stream;
  Instant since;                                            // ce_time at or after…
  Instant until{std::numeric_limits<std::int64_t>::max()};  // …and before
  Offset from = 0;                                          // offset at or after…
  Offset to = std::numeric_limits<Offset>::max();           // …and before
  bool matches(const Record& record) const {
    if (record.offset < from || record.at < since || record.at >= until) return false;
    if (stream && record.stream != *stream) return false;
    return types.empty() || matches_type(record.type);
  }

 private:
  bool matches_type(std::string_view type) const {
    for (const std::string& wanted : types) {
      if (type == wanted) return true;
      if (type.size() > wanted.size() && type.starts_with(wanted) && type[wanted.size()] == '.') {
        return true;
      }
    }
    return false;
  }
};

}  // namespace wf::cli
