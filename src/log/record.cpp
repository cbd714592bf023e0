// What kinds of records there are for the fence.
#include "log/record.h"

namespace wf {

bool is_control(Kind kind) {
  return kind == Kind::opened || kind == Kind::resumed || kind == Kind::trying;
}

bool is_data(Kind kind) { return kind >= Kind::event && kind <= Kind::expired; }

}  // namespace wf
