// `wayfold copy`: one deployment's commands into another.
#include <fmt/format.h>

#include <filesystem>

#include "cli/commands.h"
#include "cli/config.h"
#include "cli/copy_commands.h"
#include "cli/open_log.h"
#include "cli/progress.h"
#include "cli/stop_signal.h"
#include "cli/tool_log.h"

namespace wf::cli {
namespace {

struct CopyOptions {
  std::string from;
  std::string to;
  bool commands = false;
  std::int64_t partitions = 0;
};

// A configuration file, or the VAR directory of an embedded log.
Result<ProcessConfig> place(const std::string& text) {
  const bool file = text.ends_with(".json");
  return load_process(file ? text : "", file ? "" : text);
}

// Makes an embedded target that is not there yet.
Result<std::unique_ptr<Log>> open_target(ProcessConfig process,
                                         const CopyOptions& options,
                                         const Log& from) {
  const bool there = std::filesystem::exists(process.var + "/log");
  if (process.log.kind == LogKind::kafka || there) return open_tool_log(process);
  if (options.partitions > 0) {
    process.partitions = options.partitions;
  } else if (!options.to.ends_with(".json")) {
    for (const TopicSpec& topic : from.topics()) {
      if (topic.name.starts_with("commands.")) process.partitions = topic.partitions;
    }
  }
  std::error_code error;
  std::filesystem::create_directories(process.var, error);
  if (error) return fail(Code::io, process.var + ": " + error.message());
  return open_log(process);
}

bool same_shape(const Log& from, const Log& to) {
  for (const TopicSpec& topic : from.topics()) {
    const bool counts = topic.name.starts_with("commands.");
    if (counts && partitions_of(to, topic.name) != topic.partitions) return false;
  }
  return true;
}

void print(Setup& setup, const CopyCounts& counts, bool verbatim) {
  if (setup.json) {
    setup.out.line(
        fmt::format(R"({{"verbatim":{},"keys":{},"commands":{},"skipped":{},"before":{}}})",
                    verbatim,
                    counts.keys,
                    counts.commands,
                    counts.skipped,
                    counts.before));
    return;
  }
  setup.out.line(fmt::format("{} keys, {} commands copied {}",
                             counts.keys,
                             counts.commands,
                             verbatim ? "as they are" : "by the time they were appended"));
  if (counts.before > 0) setup.out.line(fmt::format("{} were there before", counts.before));
  if (counts.skipped > 0) {
    setup.out.line(fmt::format("{} forwarded and wake records were left out", counts.skipped));
  }
}

Exit copy(Setup& setup, const CopyOptions& options) {
  if (!setup.config.empty() || !setup.var.empty()) {
    return setup.usage(
        "copy takes no --config and no --var: FROM and TO are each a configuration (.json) or a "
        "VAR directory");
  }
  if (!options.commands) return setup.usage("say --commands: events follow from them");
  auto source = place(options.from);
  if (!source) return setup.fail(source.error());
  auto target = place(options.to);
  if (!target) return setup.fail(target.error());
  const auto from = open_tool_log(*source);
  if (!from) return setup.fail(from.error());
  const auto to = open_target(std::move(*target), options, **from);
  if (!to) return setup.fail(to.error());
  if ((*from)->id() == (*to)->id()) return setup.usage("FROM and TO are the same log");
  std::uint64_t total = 0;
  for (const Slot& slot : slots_in(**from, "commands")) {
    const auto end = (*from)->end(slot);
    if (!end) return setup.fail(end.error());
    total += static_cast<std::uint64_t>(*end);
  }
  Progress bar(setup.err, "copy");
  const auto tick = [&](std::uint64_t done) {
    bar.update(done, total, done);
    return !stop_requested();
  };
  const bool verbatim = same_shape(**from, **to);
  const auto counts =
      verbatim ? copy_verbatim(**from, **to, tick) : copy_resharded(**from, **to, tick);
  bar.finish();
  if (stop_requested()) return Exit::interrupted;
  if (!counts) return setup.fail(counts.error());
  print(setup, *counts, verbatim);
  return Exit::ok;
}

}  // namespace

Action declare_copy(const Arguments& takes, Setup& setup) {
  auto options = std::make_shared<CopyOptions>();
  takes.flag("--commands", options->commands, "commands and keys: all there is to copy");
  takes.option("FROM", options->from, "a configuration (.json), or an embedded log's VAR")
      .required();
  takes.option("TO", options->to, "the same; an embedded one is made if it is not there")
      .required();
  takes.option("--partitions", options->partitions, "of an embedded TO that is made")
      .within(1, 256);
  return [&setup, options] { return copy(setup, *options); };
}

}  // namespace wf::cli
