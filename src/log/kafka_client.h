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

// Thread-safe, as librdkafka is.
class Client {
 public:
  struct Setup {
    rd_kafka_type_t type = RD_KAFKA_CONSUMER;
    std::string name;      // client.id = the options' client_id + "/" + name
    Settings preferred{};  // the options' properties may change these…
    Settings fixed{};      // …but not these
    // Errors come to take_error(), and must be taken: only for clients whose queues are read.
    bool takes_errors = false;
    void (*delivered)(rd_kafka_t*, const rd_kafka_message_t*, void*) = nullptr;
    void (*rebalanced)(rd_kafka_t*,
                       rd_kafka_resp_err_t,
                       rd_kafka_topic_partition_list_t*,
                       void*) = nullptr;
    void* owner = nullptr;  // what owner_of() gives in `rebalanced`
  };
  static Result<std::shared_ptr<Client>> make(const KafkaLogOptions& options, Setup setup);
  // Waits for librdkafka's threads, but not for ever: 2.0.2 never ends a consumer whose topic was
  // deleted under it. Such a one is left behind, idle, until the process ends.
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  rd_kafka_t* get() const { return rk_; }
  static void* owner_of(rd_kafka_t* rk) { return of(rk)->owner; }

  // When a broker last answered a fetch.
  Clock::time_point heard() const {
    return Clock::time_point(Clock::duration(reports_->heard.load()));
  }
  // The last error since this thread's last call, of those librdkafka told it while it read a
  // queue.
  static rd_kafka_resp_err_t take_error();
  // "; librdkafka says: …" or nothing: the last thing it complained about, for an Error's detail.
  std::string last_words() const;

  // [first, end) of a partition, asked of its leader.
  Result<std::pair<Offset, Offset>> watermarks(const std::string& topic,
                                               std::uint32_t partition,
                                               Duration timeout) const;

 private:
  // What librdkafka's threads write. It lives as long as they do.
  struct Reports {
    void* owner = nullptr;
    std::atomic<Clock::rep> heard{0};
    std::mutex words_mutex;
    std::string words;
  };

  struct End {
    rd_kafka_t* rk;
    std::shared_ptr<Reports> reports;
  };
  static void* run_end(void* end);

  Client() : reports_(std::make_shared<Reports>()) {}
  Result<void> start(const KafkaLogOptions& options, const Setup& setup);

  static Reports* of(const rd_kafka_t* rk) { return static_cast<Reports*>(rd_kafka_opaque(rk)); }
  static void on_error(rd_kafka_t* rk, int err, const char* reason, void* reports);
  static void on_log(const rd_kafka_t* rk, int level, const char* facility, const char* text);
  static rd_kafka_resp_err_t on_new(
      rd_kafka_t* rk, const rd_kafka_conf_t* conf, void* reports, char* errstr, std::size_t size);
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
                                         void* reports);

  rd_kafka_t* rk_ = nullptr;
  std::shared_ptr<Reports> reports_;
};

}  // namespace wf::kafka
