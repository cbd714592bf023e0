// Requests made of the schemas' samples: what a field means is known by its name, everything else
// stays as the sample has it. A new aggregate joins without a line here.
#pragma once
#include <optional>
#include <string>
#include <vector>

#include "base/catalogue.h"
#include "simulation/environment.h"

namespace wf::simulation {

struct Person {
  AccountId account;
  std::uint32_t roles = 0;
  std::string token;
};

// Something a command created.
struct Thing {
  std::string kind;  // "booking"
  Uuid id;
  std::size_t by = 0;    // index of the person
  std::string position;  // token of an answer about it
};

struct Known {
  std::vector<Person> people;
  std::vector<Thing> things;

  // The index of one of that kind.
  std::optional<std::size_t> some(std::string_view kind, Environment& env) const;
};

// The sample with ids, times and whatever has to make sense.
std::string body_of(const CommandType& type, const Known& known, Environment& env);

// "/bookings/{booking}/cancel" with its parameter; `thing`: the index of what was put there.
std::string path_of(const CommandType& type,
                    const Known& known,
                    Environment& env,
                    std::optional<std::size_t>& thing);

}  // namespace wf::simulation
