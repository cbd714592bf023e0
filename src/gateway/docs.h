// The documentation pages at /docs: Swagger UI from a directory, nothing from anywhere else.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "gateway/http.h"

namespace wf::gateway {

// Read once; immutable; any thread.
class Docs {
 public:
  // Empty, or without Swagger UI's files: there are no pages.
  explicit Docs(const std::string& directory);

  // `file` empty: the page itself. 404 for all it does not know.
  Response page(std::string_view file) const;
  bool available() const { return !files_.empty(); }

 private:
  struct File {
    std::string_view content_type;
    std::shared_ptr<const std::string> bytes;
  };
  std::map<std::string, File, std::less<>> files_;
};

}  // namespace wf::gateway
