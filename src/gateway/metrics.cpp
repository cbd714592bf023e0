// Everything is counted on the io thread and written there too.
#include "gateway/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace wf::gateway {

Metrics::Metrics(const Router& router) : router_(router), histograms_(router.routes().size() + 1) {}

void Metrics::answered(std::uint16_t route, int status, Duration took) {
  const std::size_t at = std::min<std::size_t>(route, histograms_.size() - 1);
  Histogram& histogram = histograms_[at];
  std::size_t bucket = 0;
  while (bucket < bounds_us.size() && took.us > bounds_us[bucket]) ++bucket;
  ++histogram.counts[bucket];
  histogram.sum_us += took.us;
  ++statuses_[static_cast<std::uint32_t>(at << 16U) | static_cast<std::uint32_t>(status)];
}

std::string Metrics::label(std::size_t route) const {
  if (route >= router_.routes().size()) return R"(method="",route="")";
  const Route& one = *router_.routes()[route];
  return fmt::format(R"(method="{}",route="{}")", name(one.method), one.pattern);
}

void Metrics::write(std::string& out) const {
  out += "# TYPE wayfold_http_requests_total counter\n";
  std::vector<std::pair<std::uint32_t, std::uint64_t>> sorted(statuses_.begin(), statuses_.end());
  std::ranges::sort(sorted);
  for (const auto& [key, count] : sorted) {
    out += fmt::format("wayfold_http_requests_total{{{},status=\"{}\"}} {}\n",
                       label(key >> 16U),
                       key & 0xFFFFU,
                       count);
  }
  out += "# TYPE wayfold_http_request_seconds histogram\n";
  for (std::size_t route = 0; route < histograms_.size(); ++route) write_histogram(out, route);
}

void Metrics::write_histogram(std::string& out, std::size_t route) const {
  const Histogram& histogram = histograms_[route];
  std::uint64_t total = 0;
  for (const std::uint64_t count : histogram.counts) total += count;
  if (total == 0) return;
  const std::string labels = label(route);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < bounds_us.size(); ++i) {
    below += histogram.counts[i];
    out += fmt::format("wayfold_http_request_seconds_bucket{{{},le=\"{}\"}} {}\n",
                       labels,
                       static_cast<double>(bounds_us[i]) / 1e6,
                       below);
  }
  out += fmt::format("wayfold_http_request_seconds_bucket{{{},le=\"+Inf\"}} {}\n", labels, total);
  out += fmt::format("wayfold_http_request_seconds_sum{{{}}} {}\n",
                     labels,
                     static_cast<double>(histogram.sum_us) / 1e6);
  out += fmt::format("wayfold_http_request_seconds_count{{{}}} {}\n", labels, total);
}

void write_metric(std::string& out,
                  std::string_view name,
                  std::string_view type,
                  std::int64_t value) {
  out += fmt::format("# TYPE {} {}\n{} {}\n", name, type, name, value);
}

}  // namespace wf::gateway
