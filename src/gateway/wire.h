// What Beast's WebSocket writes through, so that a message can go to an idle socket past it. For
// websocket.cpp and server_sent_events.cpp only.
#pragma once
#include <boost/asio/buffer.hpp>
#include <boost/beast/core/async_base.hpp>
#include <boost/beast/core/role.hpp>
#include <boost/beast/core/saved_handler.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <boost/beast/websocket/teardown.hpp>
#include <string_view>
#include <type_traits>
#include <utility>

#include "gateway/net.h"

namespace wf::gateway {

// Counts operations under way, for an owner that has to outlive them.
class InFlight {
 public:
  void begin() { ++count_; }
  void end() {
    if (--count_ == 0 && none_.waiting()) none_.open();
  }
  bool any() const { return count_ != 0; }
  auto wait_for_none() { return none_.wait(); }

 private:
  int count_ = 0;
  Gate none_;
};

// Beast writes a frame by one async_write, as its own answers to pings and closes do; so must
// whoever writes beside it. The one who writes first finishes its frame, and the other one waits:
// there are no more than these two, because Beast writes one frame at a time itself.
template <class Stream>
class Wire {
 public:
  using executor_type = Executor;

  // `pending` counts the writes; the wire has to live until there are none.
  Wire(Stream& stream, InFlight& pending) : stream_(stream), pending_(pending) {}
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  executor_type get_executor() { return stream_.get_executor(); }
  Stream& next_layer() { return stream_; }

  bool writing() const { return writing_; }
  // How much of a frame the socket takes at once: nothing while another one is being written. When
  // it takes a part, the rest has to be given to async_write before anything else happens. An error
  // is nothing taken: the next async_write meets it again.
  std::size_t send_now(std::string_view frame) {
    if constexpr (std::is_same_v<Stream, Socket>) {
      error_code failed;
      return writing_ ? 0 : stream_.write_some(asio::buffer(frame), failed);
    } else {
      return 0;
    }
  }

  template <class Buffers, class Handler>
  void async_read_some(const Buffers& buffers, Handler&& handler) {
    stream_.async_read_some(buffers, std::forward<Handler>(handler));
  }

  template <class Buffers, class Handler>
  void async_write_some(const Buffers& buffers, Handler&& handler) {
    pending_.begin();
    Write<std::decay_t<Handler>, Buffers> write(std::forward<Handler>(handler), *this, buffers);
    if (writing_) {
      waiting_.emplace(std::move(write));
    } else {
      write();
    }
  }

  template <class Handler>
  friend void async_teardown(boost::beast::role_type role, Wire& wire, Handler&& handler) {
    using boost::beast::websocket::async_teardown;
    async_teardown(role, wire.stream_, std::forward<Handler>(handler));
  }

 private:
  template <class Handler, class Buffers>
  class Write : public boost::beast::async_base<Handler, Executor> {
   public:
    template <class H>
    Write(H&& handler, Wire& wire, const Buffers& buffers)
        : boost::beast::async_base<Handler, Executor>(std::forward<H>(handler),
                                                      wire.get_executor()),
          wire_(wire),
          buffers_(buffers) {}

    // Begins when its turn has come; then is told of the end.
    void operator()(error_code failed = {}, std::size_t size = 0) {
      Wire& wire = wire_;
      if (!begun_ && !failed) {
        begun_ = wire.writing_ = true;
        const Buffers buffers = buffers_;  // not those of what is moved away
        return wire.stream_.async_write_some(buffers, std::move(*this));
      }
      if (begun_) wire.writing_ = false;
      this->complete_now(failed, size);  // writes on if the frame has more
      if (!wire.writing_) wire.waiting_.maybe_invoke();
      wire.pending_.end();
    }

   private:
    Wire& wire_;
    Buffers buffers_;
    bool begun_ = false;
  };

  Stream& stream_;
  InFlight& pending_;
  bool writing_ = false;
  boost::beast::saved_handler waiting_;
};

}  // namespace wf::gateway
