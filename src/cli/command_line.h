// Arguments to the subcommand they name: what all subcommands share, and how they are run.
#pragma once
#include <functional>
#include <span>
#include <string>

#include "cli/arguments.h"
#include "cli/exit_code.h"
#include "cli/output.h"

namespace wf::cli {

// What every subcommand is given.
struct Setup {
  // Descriptors, which stay the caller's.
  Setup(int in_fd, int out_fd, int err_fd) : out(out_fd), err(err_fd), in(in_fd) {}

  Output out;
  Output err;
  int in;
  std::string config;  // --config
  std::string var;     // --var
  bool json = false;   // --json

  // Prints "wayfold: detail" as one line.
  Exit fail(const Error& error);
  Exit usage(std::string detail) { return fail({Code::invalid, std::move(detail)}); }
};

using Action = std::function<Exit()>;

// `declare` adds options to the subcommand's part of the command line and returns what to do once
// they are parsed. Both live as long as `setup`.
struct Subcommand {
  const char* name;
  const char* summary;
  const char* help;  // what it is for, examples
  Action (*declare)(const Arguments& takes, Setup& setup);
};

// `arguments` without the program's name.
Exit run_command_line(std::span<const Subcommand> subcommands,
                      std::span<const std::string> arguments,
                      Setup& setup);

}  // namespace wf::cli
