// How an operating failure is told: Result<T> holds a T or an Error. A refusal is a Reason, a bug a
// WF_CHECK.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace wf {

enum class Code : std::uint8_t {
  invalid,      // the input is not what its format says
  not_found,    // a file, topic or key that should be there is not
  corrupt,      // stored bytes that do not decode
  mismatch,     // a store, log or schema of another deployment
  io,           // the disk or the network failed
  timeout,      // nothing failed, but it took longer than its bound
  unavailable,  // try again later
  full,         // a bound was reached
  closed,       // the object was stopped or is dead; open a new one
  forbidden,    // the caller may not
};

std::string_view name(Code code);

struct Error {
  Code code = Code::io;
  std::string detail;  // for people, never parsed
};

template <class T>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(Code code, std::string detail) {
  return tl::unexpected<Error>(Error{code, std::move(detail)});
}

}  // namespace wf
