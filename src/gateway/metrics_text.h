// Prometheus' text format, version 0.0.4: of each family what it means, its type, then its samples.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace wf::gateway {

class MetricsText {
 public:
  // `out` must outlive it.
  explicit MetricsText(std::string& out) : out_(out) {}

  // What follows is of this family, until the next; a name may come once only. `help` is one line
  // without a backslash.
  void family(std::string_view name, std::string_view type, std::string_view help);
  // `labels`: `a="b",c="d"`, values without quotes, backslashes and line ends; or none.
  void sample(std::string_view labels, std::int64_t value);
  void sample(std::string_view suffix, std::string_view labels, double value);
  // A family of one sample without labels.
  void gauge(std::string_view name, std::int64_t value, std::string_view help);
  void counter(std::string_view name, std::int64_t value, std::string_view help);

 private:
  std::string& out_;
  std::string name_;
};

}  // namespace wf::gateway
