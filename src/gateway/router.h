// Which handler a method and path belong to. Built once from the generated routes; immutable; any
// thread.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/catalogue.h"
#include "gateway/http.h"

namespace wf::gateway {

// What the gateway answers itself.
enum class Page : std::uint8_t {
  register_,
  login,
  refresh,
  logout,
  jwks,
  command,  // GET /commands/{id}
  health,
  ready,
  metrics,
  open_api,
  docs,
};

struct Route {
  enum class Kind : std::uint8_t { page, command, list, row, sub_resource };

  Kind kind = Kind::page;
  Page page = Page::health;
  Method method = Method::get;
  std::string pattern = {};  // "/bookings/{booking}/cancel": names it in metrics
  const CommandType* command = nullptr;
  const TableType* table = nullptr;
  std::string_view sub_path = {};  // "slots"
  std::uint16_t index = 0;         // dense over all routes
};

struct Match {
  static constexpr std::size_t parameters_max = 4;

  const Route* route = nullptr;                        // null: no such path or method
  std::array<std::string, parameters_max> parameters;  // percent-decoded, in the path's order
  std::size_t count = 0;
  std::string allow;        // the methods of a path that has others
  std::string_view prefix;  // "/api" or "", as asked: what an answer names is found there too
};

class Router {
 public:
  explicit Router(const Catalogue& catalogue);
  ~Router();

  // `path` as the client wrote it; a leading "/api" is taken off.
  Match match(Method method, std::string_view path) const;
  const std::vector<std::unique_ptr<Route>>& routes() const { return routes_; }

 private:
  struct Node;
  void add(Route route);
  void add_pages();
  void add_tables(const Catalogue& catalogue);

  std::vector<std::unique_ptr<Route>> routes_;
  std::unique_ptr<Node> root_;
};

std::string_view name(Method method);
std::optional<Method> parse_method(std::string_view text);

// Percent-decoding of a path segment or, with `plus_is_space`, of a query's name or value. Nothing
// for a bad escape, a control character or what is not UTF-8.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

}  // namespace wf::gateway
