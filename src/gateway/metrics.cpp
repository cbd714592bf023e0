// Each io thread counts for itself, so nobody waits for a lock; a page adds them up.
#include "gateway/metrics.h"

#include <fmt/format.h>

#include <algorithm>

namespace wf::gateway {

Metrics::Metrics(const Router& router) : router_(router), histograms_(router.routes().size() + 1) {}

void Metrics::answered(std::uint16_t route, int status, Duration took) {
  const std::size_t at = std::min<std::size_t>(route, histograms_.size() - 1);
  std::size_t bucket = 0;
  while (bucket < bounds_us.size() && took.us > bounds_us[bucket]) ++bucket;
  const std::lock_guard lock(mutex_);
  Histogram& histogram = histograms_[at];
  ++histogram.counts[bucket];
  histogram.sum_us += took.us;
  ++statuses_[static_cast<std::uint32_t>(at << 16U) | static_cast<std::uint32_t>(status)];
}

void Metrics::set(const Gauges& gauges) {
  const std::lock_guard lock(mutex_);
  gauges_ = gauges;
}

void Metrics::add_to(Metrics& sum) const {
  const std::lock_guard lock(mutex_);
  sum.gauges_.parked += gauges_.parked;
  sum.gauges_.channels += gauges_.channels;
  sum.gauges_.tokens += gauges_.tokens;
  sum.gauges_.tokens_verified += gauges_.tokens_verified;
  for (std::size_t route = 0; route < histograms_.size(); ++route) {
    const Histogram& from = histograms_[route];
    Histogram& to = sum.histograms_[route];
    for (std::size_t i = 0; i < from.counts.size(); ++i) to.counts[i] += from.counts[i];
    to.sum_us += from.sum_us;
  }
  for (const auto& [key, count] : statuses_) sum.statuses_[key] += count;
}

std::string Metrics::label(std::size_t route) const {
  if (route >= router_.routes().size()) return R"(method="",route="")";
  const Route& one = *router_.routes()[route];
  return fmt::format(R"(method="{}",route="{}")", name(one.method), one.pattern);
}

void Metrics::write(MetricsText& out) const {
  out.family("wayfold_http_requests_total", "counter", "Answers by route and status.");
  std::vector<std::pair<std::uint32_t, std::uint64_t>> sorted(statuses_.begin(), statuses_.end());
  std::ranges::sort(sorted);
  for (const auto& [key, count] : sorted) {
    out.sample(fmt::format(R"({},status="{}")", label(key >> 16U), key & 0xFFFFU),
               static_cast<std::int64_t>(count));
  }
  out.family("wayfold_http_request_seconds", "histogram", "From a request to its answer.");
  for (std::size_t route = 0; route < histograms_.size(); ++route) write_histogram(out, route);
  out.gauge("wayfold_reads_parked",
            static_cast<std::int64_t>(gauges_.parked),
            "Requests that wait for a table, or for the log to be asked.");
  out.gauge("wayfold_channels_open",
            static_cast<std::int64_t>(gauges_.channels),
            "Subscriptions over WebSocket.");
  out.gauge("wayfold_tokens_cached",
            static_cast<std::int64_t>(gauges_.tokens),
            "Verified tokens that are not verified again.");
  out.counter("wayfold_tokens_verified_total",
              gauges_.tokens_verified,
              "Signatures of tokens that were verified.");
}

void Metrics::write_histogram(MetricsText& out, std::size_t route) const {
  const Histogram& histogram = histograms_[route];
  std::uint64_t total = 0;
  for (const std::uint64_t count : histogram.counts) total += count;
  if (total == 0) return;
  const std::string labels = label(route);
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < bounds_us.size(); ++i) {
    below += histogram.counts[i];
    const auto bound = static_cast<double>(bounds_us[i]) / 1e6;
    out.sample("_bucket", fmt::format(R"({},le="{}")", labels, bound), static_cast<double>(below));
  }
  out.sample("_bucket", labels + R"(,le="+Inf")", static_cast<double>(total));
  out.sample("_sum", labels, static_cast<double>(histogram.sum_us) / 1e6);
  out.sample("_count", labels, static_cast<double>(total));
}

}  // namespace wf::gateway
