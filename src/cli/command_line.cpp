// CLI11's parser over a table of subcommands.
#include "cli/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "cli/stop_signal.h"

namespace wf::cli {
namespace {

constexpr const char* exit_codes =
    "\nExit codes: 0 ok, 1 the check found something, 2 wrong usage or name, 3 nothing answers\n"
    "(try again), 4 refused, 5 a disk or stored data is broken, 70 the embedded log's disk is\n"
    "full or fails, which ends whoever writes to it at once, 130 interrupted.";

constexpr const char* about =
    "Wayfold: bookings and on-demand services on an event log.\n"
    "`wayfold help SUBCOMMAND` says what each is for, with examples.";

void add_shared(const Arguments& takes, Setup& setup) {
  takes.option("--config", setup.config, "the process's configuration file (default: built in)")
      .named("FILE");
  takes.option("--var", setup.var, "where the deployment's data is (default: as configured, var)")
      .named("DIR");
  takes.flag("--json", setup.json, "print JSON instead of text");
}

// What people type when they do not know what to type.
std::vector<std::string> understood(std::vector<std::string> arguments) {
  if (arguments.empty() || arguments == std::vector<std::string>{"help"}) return {"--help"};
  if (arguments[0] == "--version") return {"version"};
  if (arguments[0] == "help") {
    std::rotate(arguments.begin(), arguments.begin() + 1, arguments.end());
    arguments.back() = "--help";
  }
  return arguments;
}

bool is_known(std::span<const Subcommand> subcommands, const std::string& name) {
  return name.starts_with('-') ||
         std::any_of(subcommands.begin(), subcommands.end(), [&](const Subcommand& one) {
           return name == one.name;
         });
}

}  // namespace

Exit Setup::fail(const Error& error) {
  out.flush();
  std::string line = error.detail;
  std::replace(line.begin(), line.end(), '\n', ' ');
  err.line("wayfold: " + line);
  err.flush();
  // What a stop request cut short has not failed.
  if (error.code == Code::closed && stop_requested()) return Exit::interrupted;
  return exit_of(error.code);
}

Exit run_command_line(std::span<const Subcommand> subcommands,
                      std::span<const std::string> arguments,
                      Setup& setup) {
  CLI::App app(about, "wayfold");
  app.require_subcommand(1);
  app.footer(exit_codes);
  Action chosen;
  for (const Subcommand& subcommand : subcommands) {
    CLI::App* part = app.add_subcommand(subcommand.name, subcommand.summary);
    const Arguments taken(part);
    add_shared(taken, setup);
    const Action action = subcommand.declare(taken, setup);
    part->footer(std::string("\n") + subcommand.help + exit_codes);
    part->callback([&chosen, action] { chosen = action; });
  }
  const auto meant = understood({arguments.begin(), arguments.end()});
  if (!is_known(subcommands, meant[0])) {
    return setup.usage("no subcommand '" + meant[0] + "'; `wayfold help` lists them");
  }
  std::vector<std::string> reversed(meant.rbegin(), meant.rend());  // as CLI11 wants them
  try {
    app.parse(std::move(reversed));
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() != 0) {
      return setup.usage(std::string(error.what()) + "; see `wayfold help " + meant[0] + "`");
    }
    std::ostringstream help;
    app.exit(error, help, help);
    setup.out.text() += help.str();
    setup.out.flush();
    return arguments.empty() ? Exit::usage : Exit::ok;
  }
  const Exit exit = chosen();
  setup.out.flush();
  if (setup.out.ok() || setup.out.error() == EPIPE || exit != Exit::ok) return exit;
  const std::string why = std::strerror(setup.out.error());
  return setup.fail({Code::io, "the output was cut: " + why});
}

}  // namespace wf::cli
