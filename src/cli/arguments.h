// What a subcommand takes. CLI11 behind it costs seconds of compile time in every file that
// includes it, so only arguments.cpp and command_line.cpp do.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace wf::cli {

// An option's further rules; each returns the option itself.
class Argument {
 public:
  explicit Argument(CLI::Option* option) : option_(option) {}
  const Argument& required() const;
  const Argument& within(std::int64_t least, std::int64_t most) const;
  const Argument& one_of(const std::vector<std::string>& values) const;
  const Argument& named(const char* value) const;  // what the help calls its value
  const Argument& shows_default() const;           // the value it has now, in the help

 private:
  CLI::Option* option_;
};

// A handle: copies speak of the same subcommand. Values must outlive the parsing.
class Arguments {
 public:
  explicit Arguments(CLI::App* app) : app_(app) {}

  // `name` as CLI11 wants it: "--url", "--refused,--errors", or "FILE" for one by position. For
  // std::string, std::int64_t, std::uint32_t, std::uint64_t, optionals of them, and a vector of
  // strings, which takes many.
  template <class T>
  Argument option(const char* name, T& value, const char* help) const;
  void flag(const char* name, bool& value, const char* help) const;

  // One of those below must be given; what `this` takes may stand after its name too.
  Arguments subcommand(const char* name, const char* summary) const;
  bool given() const;  // that subcommand, once parsed

 private:
  CLI::App* app_;
};

}  // namespace wf::cli
