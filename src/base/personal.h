// A field about a person: ciphertext that is copied and compared, and that only the edge can read.
#pragma once
#include <string>

namespace wf {

// "KEY_ID.ciphertext", both base64url, everywhere but in the gateway, the adapters and exports. T
// is the type of the plain text; nothing here gives one. Equal texts are the same sealed value; the
// same plain text sealed twice differs.
template <class T>
struct Personal {
  std::string sealed;

  bool operator==(const Personal&) const = default;
};

}  // namespace wf
