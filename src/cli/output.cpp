// Writing whole buffers, whatever write() takes at once.
#include "cli/output.h"

#include <unistd.h>

#include <cerrno>

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

}  // namespace wf::cli
