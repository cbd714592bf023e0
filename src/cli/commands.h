// The subcommands, one file each: what wayfold.cpp puts into its table.
#pragma once
#include "cli/command_line.h"

namespace wf::cli {

Action declare_admin(const Arguments& takes, Setup& setup);
Action declare_copy(const Arguments& takes, Setup& setup);
Action declare_gateway(const Arguments& takes, Setup& setup);
Action declare_import(const Arguments& takes, Setup& setup);
Action declare_inspect(const Arguments& takes, Setup& setup);
Action declare_lag(const Arguments& takes, Setup& setup);
Action declare_project(const Arguments& takes, Setup& setup);
Action declare_rebuild(const Arguments& takes, Setup& setup);
Action declare_replay(const Arguments& takes, Setup& setup);
Action declare_run(const Arguments& takes, Setup& setup);
Action declare_schema(const Arguments& takes, Setup& setup);
Action declare_serve(const Arguments& takes, Setup& setup);
Action declare_topics(const Arguments& takes, Setup& setup);
Action declare_verify(const Arguments& takes, Setup& setup);
Action declare_version(const Arguments& takes, Setup& setup);
Action declare_work(const Arguments& takes, Setup& setup);

}  // namespace wf::cli
