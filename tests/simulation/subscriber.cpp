// Sequences only grow; what they carry is compared with the log's own fold at the end.
#include "simulation/subscriber.h"

#include "base/json_cursor.h"

namespace wf::simulation {

void Subscriber::connect(Environment& env, Node& node) {
  Wire wire;
  wire.path = fmt::format("/ws/{}/{}?since={}", table, id.text(), last());
  int status = 0;
  pipe_ = node.subscribe(wire, status);
  env.note("subscribes to {} from {} on: {}", id.text(), last(), pipe_ ? 101 : status);
}

void Subscriber::read(Environment& env, std::size_t most) {
  for (; pipe_ != nullptr && !pipe_->received.empty() && most > 0; --most) {
    const std::string message = std::move(pipe_->received.front());
    pipe_->received.pop_front();
    Shown shown;
    JsonCursor cursor(message);
    cursor.begin_object();
    for (std::string_view key; cursor.next_key(key);) {
      if (key == "sequence") {
        shown.sequence = static_cast<std::uint64_t>(cursor.int64());
      } else {
        shown.row = std::string(cursor.raw());
      }
    }
    const bool gone = shown.row == "null";
    if (gone ? shown.sequence < last() : shown.sequence <= last()) {
      env.fail("a channel says {} after {}", shown.sequence, last());
    }
    seen.push_back(std::move(shown));
  }
  if (pipe_ != nullptr && !pipe_->open && pipe_->received.empty()) pipe_.reset();
}

}  // namespace wf::simulation
