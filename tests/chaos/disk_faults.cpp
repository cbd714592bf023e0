// Disk faults for a process started with this library in LD_PRELOAD: which, and below what folder,
// is told by a file that the process maps (disk_faults.py writes it). No root is needed.
#include <dlfcn.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

constexpr std::size_t order_bytes = 4096;

// The first byte of the file; the folder follows, ended by a zero.
enum class Fault : char { none = '-', sync_fails = 's', disk_full = 'f', torn_write = 't' };

const volatile char* map_orders() {
  const char* path = std::getenv("WF_DISK_FAULTS");
  const int file = path == nullptr ? -1 : open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0) return nullptr;
  void* mapped = mmap(nullptr, order_bytes, PROT_READ, MAP_SHARED, file, 0);
  close(file);
  return mapped == MAP_FAILED ? nullptr : static_cast<const char*>(mapped);
}

bool ordered(Fault fault, int file) {
  static const volatile char* const orders = map_orders();
  if (orders == nullptr || orders[0] != static_cast<char>(fault)) return false;
  char link[64];
  char path[PATH_MAX];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", file);
  const ssize_t size = readlink(link, path, sizeof path);
  if (size <= 0) return false;
  const std::string_view folder(const_cast<const char*>(orders + 1));
  return std::string_view(path, static_cast<std::size_t>(size)).starts_with(folder);
}

int failed(int error) {
  errno = error;
  return -1;
}

template <class Function>
Function* original(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

// Half of it reaches the file; then the process is gone, as in a power loss.
ssize_t die_writing(int file, const void* bytes, std::size_t size) {
  static auto* const real = original<ssize_t(int, const void*, std::size_t)>("write");
  static_cast<void>(real(file, bytes, size / 2));
  kill(getpid(), SIGKILL);
  return failed(EIO);
}

}  // namespace

extern "C" {

ssize_t write(int file, const void* bytes, size_t size) {
  static auto* const real = original<ssize_t(int, const void*, std::size_t)>("write");
  if (ordered(Fault::torn_write, file)) return die_writing(file, bytes, size);
  return ordered(Fault::disk_full, file) ? failed(ENOSPC) : real(file, bytes, size);
}

ssize_t pwrite64(int file, const void* bytes, size_t size, off64_t at) {
  static auto* const real = original<ssize_t(int, const void*, std::size_t, off64_t)>("pwrite64");
  return ordered(Fault::disk_full, file) ? failed(ENOSPC) : real(file, bytes, size, at);
}

ssize_t pwrite(int file, const void* bytes, size_t size, off_t at) {
  return pwrite64(file, bytes, size, at);
}

ssize_t writev(int file, const iovec* parts, int count) {
  static auto* const real = original<ssize_t(int, const iovec*, int)>("writev");
  if (ordered(Fault::torn_write, file)) {
    return die_writing(file, parts[0].iov_base, parts[0].iov_len);
  }
  return ordered(Fault::disk_full, file) ? failed(ENOSPC) : real(file, parts, count);
}

int fsync(int file) {
  static auto* const real = original<int(int)>("fsync");
  return ordered(Fault::sync_fails, file) ? failed(EIO) : real(file);
}

int fdatasync(int file) {
  static auto* const real = original<int(int)>("fdatasync");
  return ordered(Fault::sync_fails, file) ? failed(EIO) : real(file);
}

}  // extern "C"
