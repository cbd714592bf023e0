// Files to configuration structs, by the generated parsers.
#include "cli/config.h"

#include <fmt/format.h>

#include <fstream>
#include <sstream>

#include "base/json.h"

namespace wf::cli {
namespace {

Error wrong(const std::string& path, const std::vector<Fault>& faults) {
  std::string detail = path + ":";
  for (const Fault& fault : faults) {
    detail += fmt::format("\n  {} {}: {}", fault.pointer, fault.code, fault.detail);
  }
  return {Code::invalid, std::move(detail)};
}

// What each field allows by itself, but not beside another.
std::vector<Fault> contradictions(const ProcessConfig& process) {
  std::vector<Fault> faults;
  const HttpConfig& http = process.http;
  if (http.tls_certificate.empty() != http.tls_key.empty()) {
    const bool key = http.tls_key.empty();
    faults.push_back({key ? "/http/tls_key" : "/http/tls_certificate",
                      "required",
                      fmt::format("{} is given: TLS needs both, plain HTTP neither",
                                  key ? "tls_certificate" : "tls_key")});
  }
  const GatewayConfig& gateway = process.gateway;
  if (gateway.page_default > gateway.page_max) {
    faults.push_back(
        {"/gateway/page_default",
         "maximum",
         fmt::format("{} is more than page_max, {}", gateway.page_default, gateway.page_max)});
  }
  return faults;
}

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
  return tl::unexpected(wrong(path, faults));
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
    const auto faults = contradictions(process);
    if (!faults.empty()) return tl::unexpected(wrong(path, faults));
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

std::string secrets_path(const ProcessConfig& process) {
  return process.secrets.empty() ? process.var + "/secrets.json" : process.secrets;
}

std::string url_of(const HttpConfig& http, std::int64_t port) {
  const bool ipv6 = http.address.find(':') != std::string::npos;
  return fmt::format(fmt::runtime(ipv6 ? "{}://[{}]:{}" : "{}://{}:{}"),
                     http.tls_certificate.empty() ? "http" : "https",
                     http.address,
                     port);
}

}  // namespace wf::cli
