// The frames of VAR/control.sock: questions from tools, answers from the process that has the log.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "log/log.h"

namespace wf::cli {

// A frame is its size (4 bytes, little-endian) and that many bytes. A question's first byte is an
// Ask, an answer's a Tone; both ends are of one build, else `hello` is refused.
enum class Ask : std::uint8_t {
  hello = 1,  // build → log id, topics
  begin,      // slot → offset
  end,
  seek,  // slot, offset
  drop,
  read,        // slot, limit → records
  wait,        // milliseconds → 1 byte
  append,      // slot, durability, records
  checkpoint,  // table, directory
  rebuild,  // key (empty: all rows), tables → tone `more` with progress JSON, any number of times,
            // then the end; an asker that stops sending cancels it
  status,   // → JSON
  compact,  // the keys topic → 8 bytes: records dropped
};
enum class Tone : std::uint8_t { done = 0, failed, more };

// A process that is there says hello within this, whatever else it does: it is stopped otherwise.
inline constexpr Duration hello_within = Duration::seconds(5);
// Once a stop was requested, an answer on its way may still come: a rebuild's progress keeps it.
inline constexpr Duration silence_after_stop = Duration::seconds(1);

inline constexpr std::size_t frame_bytes_max = std::size_t{48} << 20U;
inline constexpr std::size_t read_bytes_max = std::size_t{16} << 20U;
inline constexpr std::size_t read_records_max = 65'536;

// A connected stream socket. One thread at a time; shut_down() from any.
class Connection {
 public:
  explicit Connection(int fd) : fd_(fd) {}
  ~Connection();
  Connection(Connection&& other) noexcept : fd_(other.fd_) { other.fd_ = -1; }
  Connection& operator=(Connection&&) = delete;

  // Code::not_found if nobody listens there.
  static Result<Connection> open(const std::string& path);

  // Both: Code::closed at the end of the stream, or soon after a stop was requested.
  Result<void> send(std::string_view frame) const;
  Result<std::string> receive() const { return receive_within({}); }
  // Code::unavailable if there is nothing for so long; zero: waits for ever.
  Result<std::string> receive_within(Duration patience) const;
  void shut_down() const;
  // Nothing more will be sent; answers are still received.
  void stop_sending() const;
  // Whether the other side has stopped sending, or is gone.
  bool other_stopped() const;

 private:
  int fd_;
};

void put_slot(std::string& out, const Slot& slot);
// Records end to end: offset, type, payload and header of each.
void put_record(std::string& out, const Record& record);
// The records' views point into `bytes`.
Result<std::vector<Record>> read_records(std::string_view bytes);

}  // namespace wf::cli
