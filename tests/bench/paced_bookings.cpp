// Paced bookings, each read back with its position token, for scripts/bench: how long until each is
// seen. usage: paced_bookings PORT RATE SECONDS FIRST_SLOT KEY_PREFIX, in a folder with tokens.txt
// and chargers.txt
//
// Prints a line of JSON: how many were seen, how many went wrong, and the middle and 99th of the
// times in ms from when a booking was due, sent late or not, to the end of the answer that shows
// it.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Clock = std::chrono::steady_clock;
using asio::use_awaitable;
using Request = http::request<http::string_body>;
using Response = http::response<http::string_body>;

constexpr std::size_t connections = 64;
constexpr wf::Duration slot_length = wf::Duration::minutes(15);

std::vector<std::string> lines(const char* path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

wf::Instant slot_start(std::size_t slot) {
  constexpr std::int64_t day = wf::Duration::hours(24).us;
  const std::int64_t tomorrow = (wf::wall_clock().us / day + 1) * day;
  return {tomorrow + static_cast<std::int64_t>(slot) * slot_length.us};
}

class Bookings {
 public:
  Bookings(
      std::uint16_t port, std::size_t rate, std::size_t count, std::size_t slot, std::string prefix)
      : server_(asio::ip::address_v4::loopback(), port),
        rate_(rate),
        count_(count),
        slot_(slot),
        prefix_(std::move(prefix)) {}

  // One connection. Each takes the next booking and waits until it is due, so that one that
  // is answered late delays none that another could send.
  asio::awaitable<void> work() {
    asio::ip::tcp::socket socket(co_await asio::this_coro::executor);
    co_await socket.async_connect(server_, use_awaitable);
    socket.set_option(asio::ip::tcp::no_delay(true));
    asio::steady_timer timer(co_await asio::this_coro::executor);
    while (next_ < count_) {
      const std::size_t number = next_++;
      const Clock::time_point due =
          begin_ + number * std::chrono::nanoseconds(1'000'000'000) / rate_;
      timer.expires_at(due);
      co_await timer.async_wait(use_awaitable);
      if (co_await book_and_see(socket, number)) seen_.push_back(Clock::now() - due);
    }
  }

  void print() {
    std::ranges::sort(seen_);
    const auto ms = [this](std::size_t percent) {
      if (seen_.empty()) return 0.0;
      const Clock::duration time = seen_[seen_.size() * percent / 100];
      return std::chrono::duration<double, std::milli>(time).count();
    };
    fmt::print("{{\"seen\":{},\"wrong\":{},\"p50_ms\":{:.3f},\"p99_ms\":{:.3f}}}\n",
               seen_.size(),
               count_ - seen_.size(),
               ms(50),
               ms(99));
  }

 private:
  asio::awaitable<bool> book_and_see(asio::ip::tcp::socket& socket, std::size_t number) {
    const std::string& token = tokens_[number % tokens_.size()];
    Request post(http::verb::post, "/bookings", 11);
    post.set("Idempotency-Key", prefix_ + std::to_string(number));
    post.set(http::field::content_type, "application/json");
    const std::size_t slot = slot_ + number / chargers_.size();
    post.body() = fmt::format(R"({{"charger":"{}","connector":1,"start":"{}","end":"{}"}})",
                              chargers_[number % chargers_.size()],
                              slot_start(slot).text(),
                              slot_start(slot + 1).text());
    post.prepare_payload();
    const Response booked = co_await exchange(socket, post, token);
    if (booked.result() != http::status::created) co_return false;
    Request get(http::verb::get, "/bookings/" + id_of(booked.body()), 11);
    get.set("Wayfold-Position", booked["Wayfold-Position"]);
    const Response shown = co_await exchange(socket, get, token);
    co_return shown.result() == http::status::ok;
  }

  asio::awaitable<Response> exchange(asio::ip::tcp::socket& socket,
                                     Request& request,
                                     const std::string& token) {
    request.set(http::field::host, "bench");
    request.set(http::field::authorization, "Bearer " + token);
    co_await http::async_write(socket, request, use_awaitable);
    boost::beast::flat_buffer buffer;
    Response response;
    co_await http::async_read(socket, buffer, response, use_awaitable);
    co_return response;
  }

  static std::string id_of(std::string_view answer) {
    constexpr std::string_view before = R"("id":")";
    const std::size_t at = answer.find(before);
    if (at == std::string_view::npos) return {};
    answer.remove_prefix(at + before.size());
    return std::string(answer.substr(0, answer.find('"')));
  }

  asio::ip::tcp::endpoint server_;
  std::size_t rate_;
  std::size_t count_;
  std::size_t slot_;
  std::string prefix_;
  std::vector<std::string> tokens_ = lines("tokens.txt");
  std::vector<std::string> chargers_ = lines("chargers.txt");
  Clock::time_point begin_ = Clock::now() + std::chrono::milliseconds(50);
  std::size_t next_ = 0;
  std::vector<Clock::duration> seen_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  const auto number = [argv](int i) { return static_cast<std::size_t>(std::atoll(argv[i])); };
  asio::io_context io(1);
  Bookings bookings(
      static_cast<std::uint16_t>(number(1)), number(2), number(2) * number(3), number(4), argv[5]);
  for (std::size_t i = 0; i < connections; ++i) {
    asio::co_spawn(io, bookings.work(), [](const std::exception_ptr& error) {
      if (error) std::rethrow_exception(error);
    });
  }
  try {
    io.run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "paced_bookings: %s\n", error.what());
    return 1;
  }
  bookings.print();
  return 0;
}
