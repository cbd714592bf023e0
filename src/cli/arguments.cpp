// Arguments by CLI11, for every type a subcommand takes.
#include "cli/arguments.h"

#include <CLI/CLI.hpp>
#include <optional>

namespace wf::cli {

const Argument& Argument::required() const {
  option_->required();
  return *this;
}

const Argument& Argument::within(std::int64_t least, std::int64_t most) const {
  option_->check(CLI::Range(least, most));
  return *this;
}

const Argument& Argument::one_of(const std::vector<std::string>& values) const {
  option_->check(CLI::IsMember(values));
  return *this;
}

const Argument& Argument::named(const char* value) const {
  option_->type_name(value);
  return *this;
}

const Argument& Argument::shows_default() const {
  option_->capture_default_str();
  return *this;
}

template <class T>
Argument Arguments::option(const char* name, T& value, const char* help) const {
  return Argument(app_->add_option(name, value, help));
}

template Argument Arguments::option(const char*, std::string&, const char*) const;
template Argument Arguments::option(const char*, std::vector<std::string>&, const char*) const;
template Argument Arguments::option(const char*, std::int64_t&, const char*) const;
template Argument Arguments::option(const char*, std::uint64_t&, const char*) const;
template Argument Arguments::option(const char*, std::optional<std::uint32_t>&, const char*) const;
template Argument Arguments::option(const char*, std::optional<std::int64_t>&, const char*) const;

void Arguments::flag(const char* name, bool& value, const char* help) const {
  app_->add_flag(name, value, help);
}

Arguments Arguments::subcommand(const char* name, const char* summary) const {
  app_->require_subcommand(1);
  CLI::App* const part = app_->add_subcommand(name, summary);
  part->fallthrough();
  return Arguments(part);
}

bool Arguments::given() const { return app_->parsed(); }

}  // namespace wf::cli
