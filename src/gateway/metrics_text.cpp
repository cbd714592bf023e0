// Writes Prometheus' text format.
#include "gateway/metrics_text.h"

#include <fmt/format.h>

#include <iterator>

namespace wf::gateway {

void MetricsText::family(std::string_view name, std::string_view type, std::string_view help) {
  name_ = name;
  fmt::format_to(std::back_inserter(out_), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
}

void MetricsText::sample(std::string_view labels, std::int64_t value) {
  out_ += name_;
  if (!labels.empty()) fmt::format_to(std::back_inserter(out_), "{{{}}}", labels);
  fmt::format_to(std::back_inserter(out_), " {}\n", value);
}

void MetricsText::sample(std::string_view suffix, std::string_view labels, double value) {
  fmt::format_to(std::back_inserter(out_), "{}{}{{{}}} {}\n", name_, suffix, labels, value);
}

void MetricsText::gauge(std::string_view name, std::int64_t value, std::string_view help) {
  family(name, "gauge", help);
  sample({}, value);
}

void MetricsText::counter(std::string_view name, std::int64_t value, std::string_view help) {
  family(name, "counter", help);
  sample({}, value);
}

}  // namespace wf::gateway
