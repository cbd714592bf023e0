// What an errno of a file that the operator named means for them.
#pragma once
#include <cerrno>

#include "base/result.h"

namespace wf {

// Code::io sends its reader to restore a disk: rights, bounds and names are not that.
inline Code code_of_errno(int error) {
  switch (error) {
    case EACCES:
    case EPERM:
      return Code::forbidden;
    case EMFILE:
    case ENFILE:
      return Code::full;
    case ENOENT:
      return Code::not_found;
    case ENOTDIR:
    case EISDIR:
      return Code::invalid;
    default:
      return Code::io;
  }
}

}  // namespace wf
