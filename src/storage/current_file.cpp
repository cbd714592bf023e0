// Write beside, sync, rename, sync the directory.
#include "storage/current_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

namespace wf {
namespace {

class Descriptor {
 public:
  Descriptor(const std::filesystem::path& path, int flags)
      : number_(::open(path.c_str(), flags | O_CLOEXEC, 0644)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  bool open() const { return number_ >= 0; }

 private:
  int number_;
};

tl::unexpected<Error> failed(const std::filesystem::path& path) {
  return fail(Code::io, path.string() + ": " + std::generic_category().message(errno));
}

}  // namespace

Result<void> replace_file(const std::filesystem::path& path, std::string_view text) {
  const std::filesystem::path beside = path.string() + ".next";
  {
    const Descriptor file(beside, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file.open()) return failed(beside);
    const ssize_t written = ::write(file.number(), text.data(), text.size());
    if (written < 0) return failed(beside);
    if (static_cast<std::size_t>(written) != text.size()) {
      return fail(Code::io, beside.string() + ": a short write");
    }
    if (::fsync(file.number()) != 0) return failed(beside);
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) return failed(path);
  const Descriptor dir(path.parent_path(), O_RDONLY | O_DIRECTORY);
  if (!dir.open() || ::fsync(dir.number()) != 0) return failed(path.parent_path());
  return {};
}

Result<std::string> read_small_file(const std::filesystem::path& path) {
  const Descriptor file(path, O_RDONLY);
  if (!file.open()) {
    if (errno == ENOENT) return std::string();
    return failed(path);
  }
  std::array<char, 4096> bytes;
  const ssize_t size = ::read(file.number(), bytes.data(), bytes.size());
  if (size < 0) return failed(path);
  return std::string(bytes.data(), static_cast<std::size_t>(size));
}

}  // namespace wf
