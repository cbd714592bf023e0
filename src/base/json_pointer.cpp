// JSON Pointers, and the search for members named twice.
#include <algorithm>

#include "base/json.h"

namespace wf {
namespace {

// The name that comes twice, if one does. Sorted, so that a hostile object costs no quadratic time.
std::optional<std::string_view> twice_in(Json object) {
  std::vector<std::string_view> names;
  names.reserve(object.size());
  for (const auto& member : object.members()) names.push_back(member.key);
  std::sort(names.begin(), names.end());
  const auto twin = std::adjacent_find(names.begin(), names.end());
  if (twin == names.end()) return std::nullopt;
  return *twin;
}

// Extends the pointer to the duplicate below `value`, or leaves it as it was and says no. Depth is
// the parser's bound.
bool find_duplicate(Json value, std::string& pointer) {
  const std::size_t before = pointer.size();
  if (value.is_object()) {
    if (const auto name = twice_in(value)) {
      append_pointer_token(pointer, *name);
      return true;
    }
    for (const auto& [key, member] : value.members()) {
      append_pointer_token(pointer, key);
      if (find_duplicate(member, pointer)) return true;
      pointer.resize(before);
    }
  }
  if (value.is_array()) {
    std::size_t index = 0;
    for (const Json element : value.elements()) {
      append_pointer_token(pointer, std::to_string(index++));
      if (find_duplicate(element, pointer)) return true;
      pointer.resize(before);
    }
  }
  return false;
}

}  // namespace

std::optional<std::string> duplicate_key(Json value) {
  std::string pointer;
  if (!find_duplicate(value, pointer)) return std::nullopt;
  return pointer;
}

void append_pointer_token(std::string& pointer, std::string_view token) {
  pointer += '/';
  for (const char c : token) {
    if (c == '~') {
      pointer += "~0";
    } else if (c == '/') {
      pointer += "~1";
    } else {
      pointer += c;
    }
  }
}

}  // namespace wf
