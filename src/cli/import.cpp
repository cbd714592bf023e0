// `wayfold import`: NDJSON lines as requests to the HTTP API.
#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "base/json_write.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/importer.h"
#include "cli/progress.h"
#include "cli/stop_signal.h"
#include "cli/tool_log.h"

namespace wf::cli {
namespace {

struct ImportOptions {
  std::string file;
  std::string url;
  std::string ca;
  std::string token;
  std::string state;
  std::string refused;
  std::size_t parallel = 64;
  std::int64_t rate = 20'000;
  std::string import;
  bool no_end = false;
};

// Lets streams that were last written by this import be woken again.
Result<void> end_import(Log& log, const Uuid& import) {
  auto appender = log.writer("import");
  if (!appender) return tl::unexpected(appender.error());
  for (const TopicSpec& topic : log.topics()) {
    if (!topic.name.starts_with("commands.")) continue;
    for (std::uint32_t p = 0; p < topic.partitions; ++p) {
      Record record;
      record.kind = Kind::import_ended;
      record.id = Uuid::v5(import, fmt::format("ended {}/{}", topic.name, p));
      record.at = wall_clock();
      record.type = "import_ended";
      record.payload = "{}";
      record.correlation = import;
      record.principal = system_account;
      record.import = import;
      if (auto ok = (*appender)->append({topic.name, p}, {&record, 1}, Durability::now); !ok) {
        return ok;
      }
    }
  }
  return {};
}

void append_refused(std::string& out, const RefusedLine& line) {
  fmt::format_to(std::back_inserter(out), R"({{"line":{},"key":)", line.number);
  append_json_string(out, line.key);
  append_json_string(out += R"(,"route":)", line.route);
  fmt::format_to(std::back_inserter(out), R"(,"status":{},"code":)", line.answer.status);
  append_json_string(out, line.answer.code);
  append_json_string(out += R"(,"detail":)", line.answer.detail);
  out += "}\n";
}

Result<void> write_refused(Setup& setup, const ImportReport& report, const std::string& path) {
  std::string text;
  for (const auto& [number, line] : report.refused) append_refused(text, line);
  if (path.empty()) {
    setup.err.text() += text;
    setup.err.flush();
    return {};
  }
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text << std::flush;
  if (!file) return fail(Code::io, "cannot write " + path);
  return {};
}

void print(Setup& setup, const ImportReport& report, const Uuid& import, Duration took) {
  const double seconds = static_cast<double>(std::max<std::int64_t>(took.us, 1)) / 1e6;
  setup.out.line(fmt::format(
      fmt::runtime(setup.json ? R"({{"import":"{}","lines":{},"accepted":{},"refused":{},)"
                                R"("seconds":{:.3f}}})"
                              : "import {}: {} lines, {} accepted, {} refused, {:.1f} s"),
      import.text(),
      report.lines,
      report.accepted,
      report.refused.size(),
      seconds));
}

// Sends everything; prepared by import_file().
Result<ImportReport> send_all(Setup& setup,
                              const ImportOptions& options,
                              const SenderOptions& sender,
                              ImportState state) {
  std::ifstream file;
  std::uint64_t size = 0;
  const bool piped = options.file == "-";
  if (!piped) {
    file.open(options.file, std::ios::binary);
    std::error_code ignored;
    size = std::filesystem::file_size(options.file, ignored);
  }
  Progress bar(setup.err, "import", "lines");
  const auto say = [&](std::string_view what) {
    bar.finish();
    setup.err.line(fmt::format("wayfold: {}", what));
    setup.err.flush();
  };
  Importer importer(sender, options.rate, options.parallel, std::move(state), say);
  return importer.run(piped ? std::cin : file, [&](std::uint64_t answered, std::uint64_t bytes) {
    bar.update(bytes, std::max(size, bytes), answered);
  });
}

// What follows when every line has its answer.
Result<void> finish(Setup& setup,
                    const ImportOptions& options,
                    const ProcessConfig& process,
                    const ImportReport& report,
                    const Uuid& import) {
  if (auto ok = write_refused(setup, report, options.refused); !ok) return ok;
  if (options.no_end) return {};
  const auto log = open_tool_log(process);
  if (!log) return tl::unexpected(log.error());
  return end_import(**log, import);
}

void say_open(Setup& setup, const Uuid& import) {
  setup.err.line(fmt::format(
      "import {} has not ended: deadlines of its streams sleep until a run with `--import {}` ends",
      import.text(),
      import.text()));
}

Exit import_file(Setup& setup, ImportOptions& options) {
  const auto process = load_process(setup.config, setup.var);
  if (!process) return setup.fail(process.error());
  if (options.token.empty()) {
    if (const char* token = std::getenv("WAYFOLD_TOKEN")) options.token = token;
  }
  if (options.token.empty()) return setup.usage("--token or WAYFOLD_TOKEN: an importer's token");
  if (options.url.empty() && process->http.port == 0) {
    return setup.usage("--url: the configuration's http.port is 0, any free one");
  }
  auto address = HttpAddress::parse(options.url.empty() ? url_of(process->http, process->http.port)
                                                        : options.url);
  if (!address) return setup.fail(address.error());
  address->ca = options.ca;
  const auto import = options.import.empty() ? Uuid{} : Uuid::parse(options.import);
  if (!import) return setup.usage("--import: an import's id is a UUID");
  const bool piped = options.file == "-";
  const auto name = piped ? Result<std::string>(Uuid::random().text()) : input_name(options.file);
  if (!name) return setup.fail(name.error());
  if (options.state.empty() && !piped) options.state = options.file + ".state";
  if (!options.no_end) {  // what is appended to at the end must be there, before all is sent
    if (const auto log = open_tool_log(*process); !log) return setup.fail(log.error());
  }
  auto state = ImportState::open(options.state, *name, *import);
  if (!state) return setup.fail(state.error());
  const SenderOptions sender{.address = *address,
                             .token = options.token,
                             .import = state->import(),
                             .answer_max = answer_max_of(process->gateway)};
  const Instant started = wall_clock();
  const auto report = send_all(setup, options, sender, std::move(*state));
  const auto ended = report ? finish(setup, options, *process, *report, sender.import)
                            : Result<void>(tl::unexpected(report.error()));
  if (!ended || options.no_end) say_open(setup, sender.import);
  if (!ended) return stop_requested() ? Exit::interrupted : setup.fail(ended.error());
  print(setup, *report, sender.import, wall_clock() - started);
  return report->refused.empty() ? Exit::ok : Exit::found;
}

}  // namespace

Action declare_import(const Arguments& takes, Setup& setup) {
  auto options = std::make_shared<ImportOptions>();
  takes.option("FILE", options->file, "lines to send; -: standard input (not resumable)")
      .required();
  takes.option(
      "--url", options->url, "the gateway, http:// or https:// (default: where --config has it)");
  takes.option("--ca", options->ca, "https: certificates to trust (default: the system's)")
      .named("FILE");
  takes.option("--token", options->token, "an importer's token (default: $WAYFOLD_TOKEN)");
  takes.option("--state", options->state, "what is done is kept here (default: FILE.state)");
  takes.option("--refused,--errors", options->refused, "refused lines go here (default: stderr)");
  takes.option("--parallel", options->parallel, "streams sent at once")
      .within(1, 1024)
      .shows_default();
  takes.option("--rate", options->rate, "lines per second at most")
      .within(1, 1'000'000)
      .shows_default();
  takes
      .option("--import",
              options->import,
              "the import these lines belong to (default: the state's, else one of its own)")
      .named("ID");
  takes.flag("--no-end",
             options->no_end,
             "more of this import follows: deadlines of its streams stay asleep");
  return [&setup, options] { return import_file(setup, *options); };
}

}  // namespace wf::cli
