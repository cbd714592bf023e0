// What /metrics says: requests, commands on their way, the log, tables.
#include <fmt/format.h>

#include <algorithm>

#include "gateway/app.h"
#include "gateway/metrics_text.h"

namespace wf::gateway {
namespace {

void write_commands(MetricsText& out, const Backend& backend) {
  const auto count = [](std::size_t value) { return static_cast<std::int64_t>(value); };
  const Submitter& submitter = backend.submitter;
  out.gauge("wayfold_commands_waiting",
            count(backend.waiting.size()),
            "Commands whose outcome was not read back yet.");
  out.gauge("wayfold_append_queue_bytes",
            count(submitter.queued_bytes()),
            "Commands that wait for their append.");
  out.gauge("wayfold_logins_queued",
            count(backend.login_pool.queued()),
            "Passwords that wait to be hashed.");
  out.gauge("wayfold_log_down", submitter.down() ? 1 : 0, "1: the log takes no commands.");
  out.gauge("wayfold_log_full",
            submitter.full() ? 1 : 0,
            "1: the last commands were refused, as the log's disk is full.");
  out.gauge("wayfold_decider_lag_max",
            backend.tail.lag_max(),
            "Commands on the log that are not decided, of the partition with most.");
  out.counter("wayfold_outcomes_total",
              static_cast<std::int64_t>(backend.tail.outcomes()),
              "Outcomes of commands read since the start.");
  out.family("wayfold_events_read",
             "gauge",
             "Offset up to which events were read for answers: near the log's end.");
  for (const SlotOffset& slot : backend.tail.read_to()) {
    out.sample(fmt::format(R"(topic="{}",partition="{}")", slot.topic, slot.partition),
               slot.offset);
  }
}

void write_tables(MetricsText& out, const Services& services) {
  std::vector<std::pair<std::string, TableState>> states;  // each label, and what it stands for
  for (const auto& [name, table] : services.tables) {
    states.emplace_back(fmt::format(R"(table="{}")", name), table->state());
  }
  out.family("wayfold_table_live", "gauge", "1: it has reached the log's end since its start.");
  for (const auto& [label, state] : states) out.sample(label, state.live ? 1 : 0);
  out.family("wayfold_table_failing", "gauge", "1: its store fails, and it is not folded on.");
  for (const auto& [label, state] : states) out.sample(label, state.failing_since ? 1 : 0);
  out.family("wayfold_table_quarantined", "gauge", "Rows that are parked.");
  for (const auto& [label, state] : states) {
    out.sample(label, static_cast<std::int64_t>(state.quarantined));
  }
  out.family("wayfold_table_position",
             "gauge",
             "Offset up to which events are folded: compare it with wayfold_events_read.");
  for (const auto& [label, state] : states) {
    for (const SlotOffset& slot : state.positions) {
      out.sample(fmt::format(R"({},topic="{}",partition="{}")", label, slot.topic, slot.partition),
                 slot.offset);
    }
  }
}

}  // namespace

Response App::metrics_page() {
  Response response;
  response.content_type = "text/plain; version=0.0.4";
  const auto page = std::make_shared<std::string>();
  MetricsText out(*page);
  metrics_.set(gauges());
  Metrics sum(backend_.router);
  for (const auto& one : backend_.metrics) one->add_to(sum);
  sum.write(out);
  write_commands(out, backend_);
  const Instant since = behind_since();
  out.gauge(
      "wayfold_reads_stale_seconds",
      since.us == 0 ? 0 : std::max<std::int64_t>(0, (services_.clock() - since).us / 1'000'000),
      "How old answers are, as `Age` says: the log cannot be read or tables not folded.");
  write_tables(out, services_);
  response.shared = *page;
  response.owner = page;  // it is there also while too many answers are unread
  return response;
}

}  // namespace wf::gateway
