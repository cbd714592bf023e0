// The page has no script of its own in it, so that its policy needs no exception for one. What it
// names is relative to where it is: /docs, or /api/docs.
#include "gateway/docs.h"

#include <array>
#include <fstream>
#include <iterator>
#include <optional>

#include "gateway/call.h"

namespace wf::gateway {
namespace {

struct Asset {
  std::string_view name;
  std::string_view content_type;
};
constexpr std::array assets{Asset{"swagger-ui.css", "text/css"},
                            Asset{"swagger-ui-bundle.js", "text/javascript"}};

constexpr std::string_view index_page =
    R"(<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Wayfold</title>)"
    R"(<meta name="viewport" content="width=device-width, initial-scale=1">)"
    R"(<link rel="stylesheet" href="docs/swagger-ui.css"></head><body><div id="ui"></div>)"
    R"(<script src="docs/swagger-ui-bundle.js"></script><script src="docs/start.js"></script>)"
    R"(</body></html>)";
constexpr std::string_view start_script =
    R"(SwaggerUIBundle({url: "openapi.json", dom_id: "#ui", validatorUrl: null});)";
// Swagger UI sets styles on elements as it draws them.
constexpr std::string_view policy =
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' "
    "data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

std::optional<std::string> read(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

}  // namespace

Docs::Docs(const std::string& directory) {
  if (directory.empty()) return;
  std::map<std::string, File, std::less<>> files;
  for (const Asset& asset : assets) {
    auto bytes = read(directory + '/' + std::string(asset.name));
    if (!bytes) return;
    files[std::string(asset.name)] = {asset.content_type,
                                      std::make_shared<const std::string>(std::move(*bytes))};
  }
  files[""] = {"text/html; charset=utf-8", std::make_shared<const std::string>(index_page)};
  files["start.js"] = {"text/javascript", std::make_shared<const std::string>(start_script)};
  files_ = std::move(files);
}

Response Docs::page(std::string_view file) const {
  if (files_.empty()) {
    return problem(404, "no_docs", "Swagger UI is not installed here; see /openapi.json");
  }
  const auto found = files_.find(file);
  if (found == files_.end()) return not_found();
  Response response;
  response.content_type = found->second.content_type;
  response.owner = found->second.bytes;
  response.shared = *found->second.bytes;
  response.add("Content-Security-Policy", policy);
  response.add("Cache-Control", "public, max-age=3600");
  return response;
}

}  // namespace wf::gateway
