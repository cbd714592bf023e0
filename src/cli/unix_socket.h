// Unix sockets by path.
#pragma once
#include <sys/socket.h>
#include <sys/un.h>

#include <cstring>
#include <string>

#include "base/result.h"

namespace wf::cli {

// Code::invalid if the path is too long for a socket (107 bytes).
inline Result<sockaddr_un> unix_address(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return fail(Code::invalid, path + ": too long for a socket; choose a shorter --var");
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

}  // namespace wf::cli
