// RocksDB's lines through spdlog, which rotates files and survives full disks.
#include "storage/rocks_logger.h"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cstdio>

namespace wf {
namespace {

constexpr std::size_t file_bytes = std::size_t{1} << 20U;
constexpr std::size_t old_files = 1;
constexpr std::size_t line_bytes = 2'000;  // the rest of a longer one is cut off

class Nowhere : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
};

class ToFile : public rocksdb::Logger {
 public:
  ToFile(const std::string& path, rocksdb::InfoLogLevel least)
      : Logger(least),
        log_("rocksdb",
             std::make_shared<spdlog::sinks::rotating_file_sink_mt>(path, file_bytes, old_files)) {
    log_.set_error_handler([](const std::string&) {});  // a lost line is no reason for another
    log_.flush_on(spdlog::level::info);
  }
  using rocksdb::Logger::Logv;
  void Logv(const char* format, va_list arguments) override {
    std::array<char, line_bytes> line{};
    std::vsnprintf(line.data(), line.size(), format, arguments);
    log_.info("{}", line.data());
  }

 private:
  spdlog::logger log_;
};

}  // namespace

std::shared_ptr<rocksdb::Logger> rocks_logger(const std::string& dir, rocksdb::InfoLogLevel least) {
  if (dir.empty()) return std::make_shared<Nowhere>();
  try {
    return std::make_shared<ToFile>(dir + "/LOG", least);
  } catch (const spdlog::spdlog_ex&) {  // what is wrong with the directory, RocksDB will tell
    return std::make_shared<Nowhere>();
  }
}

}  // namespace wf
