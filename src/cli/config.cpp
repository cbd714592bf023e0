// Files to configuration structs, by the generated parsers.
#include "cli/config.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "base/json.h"

namespace wf::cli {
namespace {

template <class Parsed>
Result<Parsed> parse(const std::string& path,
                     Result<Parsed> (*parser)(const Json&, std::vector<Fault>&)) {
  const auto text = read_file(path);
  if (!text) return tl::unexpected(text.error());
  const auto document = parse_json(*text);
  if (!document) return fail(Code::invalid, fmt::format("{}: {}", path, document.error().detail));
  std::vector<Fault> faults;
  auto parsed = parser(document->root(), faults);
  if (parsed) return parsed;
  std::string detail = path + ":";
  for (const Fault& fault : faults) {
    detail += fmt::format("\n  {} {}: {}", fault.pointer, fault.code, fault.detail);
  }
  return fail(Code::invalid, std::move(detail));
}

}  // namespace

Result<std::string> read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return fail(Code::not_found, "cannot read " + path);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

Result<ProcessConfig> load_process(const std::string& path, const std::string& var_override) {
  ProcessConfig process;
  if (!path.empty()) {
    auto parsed = parse<ProcessConfig>(path, parse_process);
    if (!parsed) return parsed;
    process = std::move(*parsed);
  }
  if (!var_override.empty()) process.var = var_override;
  return process;
}

Result<Config> load_config(const std::string& path, const std::string& var_override) {
  Config config;
  auto process = load_process(path, var_override);
  if (!process) return tl::unexpected(process.error());
  config.process = std::move(*process);
  auto platform = parse<PlatformConfig>(config.process.platform, parse_platform);
  if (!platform && platform.error().code == Code::not_found) {
    return fail(Code::not_found,
                platform.error().detail +
                    ": the platform, as `platform` of the configuration "
                    "names it from the directory this is started in");
  }
  if (!platform) return tl::unexpected(platform.error());
  config.platform = std::move(*platform);
  return config;
}

std::string url_of(const HttpConfig& http, std::int64_t port) {
  const bool ipv6 = http.address.find(':') != std::string::npos;
  return fmt::format(fmt::runtime(ipv6 ? "{}://[{}]:{}" : "{}://{}:{}"),
                     http.tls_certificate.empty() ? "http" : "https",
                     http.address,
                     port);
}

}  // namespace wf::cli
