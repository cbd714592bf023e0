// What users of other event-sourced systems met, as runs in which little else happens.
#pragma once
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace wf::simulation {

struct Lesson {
  std::string_view name;
  std::string_view met;                                // by whom
  std::vector<std::pair<std::string_view, int>> more;  // kinds of actions, how many times as often
};

std::span<const Lesson> lessons();
const Lesson* lesson(std::string_view name);  // null: there is none

}  // namespace wf::simulation
