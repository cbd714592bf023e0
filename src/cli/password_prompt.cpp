// Reading a line without showing it.
#include "cli/password_prompt.h"

#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <string_view>

namespace wf::cli {
namespace {

constexpr std::size_t line_max = 1024;

Secret read_line(int fd) {
  std::string line;
  for (char c = 0; line.size() < line_max;) {
    const ssize_t got = ::read(fd, &c, 1);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0 || c == '\n') break;
    line += c;
  }
  if (line.ends_with('\r')) line.pop_back();
  Secret secret(line);
  wipe(line);
  return secret;
}

// The terminal's echo is off while this lives.
class Silence {
 public:
  explicit Silence(int fd) : fd_(fd) {
    ::tcgetattr(fd_, &before_);
    termios quiet = before_;
    quiet.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    ::tcsetattr(fd_, TCSAFLUSH, &quiet);
  }
  ~Silence() { ::tcsetattr(fd_, TCSAFLUSH, &before_); }
  Silence(const Silence&) = delete;
  Silence& operator=(const Silence&) = delete;

 private:
  int fd_;
  termios before_{};
};

Secret ask(int fd, std::string_view question) {
  static_cast<void>(::write(STDERR_FILENO, question.data(), question.size()));
  Secret line = read_line(fd);
  static_cast<void>(::write(STDERR_FILENO, "\n", 1));
  return line;
}

}  // namespace

Result<Secret> ask_password(int fd) {
  if (::isatty(fd) == 0) {
    Secret line = read_line(fd);
    if (line.empty()) return fail(Code::invalid, "no password on standard input");
    return line;
  }
  const Silence silence(fd);
  Secret first = ask(fd, "Password: ");
  const Secret second = ask(fd, "Again: ");
  if (first.reveal() != second.reveal()) return fail(Code::invalid, "the two passwords differ");
  if (first.empty()) return fail(Code::invalid, "no password");
  return first;
}

}  // namespace wf::cli
