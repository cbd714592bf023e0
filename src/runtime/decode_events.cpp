// Decoding for projectors and rebuilds.
#include "runtime/decode_events.h"

#include <fmt/format.h>

#include <algorithm>

namespace wf {

Result<void> decode_events(const Catalogue& catalogue,
                           std::span<const TableType* const> tables,
                           std::span<const Record> outcome,
                           std::uint32_t slot,
                           DecodedEvents& out) {
  for (const Record& record : outcome) {
    if (record.kind != Kind::event) continue;
    ++out.seen;
    const EventType* type = catalogue.event(record.type);
    const auto folds = [type](const TableType* table) { return table->folds(*type); };
    if (type != nullptr && std::ranges::none_of(tables, folds)) continue;
    auto body = type == nullptr ? nullptr : type->decode(record.payload);
    if (!body) {
      return fail(Code::corrupt,
                  fmt::format("{} at offset {} is unknown to this build or does not decode",
                              record.type,
                              record.offset));
    }
    const Event& event = out.events.emplace_back(*type, std::move(body));
    out.items.push_back({.event = &event,
                         .meta = {.id = record.id,
                                  .stream = record.stream,
                                  .stream_version = record.version,
                                  .at = record.at,
                                  .by = record.principal,
                                  .command = record.causation,
                                  .correlation = record.correlation},
                         .slot = slot,
                         .offset = record.offset});
  }
  return {};
}

}  // namespace wf
