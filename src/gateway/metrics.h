// Counts of answers by route, and how long they took, in Prometheus' text format. Thread-safe.
#pragma once
#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "gateway/metrics_text.h"
#include "gateway/router.h"

namespace wf::gateway {

class Metrics {
 public:
  explicit Metrics(const Router& router);

  // `route`: Route::index, or Metrics::unrouted.
  void answered(std::uint16_t route, int status, Duration took);
  // What an io thread has of its own, as of now.
  struct Gauges {
    std::size_t parked = 0;
    std::size_t channels = 0;
    std::size_t tokens = 0;            // cached
    std::int64_t tokens_verified = 0;  // since start
  };
  void set(const Gauges& gauges);
  // Adds these counts to `sum`, which nobody else uses.
  void add_to(Metrics& sum) const;
  void write(MetricsText& out) const;  // of a sum

  static constexpr std::uint16_t unrouted = UINT16_MAX;

 private:
  static constexpr std::array<std::int64_t, 12> bounds_us{
      100, 250, 500, 1'000, 2'500, 5'000, 10'000, 25'000, 100'000, 500'000, 2'000'000, 10'000'000};
  struct Histogram {
    std::array<std::uint64_t, bounds_us.size() + 1> counts{};
    std::int64_t sum_us = 0;
  };
  void write_histogram(MetricsText& out, std::size_t route) const;
  std::string label(std::size_t route) const;

  const Router& router_;
  mutable std::mutex mutex_;
  Gauges gauges_;
  std::vector<Histogram> histograms_;                           // by route; the last: unrouted
  absl::flat_hash_map<std::uint32_t, std::uint64_t> statuses_;  // route << 16 | status
};

}  // namespace wf::gateway
