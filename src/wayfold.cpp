// main(): the table of subcommands.
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/stop_signal.h"

namespace {

using wf::cli::Subcommand;

constexpr Subcommand subcommands[] = {
    {"replay",
     "print events as NDJSON",
     "Prints what happened, one CloudEvent per line, in log order within a partition: what a\n"
     "reader of the log may believe, and nothing else (--all also prints what was not accepted).\n"
     "  wayfold replay --type booking.Reserved --since 2026-11-01T00:00:00Z | jq .data\n"
     "  wayfold replay --stream 5ad5…3f --follow\n",
     wf::cli::declare_replay},
    {"schema",
     "print what this build knows: OpenAPI, events, commands, tables",
     "  wayfold schema tables            every table with its route and key\n"
     "  wayfold schema booking.Reserve   a valid body of that command\n"
     "  wayfold schema openapi > openapi.json\n",
     wf::cli::declare_schema},
    {"version",
     "print version, build and libraries",
     "The build is the hash of schemas and generator; it stands in every `opened` record.\n"
     "  wayfold version\n"
     "  wayfold version --json | jq -r .build\n",
     wf::cli::declare_version},
};

}  // namespace

int main(int argc, char** argv) {
  wf::cli::catch_stop_signals();
  wf::cli::Setup setup(0, 1, 2);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return static_cast<int>(wf::cli::run_command_line(subcommands, arguments, setup));
}
