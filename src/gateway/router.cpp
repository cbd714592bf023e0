// A tree of path segments: a literal one before a parameter.
#include "gateway/router.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/utf8.h"

namespace wf::gateway {
namespace {

constexpr std::array<std::string_view, 6> method_names{
    "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"};

// Takes the first segment off a path that begins with '/'.
std::string_view take_segment(std::string_view& path) {
  path.remove_prefix(1);
  const std::size_t end = std::min(path.find('/'), path.size());
  const std::string_view segment = path.substr(0, end);
  path.remove_prefix(end);
  return segment;
}

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

}  // namespace

std::string_view name(Method method) { return method_names[static_cast<std::size_t>(method)]; }

std::optional<Method> parse_method(std::string_view text) {
  const auto found = std::ranges::find(method_names, text);
  if (found == method_names.end()) return std::nullopt;
  return static_cast<Method>(found - method_names.begin());
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '+' && plus_is_space) c = ' ';
    if (c == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const int first = hex_digit(text[i + 1]);
      const int second = hex_digit(text[i + 2]);
      if (first < 0 || second < 0) return std::nullopt;
      c = static_cast<char>(first * 16 + second);
      i += 2;
    }
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return std::nullopt;
    out.push_back(c);
  }
  if (!valid_utf8(out)) return std::nullopt;
  return out;
}

struct Router::Node {
  std::vector<std::pair<std::string, std::unique_ptr<Node>>> children;
  std::unique_ptr<Node> parameter;
  std::array<const Route*, method_names.size()> routes{};

  Node* child(std::string_view segment) const {
    for (const auto& [text, node] : children) {
      if (text == segment) return node.get();
    }
    return nullptr;
  }
};

Router::Router(const Catalogue& catalogue) : root_(std::make_unique<Node>()) {
  add_pages();
  for (const CommandType& type : catalogue.commands) {
    if (type.method.empty()) continue;
    const auto method = parse_method(type.method);
    WF_CHECK(method.has_value());
    add({.kind = Route::Kind::command,
         .method = *method,
         .pattern = std::string(type.path),
         .command = &type});
  }
  add_tables(catalogue);
}

Router::~Router() = default;

void Router::add_pages() {
  const auto page = [this](Page what, Method method, std::string path) {
    add({.page = what, .method = method, .pattern = std::move(path)});
  };
  page(Page::register_, Method::post, "/auth/register");
  page(Page::login, Method::post, "/auth/login");
  page(Page::refresh, Method::post, "/auth/refresh");
  page(Page::logout, Method::post, "/auth/logout");
  page(Page::jwks, Method::get, "/.well-known/jwks.json");
  page(Page::command, Method::get, "/commands/{id}");
  page(Page::health, Method::get, "/healthz");
  page(Page::ready, Method::get, "/readyz");
  page(Page::metrics, Method::get, "/metrics");
  page(Page::open_api, Method::get, "/openapi.json");
  page(Page::docs, Method::get, "/docs");
  page(Page::docs, Method::get, "/docs/{file}");
}

void Router::add_tables(const Catalogue& catalogue) {
  for (const TableType* table : catalogue.tables) {
    const TableInfo& info = table->info();
    if (info.path.empty()) continue;
    std::string row(info.path);
    for (const std::uint8_t column : info.key) {
      row += fmt::format("/{{{}}}", info.columns[column].name);
    }
    add({.kind = Route::Kind::list, .pattern = std::string(info.path), .table = table});
    add({.kind = Route::Kind::row, .pattern = row, .table = table});
    std::vector<std::string_view> paths;
    for (const Parameter& parameter : info.parameters) {
      if (parameter.path.empty() || std::ranges::count(paths, parameter.path) != 0) continue;
      paths.push_back(parameter.path);
      add({.kind = Route::Kind::sub_resource,
           .pattern = fmt::format("{}/{}", row, parameter.path),
           .table = table,
           .sub_path = parameter.path});
    }
  }
}

void Router::add(Route route) {
  Node* node = root_.get();
  for (std::string_view path = route.pattern; !path.empty();) {
    const std::string_view segment = take_segment(path);
    if (segment.starts_with('{')) {
      if (!node->parameter) node->parameter = std::make_unique<Node>();
      node = node->parameter.get();
      continue;
    }
    Node* next = node->child(segment);
    if (next == nullptr) {
      node->children.emplace_back(segment, std::make_unique<Node>());
      next = node->children.back().second.get();
    }
    node = next;
  }
  route.index = static_cast<std::uint16_t>(routes_.size());
  routes_.push_back(std::make_unique<Route>(std::move(route)));
  const Route*& slot = node->routes[static_cast<std::size_t>(routes_.back()->method)];
  WF_CHECK(slot == nullptr);  // two routes of one method and path: the generator's bug
  slot = routes_.back().get();
}

Match Router::match(Method method, std::string_view path) const {
  Match match;
  if (path.starts_with("/api/")) {
    match.prefix = "/api";
    path.remove_prefix(4);
  }
  const Node* node = path.starts_with('/') ? root_.get() : nullptr;
  while (node != nullptr && !path.empty()) {
    const std::string_view segment = take_segment(path);
    if (const Node* const next = node->child(segment)) {
      node = next;
      continue;
    }
    auto value = percent_decode(segment, false);
    node = node->parameter.get();
    if (!value || value->empty() || match.count == Match::parameters_max) return match;
    match.parameters[match.count++] = std::move(*value);
  }
  if (node == nullptr) return match;
  match.route = node->routes[static_cast<std::size_t>(method)];
  if (match.route != nullptr) return match;
  for (std::size_t i = 0; i < node->routes.size(); ++i) {
    if (node->routes[i] == nullptr) continue;
    match.allow += fmt::format("{}{}", match.allow.empty() ? "" : ", ", method_names[i]);
  }
  return match;
}

}  // namespace wf::gateway
