// main(): the table of subcommands.
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/stop_signal.h"

namespace {

using wf::cli::Subcommand;

constexpr Subcommand subcommands[] = {
    {"admin",
     "accounts of the staff, tokens, suspension, keys of personal data",
     "`account`, `token`, `forget` and `rotate-key` need the deployment's secrets\n"
     "(VAR/secrets.json), all but `token` its log.\n"
     "  wayfold admin account --email ops@example.org --role operator\n"
     "  export WAYFOLD_TOKEN=$(wayfold admin token --role importer --hours 24)\n"
     "  wayfold admin forget 5ad5…3f && wayfold admin compact-keys   # the latter: embedded log\n"
     "  wayfold admin resume bookings/3 --next 1042 --reason \"disk restored from last night\"\n",
     wf::cli::declare_admin},
    {"copy",
     "carry a deployment's commands and keys into another",
     "The same number of partitions: every record as it is, so that the same events and tables\n"
     "follow (start TO's deciders afterwards). Another number: what clients sent, in the order it\n"
     "was appended. FROM may be running. An interrupted copy goes on where it ended. --config and\n"
     "--var are not taken: FROM and TO say both. The secrets are not carried: before TO is "
     "started\n"
     "put FROM's secrets.json where TO has its own.\n"
     "  wayfold topics --config config/kafka.json\n"
     "  wayfold copy --commands var config/kafka.json\n",
     wf::cli::declare_copy},
    {"gateway",
     "on Kafka: a gateway without tables; it reads those of `project` and `serve` processes",
     "Any number of them. Needs the nodes in the configuration's `tables`, and the deployment's\n"
     "secrets file. Processes of one machine each have a --var of their own.\n"
     "  wayfold gateway --config config/kafka.json --var var/gateway\n",
     wf::cli::declare_gateway},
    {"import",
     "send NDJSON lines through the HTTP API, as others and in the past",
     "A line is {\"route\": \"POST /bookings\", \"key\": …, \"as\"?: account, \"occurred_at\"?: "
     "time,\n"
     "\"body\"?: {…}, \"stream\"?: text}. {id:KEY} in route or body is the id that line KEY got. "
     "Lines\n"
     "of one stream go one after another. Run it again to go on where it ended. Exit 1 if lines\n"
     "were refused; each is reported with its reason. It goes to where the configuration has the\n"
     "gateway, unless --url says otherwise.\n"
     "  wayfold import lines.ndjson --refused refused.ndjson\n"
     "  wayfold import lines.ndjson --url https://api.example.org --rate 500 --parallel 16\n",
     wf::cli::declare_import},
    {"inspect",
     "show one thing from all sides: a stream, a command, a row, parked rows, the log",
     "  wayfold inspect stream 5ad5…3f         its commands, events and states\n"
     "  wayfold inspect command 8c21…90        the command and its outcome\n"
     "  wayfold inspect row chargers 5ad5…3f   the row and its version\n"
     "  wayfold inspect quarantine             parked rows: why, and what to type\n"
     "  wayfold inspect log                    every slot: begin, end, epochs, records skipped\n",
     wf::cli::declare_inspect},
    {"lag",
     "show how far deciders, forwarders and tables are behind the log",
     "Exit 1 if a decider, a forwarder, the projector or a table failed, or with --max if a\n"
     "decider is too far behind.\n"
     "  wayfold lag\n"
     "  wayfold lag --max 1000 --json | jq .slots\n",
     wf::cli::declare_lag},
    {"project",
     "on Kafka: fold tables, and serve them to gateways; any number of nodes, any tables each",
     "Serves at the configuration's `serve_tables`; gateways find it in their `tables`.\n"
     "  wayfold project --config config/kafka.json --var var/project\n"
     "  wayfold project chargers bookings --config config/kafka.json --serve 10.0.0.12:7400\n",
     wf::cli::declare_project},
    {"rebuild",
     "build a table anew from the log, beside the live one, and swap; or refold one row",
     "No downtime: reads are answered by the old generation until the new one is level. Ctrl-C\n"
     "leaves the old one in place. With --key one row is folded again from the log, to end its\n"
     "quarantine; exit 1 if it still cannot be folded (`wayfold inspect quarantine` lists them).\n"
     "On Kafka it needs the --var of a process that has the tables.\n"
     "  wayfold rebuild chargers bookings\n"
     "  wayfold rebuild --all\n"
     "  wayfold rebuild chargers --key 5ad5…3f\n"
     "  wayfold rebuild daily_bookings --key 9b1c…07 2026-11-25\n",
     wf::cli::declare_rebuild},
    {"replay",
     "print events as NDJSON",
     "Prints what happened, one CloudEvent per line, in log order within a partition: what a\n"
     "reader of the log may believe, and nothing else (--all also prints what was not accepted).\n"
     "Partitions come one after another; for one order over all sort by time.\n"
     "  wayfold replay --type booking.Reserved --since 2026-11-01T00:00:00Z | jq .data\n"
     "  wayfold replay --stream 5ad5…3f --follow\n"
     "  wayfold replay | jq -s 'sort_by(.time)[]' -c\n",
     wf::cli::declare_replay},
    {"run",
     "run everything on this machine, with the embedded log",
     "Log, deciders, tables and gateway in one process. The first start, on a new log, makes\n"
     "DIR/secrets.json. Prints where it answers once it does, with --json as one object: url, "
     "docs,\n"
     "tables (where others read them; null: nowhere), var, log (its id), new_log (just begun).\n"
     "`serve`, `gateway`, `project` and `work` do the same, with null for what they do not have.\n"
     "  wayfold run --config config/dev.json --var ./var\n",
     wf::cli::declare_run},
    {"schema",
     "print what this build knows: OpenAPI, events, commands, tables",
     "  wayfold schema tables            every table with its route and key\n"
     "  wayfold schema booking.Reserve   a valid body of that command\n"
     "  wayfold schema openapi > openapi.json\n",
     wf::cli::declare_schema},
    {"topics",
     "make and check the topics on Kafka; show those of the embedded log",
     "Makes a new deployment's secrets file too; changes nothing that exists. Exit 1 if a topic\n"
     "is not what the guarantees need.\n"
     "  wayfold topics --config config/kafka.json\n"
     "  wayfold topics --config config/kafka.json --check\n",
     wf::cli::declare_topics},
    {"verify",
     "prove tables equal to the fold of their log",
     "Compares three digests at one position: what the store keeps, what its rows and indexes add\n"
     "up to, and a refold of the log. Exit 1 names the first row that differs. A table that does\n"
     "not read is named, and the others are compared. Safe at any time.\n"
     "  wayfold verify\n"
     "  wayfold verify bookings --json\n",
     wf::cli::declare_verify},
    {"serve",
     "on Kafka: gateway and tables in one process; any number of them",
     "Needs topics (wayfold topics) and the deployment's secrets file.\n"
     "  wayfold serve --config config/kafka.json\n",
     wf::cli::declare_serve},
    {"version",
     "print version, build and libraries",
     "The build is the hash of schemas and generator; it stands in every `opened` record.\n"
     "  wayfold version\n"
     "  wayfold version --json | jq -r .build\n",
     wf::cli::declare_version},
    {"work",
     "on Kafka: deciders and forwarders; any number of them share the partitions",
     "  wayfold work --config config/kafka.json\n"
     "  wayfold work --config config/kafka.json --only deciders\n",
     wf::cli::declare_work},
};

}  // namespace

int main(int argc, char** argv) {
  wf::cli::catch_stop_signals();
  wf::cli::Setup setup(0, 1, 2);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  return static_cast<int>(wf::cli::run_command_line(subcommands, arguments, setup));
}
