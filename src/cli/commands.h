// The subcommands, one file each: what wayfold.cpp puts into its table.
#pragma once
#include "cli/command_line.h"

namespace wf::cli {

Action declare_admin(CLI::App& app, Setup& setup);
Action declare_copy(CLI::App& app, Setup& setup);
Action declare_gateway(CLI::App& app, Setup& setup);
Action declare_import(CLI::App& app, Setup& setup);
Action declare_inspect(CLI::App& app, Setup& setup);
Action declare_lag(CLI::App& app, Setup& setup);
Action declare_project(CLI::App& app, Setup& setup);
Action declare_rebuild(CLI::App& app, Setup& setup);
Action declare_replay(CLI::App& app, Setup& setup);
Action declare_run(CLI::App& app, Setup& setup);
Action declare_schema(CLI::App& app, Setup& setup);
Action declare_serve(CLI::App& app, Setup& setup);
Action declare_topics(CLI::App& app, Setup& setup);
Action declare_verify(CLI::App& app, Setup& setup);
Action declare_version(CLI::App& app, Setup& setup);
Action declare_work(CLI::App& app, Setup& setup);

}  // namespace wf::cli
