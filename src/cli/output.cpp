// Writing whole buffers, whatever write() takes at once.
#include "cli/output.h"

#include <unistd.h>

#include <cerrno>

#include "base/json_write.h"

namespace wf::cli {

void Output::flush() {
  std::string_view rest = text_;
  while (ok() && !rest.empty()) {
    const ssize_t written = ::write(fd_, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      error_ = errno;
    } else {
      rest.remove_prefix(static_cast<std::size_t>(written));
    }
  }
  text_.clear();
}

bool Output::is_terminal() const { return ::isatty(fd_) == 1; }

void append_text_or_null(std::string& out, std::string_view text) {
  if (text.empty()) {
    out += "null";
  } else {
    append_json_string(out, text);
  }
}

}  // namespace wf::cli
