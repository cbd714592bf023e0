// Reads configuration files, and says everything that is wrong with them at once.
#pragma once
#include <cstdint>
#include <string>

#include "base/result.h"
#include "gen/platform.h"
#include "gen/process.h"

namespace wf::cli {

// A process's configuration and its platform's; paths in it are relative to the current directory.
struct Config {
  ProcessConfig process;
  PlatformConfig platform;
};

// `path` may be empty: defaults. Code::invalid lists every wrong place with its JSON Pointer.
Result<Config> load_config(const std::string& path, const std::string& var_override);
// The same without the platform, which only deciders and gateways need.
Result<ProcessConfig> load_process(const std::string& path, const std::string& var_override);
// Where this deployment's secrets are.
std::string secrets_path(const ProcessConfig& process);
Result<std::string> read_file(const std::string& path);
// "http://127.0.0.1:8000": a server of this configuration that listens on `port`.
std::string url_of(const HttpConfig& http, std::int64_t port);

}  // namespace wf::cli
