// `wayfold replay`: the history as NDJSON, through the fence.
#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "base/catalogue.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/event_json.h"
#include "cli/raw_reader.h"
#include "cli/replay_filter.h"
#include "cli/stop_signal.h"
#include "cli/tool_log.h"
#include "log/outcome_reader.h"

namespace wf::cli {
namespace {

struct ReplayOptions {
  ReplayFilter filter;
  std::string stream;
  std::string since;
  std::string until;
  bool commands = false;
  bool all = false;  // also what the fence did not accept, and what closes an outcome
  bool follow = false;
  std::uint64_t limit = std::numeric_limits<std::uint64_t>::max();
};

constexpr Limit batch_limit{.records = 8192, .bytes = std::size_t{4} << 20U};
constexpr Duration wait_slice = Duration::millis(100);  // how long a signal may go unnoticed

// One reader over all slots that were asked for.
class Replay {
 public:
  Replay(Setup& setup, const ReplayOptions& options, Log& log)
      : setup_(setup), options_(options), log_(log) {}

  Result<void> run() {
    auto reader = log_.reader();
    if (!reader) return tl::unexpected(reader.error());
    reader_ = std::move(*reader);
    if (auto ok = start_slots(); !ok) return ok;
    do {
      const auto read = read_all();
      if (!read) return tl::unexpected(read.error());
      if (!*read && options_.follow) {
        setup_.out.flush();
        reader_->wait(wait_slice);
      }
    } while (options_.follow && !done() && !at_end());
    return {};
  }

 private:
  bool done() const { return stop_requested() || !setup_.out.ok() || printed_ >= options_.limit; }

  // Whether every slot was read as far as was asked for.
  bool at_end() const {
    return std::ranges::all_of(
        slots_, [&](const auto& slot) { return slot->next() >= options_.filter.to; });
  }

  Result<void> start_slots() {
    const std::string kind = options_.commands ? "commands." : "events.";
    for (const TopicSpec& topic : log_.topics()) {
      if (!topic.name.starts_with(kind) || !wanted(topic.name.substr(kind.size()))) continue;
      for (std::uint32_t p = 0; p < topic.partitions; ++p) {
        if (options_.filter.partition && *options_.filter.partition != p) continue;
        if (auto ok = start_slot({topic.name, p}); !ok) return ok;
      }
    }
    if (slots_.empty()) return fail(Code::not_found, "no topic and partition of that name");
    return {};
  }

  bool wanted(const std::string& family) const {
    const auto& families = options_.filter.families;
    return families.empty() ||
           std::find(families.begin(), families.end(), family) != families.end();
  }

  Result<void> start_slot(Slot slot) {
    const auto begin = log_.begin(slot);
    if (!begin) return tl::unexpected(begin.error());
    slots_.push_back(std::make_unique<RawReader>(*reader_, std::move(slot), options_.commands));
    return slots_.back()->start(*begin);
  }

  // Each slot up to its tail; true if there was anything.
  Result<bool> read_all() {
    bool any = false;
    for (const auto& slot : slots_) {
      const auto print = [&](const Record& record, Accepted accepted) {
        this->print(slot->slot(), record, accepted);
      };
      while (!done() && slot->next() < options_.filter.to) {
        const auto count = slot->read(batch_limit, print);
        if (!count) return tl::unexpected(count.error());
        if (*count == 0) break;
        any = true;
      }
    }
    return any;
  }

  void print(const Slot& slot, const Record& record, Accepted accepted) {
    if (record.offset >= options_.filter.to || printed_ >= options_.limit) return;
    if (!options_.all) {
      if (accepted == Accepted::no || accepted == Accepted::control) return;
      if (!options_.commands && record.kind != Kind::event) return;
      accepted = Accepted::not_asked;
    }
    if (!options_.filter.matches(record)) return;
    append_event_json(setup_.out.text(), slot, record, accepted);
    setup_.out.commit();
    ++printed_;
  }

  Setup& setup_;
  const ReplayOptions& options_;
  Log& log_;
  std::unique_ptr<Reader> reader_;
  std::vector<std::unique_ptr<RawReader>> slots_;
  std::uint64_t printed_ = 0;
};

Result<void> parse_texts(ReplayOptions& options) {
  if (!options.stream.empty()) {
    options.filter.stream = Uuid::parse(options.stream);
    if (!options.filter.stream) return fail(Code::invalid, "--stream is not a UUID");
  }
  const auto read_time = [](const std::string& text, Instant& out) {
    const auto at = Instant::parse(text);
    if (at) out = *at;
    return text.empty() || at.has_value();
  };
  if (!read_time(options.since, options.filter.since) ||
      !read_time(options.until, options.filter.until)) {
    return fail(Code::invalid, "--since and --until are times like 2026-11-21T09:00:00Z");
  }
  if (options.filter.to < options.filter.from) {
    return fail(Code::invalid, "--to must not be below --from");
  }
  return {};
}

// Whether this build knows an event (or command) or an aggregate of that name.
bool is_type(const std::string& name, bool commands) {
  if (catalogue().aggregate(name) != nullptr) return true;
  if (!commands) return catalogue().event(name) != nullptr;
  return catalogue().command(name) != nullptr || name == "wake" || name == "import_ended";
}

// --all prints control and closing records, too, whose types are nobody's.
Result<void> check_types(const ReplayOptions& options) {
  for (const std::string& type : options.filter.types) {
    if (options.all || is_type(type, options.commands)) continue;
    return fail(Code::invalid,
                fmt::format("no {0} '{1}': see `wayfold schema {0}s`",
                            options.commands ? "command" : "event",
                            type));
  }
  return {};
}

Exit replay(Setup& setup, ReplayOptions& options) {
  if (auto ok = parse_texts(options); !ok) return setup.fail(ok.error());
  if (auto ok = check_types(options); !ok) return setup.fail(ok.error());
  const auto process = load_process(setup.config, setup.var);
  if (!process) return setup.fail(process.error());
  const auto log = open_tool_log(*process);
  if (!log) return setup.fail(log.error());
  const auto done = Replay(setup, options, **log).run();
  if (!done) return setup.fail(done.error());
  return stop_requested() && !options.follow ? Exit::interrupted : Exit::ok;
}

}  // namespace

Action declare_replay(const Arguments& takes, Setup& setup) {
  auto options = std::make_shared<ReplayOptions>();
  ReplayFilter& filter = options->filter;
  takes.option("--topic", filter.families, "families, as `bookings`; default: all");
  takes.option("--partition", filter.partition, "only this partition");
  takes.option("--type", filter.types, "event types, or an aggregate: booking.Reserved, booking");
  takes.option("--stream", options->stream, "only this stream (UUID)");
  takes.option("--since", options->since, "event time at or after");
  takes.option("--until", options->until, "event time before");
  takes.option("--from", filter.from, "offset at or after, in each partition")
      .within(0, std::numeric_limits<Offset>::max());
  takes.option("--to", filter.to, "offset before, in each partition");
  takes.option("--limit", options->limit, "stop after so many lines");
  takes.flag("--commands", options->commands, "commands instead of events");
  takes.flag("--all",
             options->all,
             "also what was not accepted, closing and control records, each marked");
  takes.flag("--follow", options->follow, "go on as the log grows, until interrupted");
  return [&setup, options] { return replay(setup, *options); };
}

}  // namespace wf::cli
