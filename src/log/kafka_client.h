// One librdkafka client: its configuration, its health as its threads report it, and its end.
#pragma once
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "log/kafka_handles.h"
#include "log/kafka_log.h"

namespace wf::kafka {

using Clock = std::chrono::steady_clock;
using Settings = std::vector<std::pair<std::string, std::string>>;

// Code and words for one of librdkafka's errors; `what` says what was tried.
Error error_of(rd_kafka_resp_err_t err, std::string_view what);

// Milliseconds for librdkafka: rounded up, so that a wait for what is left never becomes a spin.
int milliseconds(Duration duration);
int milliseconds_until(Clock::time_point deadline);  // 0 once it has passed
Clock::time_point after(Duration duration);

// Thread-safe, as librdkafka is. Its end waits for librdkafka's threads, never for a broker.
class Client {
 public:
  struct Setup {
    rd_kafka_type_t type = RD_KAFKA_CONSUMER;
    std::string name;      // client.id = the options' client_id + "/" + name
    Settings preferred{};  // the options' properties may change these…
    Settings fixed{};      // …but not these
    void (*delivered)(rd_kafka_t*, const rd_kafka_message_t*, void*) = nullptr;
    void (*rebalanced)(rd_kafka_t*,
                       rd_kafka_resp_err_t,
                       rd_kafka_topic_partition_list_t*,
                       void*) = nullptr;
    void* owner = nullptr;  // what owner_of() gives in `rebalanced`
  };
  static Result<std::shared_ptr<Client>> make(const KafkaLogOptions& options, Setup setup);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  rd_kafka_t* get() const { return rk_; }
  static void* owner_of(rd_kafka_t* rk);

  // When a broker last answered a fetch.
  Clock::time_point heard() const { return Clock::time_point(Clock::duration(heard_.load())); }
  // "; librdkafka says: …" or nothing: the last thing it complained about, for an Error's detail.
  std::string last_words() const;

  // [first, end) of a partition, asked of its leader.
  Result<std::pair<Offset, Offset>> watermarks(const std::string& topic,
                                               std::uint32_t partition,
                                               Duration timeout) const;

 private:
  explicit Client(void* owner) : owner_(owner) {}
  Result<void> start(const KafkaLogOptions& options, const Setup& setup);

  static void on_log(const rd_kafka_t* rk, int level, const char* facility, const char* text);
  static rd_kafka_resp_err_t on_new(
      rd_kafka_t* rk, const rd_kafka_conf_t* conf, void* client, char* errstr, std::size_t size);
  static rd_kafka_resp_err_t on_response(rd_kafka_t* rk,
                                         int socket,
                                         const char* broker,
                                         int32_t broker_id,
                                         int16_t api,
                                         int16_t version,
                                         int32_t correlation,
                                         std::size_t size,
                                         int64_t rtt,
                                         rd_kafka_resp_err_t err,
                                         void* client);

  rd_kafka_t* rk_ = nullptr;
  void* owner_;
  std::atomic<Clock::rep> heard_{0};
  mutable std::mutex words_mutex_;
  std::string words_;
};

}  // namespace wf::kafka
