// Builds, watches and ends librdkafka clients; translates its errors.
#include "log/kafka_client.h"

#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <thread>

namespace wf::kafka {
namespace {

constexpr int16_t fetch_api = 1;  // of the Kafka protocol

// Many threads read the queues of one client, and each is told of its own.
thread_local rd_kafka_resp_err_t told_error = RD_KAFKA_RESP_ERR_NO_ERROR;

// One that does not answer so soon may lead no longer.
constexpr int leader_ms_max = 1000;

// A broker that starts may tell of topics and partitions before it knows them all. What is unknown
// for longer does not exist.
constexpr Duration unknown_max = Duration::seconds(1);

Code code_of(rd_kafka_resp_err_t err) {
  struct Row {
    rd_kafka_resp_err_t err;
    Code code;
  };
  static constexpr std::array rows{
      Row{RD_KAFKA_RESP_ERR__TIMED_OUT, Code::unavailable},
      Row{RD_KAFKA_RESP_ERR__TRANSPORT, Code::unavailable},
      Row{RD_KAFKA_RESP_ERR__RESOLVE, Code::unavailable},
      Row{RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, Code::unavailable},
      Row{RD_KAFKA_RESP_ERR__WAIT_COORD, Code::unavailable},
      Row{RD_KAFKA_RESP_ERR__FATAL, Code::unavailable},
      Row{RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE, Code::unavailable},
      Row{RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION, Code::unavailable},
      Row{RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS, Code::unavailable},
      Row{RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND, Code::unavailable},
      Row{RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER, Code::unavailable},
      Row{RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID, Code::unavailable},
      Row{RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, Code::not_found},
      Row{RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC, Code::not_found},
      Row{RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION, Code::not_found},
      Row{RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET, Code::mismatch},
      Row{RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE, Code::mismatch},
      Row{RD_KAFKA_RESP_ERR__BAD_MSG, Code::corrupt},
      Row{RD_KAFKA_RESP_ERR__INVALID_ARG, Code::invalid},
      Row{RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE, Code::full},
      Row{RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED, Code::forbidden},
      Row{RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED, Code::forbidden},
      Row{RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED, Code::forbidden},
      Row{RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED, Code::forbidden},
      Row{RD_KAFKA_RESP_ERR__AUTHENTICATION, Code::forbidden},
  };
  const auto row = std::find_if(rows.begin(), rows.end(), [&](Row r) { return r.err == err; });
  return row == rows.end() ? Code::io : row->code;
}

// While a partition is new or its leadership moves.
bool passes(rd_kafka_resp_err_t err) {
  return err == RD_KAFKA_RESP_ERR__TIMED_OUT || err == RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION ||
         err == RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE || err == RD_KAFKA_RESP_ERR__TRANSPORT ||
         err == RD_KAFKA_RESP_ERR_OFFSET_NOT_AVAILABLE;
}

// librdkafka looks for new leaders of topics that it reads or writes, not of one that is only asked
// about: it would go on asking a broker that died, or believing one that did not know yet.
void find_leaders(rd_kafka_t* rk) {
  const rd_kafka_metadata_t* found = nullptr;
  rd_kafka_metadata(rk, 1, nullptr, &found, leader_ms_max);
  const Metadata destroyed(found);
}

// `offset`: a logical one, which becomes the real one. Not by rd_kafka_query_watermark_offsets():
// while the leader is away 2.0.2 waits there without a bound.
rd_kafka_resp_err_t ask_offset(rd_kafka_t* rk,
                               const std::string& topic,
                               std::uint32_t partition,
                               Clock::time_point deadline,
                               Offset& offset) {
  const Partitions one(rd_kafka_topic_partition_list_new(1));
  auto* asked =
      rd_kafka_topic_partition_list_add(one.get(), topic.c_str(), static_cast<int32_t>(partition));
  asked->offset = offset;
  const int wait_ms = std::clamp(milliseconds_until(deadline), 1, leader_ms_max);
  const auto err = rd_kafka_offsets_for_times(rk, one.get(), wait_ms);
  offset = asked->offset;
  return err == RD_KAFKA_RESP_ERR_NO_ERROR ? asked->err : err;
}

Result<void> set(rd_kafka_conf_t* conf, const std::string& key, const std::string& value) {
  std::array<char, 256> why{};
  if (rd_kafka_conf_set(conf, key.c_str(), value.c_str(), why.data(), why.size()) ==
      RD_KAFKA_CONF_OK)
    return {};
  return fail(Code::invalid, fmt::format("kafka property {}: {}", key, why.data()));
}

// Quick to find a broker that came back, and to notice one that hangs.
const Settings& common_settings() {
  static const Settings settings{
      {"socket.nagle.disable", "true"},
      {"socket.keepalive.enable", "true"},
      {"socket.timeout.ms", "10000"},
      {"reconnect.backoff.ms", "50"},
      {"reconnect.backoff.max.ms", "1000"},
      {"topic.metadata.refresh.fast.interval.ms", "100"},
      {"topic.metadata.refresh.interval.ms", "10000"},  // see unknown_max
      {"topic.metadata.propagation.max.ms", "5000"},
      {"retry.backoff.ms", "50"},
  };
  return settings;
}

Result<void> configure(rd_kafka_conf_t* conf,
                       const KafkaLogOptions& options,
                       const Client::Setup& setup) {
  Settings all = common_settings();
  all.insert(all.end(), setup.preferred.begin(), setup.preferred.end());
  all.insert(all.end(), options.properties.begin(), options.properties.end());
  all.emplace_back("bootstrap.servers", options.bootstrap);
  all.emplace_back("client.id", options.client_id + "/" + setup.name);
  all.emplace_back("allow.auto.create.topics", "false");
  all.insert(all.end(), setup.fixed.begin(), setup.fixed.end());
  // A consumer's property on a producer (and the reverse) is only a warning to librdkafka, so one
  // map of properties serves all clients.
  for (const auto& [key, value] : all) {
    if (auto ok = set(conf, key, value); !ok) return ok;
  }
  return {};
}

}  // namespace

Error error_of(rd_kafka_resp_err_t err, std::string_view what) {
  return {code_of(err), fmt::format("{}: {}", what, rd_kafka_err2str(err))};
}

int milliseconds(Duration duration) {
  return static_cast<int>(std::clamp<std::int64_t>((duration.us + 999) / 1000, 0, 1'000'000'000));
}

int milliseconds_until(Clock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 0, 1'000'000'000));
}

Clock::time_point after(Duration duration) {
  return Clock::now() + std::chrono::microseconds(duration.us);
}

Result<std::shared_ptr<Client>> Client::make(const KafkaLogOptions& options, Setup setup) {
  std::shared_ptr<Client> client(new Client);
  if (auto ok = client->start(options, setup); !ok) return tl::unexpected(ok.error());
  return client;
}

Result<void> Client::start(const KafkaLogOptions& options, const Setup& setup) {
  Conf conf(rd_kafka_conf_new());
  if (auto ok = configure(conf.get(), options, setup); !ok) return ok;
  reports_->owner = setup.owner;
  rd_kafka_conf_set_opaque(conf.get(), reports_.get());
  rd_kafka_conf_set_log_cb(conf.get(), &Client::on_log);
  if (setup.takes_errors) rd_kafka_conf_set_error_cb(conf.get(), &Client::on_error);
  if (setup.delivered != nullptr) rd_kafka_conf_set_dr_msg_cb(conf.get(), setup.delivered);
  if (setup.rebalanced != nullptr) rd_kafka_conf_set_rebalance_cb(conf.get(), setup.rebalanced);
  rd_kafka_conf_interceptor_add_on_new(conf.get(), "wayfold", &Client::on_new, reports_.get());
  std::array<char, 256> why{};
  rk_ = rd_kafka_new(setup.type, conf.get(), why.data(), why.size());
  if (rk_ == nullptr) return fail(Code::invalid, fmt::format("kafka client: {}", why.data()));
  conf.release();  // now the client's
  return {};
}

Client::~Client() {
  if (rk_ == nullptr) return;
  auto end = std::make_unique<End>(End{rk_, reports_});
  pthread_t thread{};
  if (pthread_create(&thread, nullptr, &Client::run_end, end.get()) != 0) {
    run_end(end.release());
    return;
  }
  end.release();  // the thread's
  constexpr std::time_t patience_seconds = 5;
  timespec deadline{};
  clock_gettime(CLOCK_REALTIME, &deadline);
  deadline.tv_sec += patience_seconds;
  if (pthread_timedjoin_np(thread, nullptr, &deadline) != 0) pthread_detach(thread);
}

void* Client::run_end(void* raw) {
  const std::unique_ptr<End> end(static_cast<End*>(raw));
  rd_kafka_destroy_flags(end->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
  return nullptr;
}

std::string Client::last_words() const {
  const std::lock_guard lock(reports_->words_mutex);
  return reports_->words.empty() ? "" : "; librdkafka says: " + reports_->words;
}

Result<std::pair<Offset, Offset>> Client::watermarks(const std::string& topic,
                                                     std::uint32_t partition,
                                                     Duration timeout) const {
  const auto deadline = after(timeout);
  const auto known_by = std::min(deadline, after(unknown_max));
  while (true) {
    std::pair<Offset, Offset> range{RD_KAFKA_OFFSET_BEGINNING, RD_KAFKA_OFFSET_END};
    auto err = ask_offset(rk_, topic, partition, deadline, range.first);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR)
      err = ask_offset(rk_, topic, partition, deadline, range.second);
    if (err == RD_KAFKA_RESP_ERR_NO_ERROR) return range;
    const bool unknown = code_of(err) == Code::not_found;
    if (!(unknown || passes(err)) || Clock::now() >= (unknown ? known_by : deadline)) {
      Error error = error_of(err, fmt::format("{}/{}: asking for its offsets", topic, partition));
      error.detail += last_words();
      return tl::unexpected(std::move(error));
    }
    find_leaders(rk_);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
}

rd_kafka_resp_err_t Client::take_error() {
  return std::exchange(told_error, RD_KAFKA_RESP_ERR_NO_ERROR);
}

void Client::on_error(rd_kafka_t*, int err, const char* reason, void* opaque) {
  auto* reports = static_cast<Reports*>(opaque);
  told_error = static_cast<rd_kafka_resp_err_t>(err);
  const std::lock_guard lock(reports->words_mutex);
  reports->words = reason;
}

void Client::on_log(const rd_kafka_t* rk, int level, const char* /*facility*/, const char* text) {
  constexpr int syslog_error = 3;
  if (level > syslog_error) return;
  const std::lock_guard lock(of(rk)->words_mutex);
  of(rk)->words = text;
}

rd_kafka_resp_err_t Client::on_new(
    rd_kafka_t* rk, const rd_kafka_conf_t*, void* reports, char*, std::size_t) {
  return rd_kafka_interceptor_add_on_response_received(
      rk, "wayfold", &Client::on_response, reports);
}

rd_kafka_resp_err_t Client::on_response(rd_kafka_t*,
                                        int,
                                        const char*,
                                        int32_t,
                                        int16_t api,
                                        int16_t,
                                        int32_t,
                                        std::size_t,
                                        int64_t,
                                        rd_kafka_resp_err_t err,
                                        void* reports) {
  if (api == fetch_api && err == RD_KAFKA_RESP_ERR_NO_ERROR)
    static_cast<Reports*>(reports)->heard = Clock::now().time_since_epoch().count();
  return RD_KAFKA_RESP_ERR_NO_ERROR;
}

}  // namespace wf::kafka
