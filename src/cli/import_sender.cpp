// Which answers are final, and how long to wait after those that are not.
#include "cli/import_sender.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <thread>
#include <utility>

#include "base/json.h"
#include "cli/stop_signal.h"

namespace wf::cli {
namespace {

// A Retry-After counts between them.
constexpr Duration pause_min = Duration::millis(50);
constexpr Duration pause_max = Duration::seconds(2);
constexpr auto outage_min = std::chrono::seconds(2);  // less is not worth a word
constexpr const char* position_header = "Wayfold-Position";

void sleep_for(Duration time) { std::this_thread::sleep_for(std::chrono::microseconds(time.us)); }

std::string member(const HttpReply& reply, std::string_view name) {
  const auto document = parse_json(reply.body);
  if (!document || !document->root().is_object()) return {};
  const auto value = document->root().find(name);
  return value && value->is_string() ? std::string(value->as_string()) : std::string();
}

// 202: not decided yet. 504: of unknown fate. The rest: too much for now. Those two codes are
// decisions, whatever their status: the same key gets the same answer for a day.
bool try_again(const HttpReply& reply) {
  constexpr int statuses[] = {202, 429, 502, 503, 504};
  if (std::ranges::find(statuses, reply.status) == std::end(statuses)) return false;
  const std::string code = member(reply, "code");
  return code != "expired" && code != "overdue";
}

// It is of the log that this one was copied from: nobody reads up to there.
bool refuses_position(const HttpReply& reply) {
  return reply.status == 400 && member(reply, "parameter") == position_header;
}

ImportAnswer answer_of(const HttpReply& reply) {
  ImportAnswer answer{.status = reply.status};
  if (reply.status >= 200 && reply.status < 300) {
    answer.id = member(reply, "id");
    return answer;
  }
  answer.code = member(reply, "code");
  answer.detail = member(reply, "detail");
  if (answer.detail.empty()) answer.detail = member(reply, "title");
  return answer;
}

// A command it took says where in the log that is; what it refused, why. Anybody else's server says
// neither, whatever its status.
bool is_gateways(const HttpReply& reply, const ImportAnswer& answer) {
  return reply.status < 300 ? !reply.position.empty() : !answer.code.empty();
}

Duration pause_after(const HttpReply& reply, Duration pause) {
  std::int64_t seconds = 0;
  const std::string& text = reply.retry_after;
  std::from_chars(text.data(), text.data() + text.size(), seconds);
  return std::clamp(Duration::seconds(seconds), pause, pause_max);
}

}  // namespace

Duration answer_max_of(const GatewayConfig& gateway) {
  return Duration::millis(gateway.read_wait_ms_max + gateway.wait_ms + 30'000);
}

void RateLimit::wait() {
  Clock::time_point at;
  {
    const std::scoped_lock lock(mutex_);
    at = std::max(next_, Clock::now());
    next_ = at + gap_;
  }
  std::this_thread::sleep_until(at);
}

void Outage::goes_on(Clock::time_point since, const std::string& why) {
  const std::scoped_lock lock(mutex_);
  if (said_ || Clock::now() - std::max(since, answered_) < outage_min) return;
  said_ = true;
  say_(fmt::format("the gateway does not answer ({}), trying again", why));
}

void Outage::over() {
  const std::scoped_lock lock(mutex_);
  answered_ = Clock::now();
  if (std::exchange(said_, false)) say_("the gateway answers again");
}

ImportSender::ImportSender(const SenderOptions& options, RateLimit& rate, Outage& outage)
    : options_(options),
      rate_(rate),
      outage_(outage),
      client_(options.address, options.answer_max) {}

Result<ImportAnswer> ImportSender::send(const ImportLine& line, const std::string& position) {
  HttpClient::Headers headers{{"Authorization", "Bearer " + options_.token},
                              {"Content-Type", "application/json"},
                              {"Idempotency-Key", line.key},
                              {"Wayfold-Import", options_.import.text()}};
  if (!line.as.empty()) headers.emplace_back("Wayfold-As", line.as);
  if (!line.occurred_at.empty()) headers.emplace_back("Wayfold-Occurred-At", line.occurred_at);
  if (!position.empty()) headers.emplace_back(position_header, position);
  const Clock::time_point start = Clock::now();
  Duration pause = pause_min;
  for (;;) {
    if (stop_requested()) return fail(Code::closed, "interrupted");
    rate_.wait();
    const auto reply = client_.send(line.method, line.path, headers, line.body);
    const bool down = !reply || reply->status >= 502;
    if (!down) outage_.over();
    if (reply && refuses_position(*reply) && headers.back().first == position_header) {
      headers.pop_back();
      continue;
    }
    if (reply && !try_again(*reply)) {
      ImportAnswer answer = answer_of(*reply);
      if (reply->status == 401 || answer.code == "importer_only") {
        return fail(Code::forbidden, "the token is not an importer's: " + answer.detail);
      }
      if (!is_gateways(*reply, answer)) {
        return fail(Code::mismatch,
                    fmt::format("{}:{} answers {} as no gateway does: is --url right?",
                                options_.address.host,
                                options_.address.port,
                                reply->status));
      }
      answer.position = reply->position;
      return answer;
    }
    const bool distrusted = !reply && reply.error().code != Code::unavailable;
    if (distrusted || Clock::now() - start > std::chrono::microseconds(options_.give_up.us)) {
      return reply ? fail(Code::unavailable, fmt::format("still answered {}", reply->status))
                   : tl::unexpected(reply.error());
    }
    if (down) {
      outage_.goes_on(start,
                      reply ? fmt::format("status {}", reply->status) : reply.error().detail);
    }
    sleep_for(reply ? pause_after(*reply, pause) : pause);
    pause = std::min(Duration{pause.us * 2}, pause_max);
  }
}

}  // namespace wf::cli
