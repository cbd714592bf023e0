// Buffered text to a file descriptor: what a subcommand prints.
#pragma once
#include <string>
#include <string_view>

namespace wf::cli {

// One thread. The caller keeps the descriptor.
class Output {
 public:
  explicit Output(int fd) : fd_(fd) {}
  ~Output() { flush(); }
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;

  // Where to append; call commit() after each line or so.
  std::string& text() { return text_; }
  void commit() {
    if (text_.size() >= flush_at) flush();
  }
  void line(std::string_view text) {
    text_.append(text).push_back('\n');
    commit();
  }
  void flush();
  // False once the reader has gone (a closed pipe) or the disk is full: the rest is dropped.
  bool ok() const { return error_ == 0; }
  int error() const { return error_; }  // an errno
  bool is_terminal() const;
  int fd() const { return fd_; }

 private:
  static constexpr std::size_t flush_at = 256 * 1024;

  int fd_;
  int error_ = 0;
  std::string text_;
};

// What a field of --json says: a text, or null for none.
void append_text_or_null(std::string& out, std::string_view text);

}  // namespace wf::cli
