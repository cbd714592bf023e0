// Parks one booking of so many: appends, for each, an event of it in another charger's stream,
// which an own part of a row refuses. No client can cause that; a broken build could. usage: poison
// PROCESS_CONFIG ONE_OF OUT; nobody else may use the deployment meanwhile
//
// Writes the ids of the bookings it poisoned to OUT, one a line.
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <fstream>
#include <unordered_map>

#include "base/check.h"
#include "base/json_cursor.h"
#include "bench/owner.h"
#include "cli/config.h"
#include "cli/open_log.h"
#include "gen/booking_json.h"
#include "log/outcome_reader.h"

namespace wf::cli {
namespace {

struct Booked {
  BookingId id;
  Uuid stream;
};

// What a partition has: its bookings, and every stream's version.
struct Content {
  std::vector<Booked> bookings;
  std::unordered_map<Uuid, std::uint64_t> versions;
};

Content read(Log& log, const Slot& events) {
  Content content;
  const auto reader = log.reader();
  WF_CHECK(reader);
  OutcomeReader outcomes(**reader, events);
  WF_CHECK(outcomes.start({}));
  const auto take = [&](std::span<const Record> outcome) {
    for (const Record& record : outcome) {
      if (record.kind != Kind::event) continue;
      content.versions[record.stream] = record.version;
      if (record.type != "booking.Reserved") continue;
      booking::Reserved reserved;
      JsonCursor cursor(record.payload);
      booking::read_json(cursor, reserved);
      content.bookings.push_back({reserved.booking, record.stream});
    }
  };
  for (;;) {
    const auto count = outcomes.read({}, take);
    WF_CHECK(count);
    if (*count == 0) return content;
  }
}

class Poisoner {
 public:
  Poisoner(Log& log, std::uint32_t partition)
      : commands_{"commands.bookings", partition}, owner_(log, partition) {
    auto writer = log.writer("bench");
    WF_CHECK(writer);
    sender_ = std::move(*writer);
    WF_CHECK(*log.end(commands_) == owner_.next());  // everything there is answered
  }

  void poison(const BookingId& id, const Uuid& stream, std::uint64_t version) {
    Record command;
    command.id = Uuid::v5(id.value, "poison");
    command.stream = stream;
    command.at = wall_clock();
    command.type = "booking.CheckIn";
    command.payload = payloads_.emplace_back();
    booking::write_json(payloads_.back(), booking::CheckIn{id});
    command.payload = payloads_.back();
    command.correlation = command.id;
    std::string event;
    booking::write_json(event, booking::CheckedIn{id, command.at, command.at, {}, {}});
    owner_.add({command,
                owner_.next() + static_cast<Offset>(sent_.size()),
                "booking.CheckedIn",
                std::move(event),
                version});
    sent_.push_back(command);
  }

  void flush() {
    if (sent_.empty()) return;
    WF_CHECK(sender_->append(commands_, sent_, Durability::with_outcome));
    owner_.flush();
  }

 private:
  Slot commands_;
  Owner owner_;
  std::unique_ptr<Appender> sender_;
  std::vector<Record> sent_;
  std::deque<std::string> payloads_;
};

void poison(Log& log, std::uint32_t partition, std::size_t one_of, std::ofstream& out) {
  Content content = read(log, {"events.bookings", partition});
  Poisoner poisoner(log, partition);
  const auto& all = content.bookings;
  for (std::size_t n = 0; n < all.size(); n += one_of) {
    const auto other = std::ranges::find_if(
        all, [&](const Booked& booked) { return booked.stream != all[n].stream; });
    if (other == all.end()) break;
    poisoner.poison(all[n].id, other->stream, ++content.versions[other->stream]);
    out << all[n].id.text() << '\n';
  }
  poisoner.flush();
}

int run(const std::string& config, std::size_t one_of, const std::string& ids) {
  const auto process = load_process(config, "");
  WF_CHECK(process.has_value());
  const auto log = open_log(*process);
  WF_CHECK(log.has_value());
  std::ofstream out(ids);
  for (std::uint32_t p = 0; p < static_cast<std::uint32_t>(process->partitions); ++p) {
    poison(**log, p, one_of, out);
  }
  return out.good() ? 0 : 1;
}

}  // namespace
}  // namespace wf::cli

int main(int argc, char** argv) {
  if (argc != 4) return 2;
  return wf::cli::run(argv[1], std::strtoull(argv[2], nullptr, 10), argv[3]);
}
