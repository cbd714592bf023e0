// `wayfold topics`: makes and checks what the log needs on Kafka, or shows what is there.
#include <fmt/format.h>

#include <filesystem>

#include "base/json_write.h"
#include "cli/commands.h"
#include "cli/config.h"
#include "cli/open_log.h"
#include "cli/tool_log.h"
#include "gateway/secrets.h"

namespace wf::cli {
namespace {

void print(Setup& setup, const TopicsReport& report) {
  using Severity = TopicsReport::Severity;
  std::string& out = setup.out.text();
  if (!setup.json) {
    out += "log " + report.log_id.text() + "\n";
    for (const std::string& topic : report.created) out += "created " + topic + "\n";
    for (const auto& finding : report.findings) {
      setup.out.line(fmt::format("{} {}: {} is {}{}",
                                 finding.severity == Severity::error ? "ERROR" : "warning",
                                 finding.topic,
                                 finding.what,
                                 finding.found,
                                 finding.wanted.empty() ? "" : ", should be " + finding.wanted));
    }
    return;
  }
  out += fmt::format(R"({{"log":"{}","ok":{},"created":[)", report.log_id.text(), report.ok());
  for (std::size_t i = 0; i < report.created.size(); ++i) {
    if (i > 0) out += ',';
    append_json_string(out, report.created[i]);
  }
  out += R"(],"findings":[)";
  for (std::size_t i = 0; i < report.findings.size(); ++i) {
    const auto& finding = report.findings[i];
    out += fmt::format(R"({}{{"severity":"{}","topic":)",
                       i > 0 ? "," : "",
                       finding.severity == Severity::error ? "error" : "warning");
    append_json_string(out, finding.topic);
    append_json_string(out.append(R"(,"what":)"), finding.what);
    append_json_string(out.append(R"(,"wanted":)"), finding.wanted);
    append_json_string(out.append(R"(,"found":)"), finding.found);
    out += '}';
  }
  setup.out.line("]}");
}

// The embedded log makes its topics itself: shown, with where they begin and end.
Exit show_embedded(Setup& setup, const ProcessConfig& process) {
  const auto log = open_tool_log(process);
  if (!log) return setup.fail(log.error());
  if (!setup.json) setup.out.line("log " + (*log)->id().text());
  for (const TopicSpec& topic : (*log)->topics()) {
    std::int64_t records = 0;
    for (std::uint32_t p = 0; p < topic.partitions; ++p) {
      const auto end = (*log)->end({topic.name, p});
      if (!end) return setup.fail(end.error());
      records += *end;
    }
    setup.out.line(fmt::format(
        fmt::runtime(setup.json ? R"({{"topic":"{}","partitions":{},"compacted":{},"records":{}}})"
                                : "{:<24} {} partitions, compacted {}, {} records"),
        topic.name,
        topic.partitions,
        topic.compacted,
        records));
  }
  return Exit::ok;
}

// A new deployment gets its secrets here, once: every process of it needs the same file.
Result<void> make_secrets(Setup& setup, const ProcessConfig& process) {
  const std::string path = secrets_path(process);
  if (std::filesystem::exists(path)) return {};
  const auto log = open_tool_log(process);
  if (!log) return tl::unexpected(log.error());
  const auto keys = (*log)->end({"keys", 0});
  if (!keys) return tl::unexpected(keys.error());
  std::string said = "secrets " + path + ": every process needs this file";
  if (*keys <= 1) {  // its first record is the log's id
    std::error_code ignored;
    std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
    const auto secrets = gateway::load_or_make_secrets(path);
    if (!secrets) return tl::unexpected(secrets.error());
  } else {
    said = "no secrets at " + path + ": processes need the file this deployment has";
  }
  if (!setup.json) setup.out.line(said);
  return {};
}

Exit topics(Setup& setup, bool check_only) {
  const auto process = load_process(setup.config, setup.var);
  if (!process) return setup.fail(process.error());
  if (process->log.kind != LogKind::kafka) return show_embedded(setup, *process);
  TopicsPlan plan;
  plan.replication = static_cast<int>(process->kafka.replication);
  plan.min_insync = static_cast<int>(process->kafka.min_insync);
  plan.create = !check_only;
  const auto report = ensure_topics(kafka_options(*process), plan);
  if (!report) return setup.fail(report.error());
  print(setup, *report);
  if (!check_only) {
    if (auto ok = make_secrets(setup, *process); !ok) return setup.fail(ok.error());
  }
  return report->ok() ? Exit::ok : Exit::found;
}

}  // namespace

Action declare_topics(const Arguments& takes, Setup& setup) {
  auto check = std::make_shared<bool>(false);
  takes.flag("--check", *check, "create nothing, only compare with what the guarantees need");
  return [&setup, check] { return topics(setup, *check); };
}

}  // namespace wf::cli
