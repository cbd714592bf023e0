// Everything the schemas declare, in one place: what a deployment's build knows. Immutable; any
// thread.
#pragma once
#include <memory>
#include <span>
#include <string_view>

#include "base/aggregate.h"
#include "base/table.h"

namespace wf {

struct Catalogue {
  std::span<const EventType> events;
  std::span<const CommandType> commands;
  std::span<const Aggregate* const> aggregates;
  std::span<const Policy* const> policies;
  std::span<const TableType* const> tables;
  std::span<const std::string_view> families;  // topics: commands.F and events.F each
  std::span<const std::string_view> roles;     // names by bit
  std::string_view open_api;                   // OpenAPI 3.1, JSON
  std::string_view build;                      // hash of schemas and generator: stands in `opened`

  // By name; nullptr if there is none. A hash lookup.
  const EventType* (*event)(std::string_view name) = nullptr;
  const CommandType* (*command)(std::string_view name) = nullptr;
  const Aggregate* aggregate(std::string_view name) const;
  const TableType* table(std::string_view name) const;
};

// The generated one; tests of the engine bring their own.
const Catalogue& catalogue();

}  // namespace wf
