// One import from its first line to its last: reading, grouping, sending, and what is kept of it.
#pragma once
#include <atomic>
#include <functional>
#include <istream>
#include <map>
#include <mutex>
#include <string>
#include <unordered_map>

#include "cli/import_queue.h"
#include "cli/import_sender.h"
#include "cli/import_state.h"

namespace wf::cli {

struct RefusedLine {
  std::uint64_t number = 0;
  std::string key;
  std::string route;
  ImportAnswer answer;
};

struct ImportReport {
  std::uint64_t lines = 0;
  std::uint64_t accepted = 0;
  std::map<std::uint64_t, RefusedLine> refused;  // by line
};

// One run() of one object. `tick` is called by the reading thread now and then, with the lines
// answered and the bytes read so far; `say` by any, never while `tick` is, when the gateway is gone
// and when it is back.
class Importer {
 public:
  Importer(const SenderOptions& options,
           std::int64_t rate,
           std::size_t parallel,
           ImportState state,
           Outage::Say say)
      : options_(options),
        rate_(rate),
        parallel_(parallel),
        outage_([this, say = std::move(say)](std::string_view what) {
          const std::scoped_lock lock(mutex_);
          say(what);
        }),
        state_(std::move(state)) {}

  using Tick = std::function<void(std::uint64_t answered, std::uint64_t bytes)>;
  // An error ends it early; what was answered stays answered.
  Result<ImportReport> run(std::istream& input, const Tick& tick);

 private:
  // What later lines may ask of a key.
  struct Known {
    std::uint32_t group = 0;
    std::uint64_t line = 0;
    std::optional<std::string> id = {};  // of what the line made, once it is answered; empty: none
  };
  // How a line gets its references, or why it cannot be sent.
  std::optional<ImportAnswer> prepare(ImportLine& line);

  bool take_line(std::uint64_t number, const std::string& text);
  std::uint32_t group_of(const ImportLine& line, const std::vector<std::string>& keys);
  std::string position_before(const ImportTask& task);
  void saw(std::uint32_t group, const std::string& position);
  void work();
  void answered(const ImportTask& task, const ImportAnswer& answer);
  void fail_with(const Error& error);

  const SenderOptions& options_;
  RateLimit rate_;
  std::size_t parallel_;
  Outage outage_;
  ImportQueue queue_{10'000};

  std::unordered_map<std::string, std::uint32_t> groups_;  // the reading thread's
  std::uint32_t next_group_ = 0;

  std::mutex mutex_;  // of what follows
  std::unordered_map<std::string, Known> known_;
  std::unordered_map<std::uint32_t, std::string> positions_;  // what each group has seen
  std::optional<Uuid> log_;                                   // that answers now
  ImportState state_;
  ImportReport report_;
  std::optional<Error> error_;
};

}  // namespace wf::cli
