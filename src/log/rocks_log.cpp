// Puts the parts of the embedded log behind Log.
#include "log/rocks_log.h"

#include <fmt/format.h>

#include <filesystem>
#include <numeric>

#include "base/check.h"
#include "log/rocks_core.h"
#include "log/rocks_reader.h"

namespace wf {
namespace {

using rocks::Core;

tl::unexpected<Error> no_such(const std::string& topic) {
  return fail(Code::not_found, fmt::format("the log has no topic {}", topic));
}

tl::unexpected<Error> no_such(const Slot& slot) {
  return fail(Code::not_found,
              fmt::format("the log has no partition {}/{}", slot.topic, slot.partition));
}

class RocksAppender : public Appender {
 public:
  RocksAppender(Core& core, std::string name) : core_(core), name_(std::move(name)) {
    core_.enter();
  }
  ~RocksAppender() override { core_.leave(); }

  Result<void> append(const Slot& slot,
                      std::span<const Record> records,
                      Durability durability) override {
    if (dead_) return fail(Code::closed, fmt::format("appender {} is dead", name_));
    rocks::Partition* const partition = core_.find(slot);
    if (partition == nullptr) return no_such(slot);
    auto appended = core_.append(*partition, records, durability);
    // The other refusals come before anything is written.
    if (!appended && appended.error().code == Code::io) dead_ = true;
    return appended;
  }

 private:
  Core& core_;
  const std::string name_;
  bool dead_ = false;
};

class OwnsAll : public Ownership {
 public:
  explicit OwnsAll(std::vector<Slot> all) : all_(std::move(all)) {}
  Result<std::vector<Slot>> poll() override { return all_; }

 private:
  std::vector<Slot> all_;
};

class RocksLog : public Log {
 public:
  RocksLog(RocksLogOptions options, rocks::OpenedDb opened)
      : core_(std::move(options), std::move(opened)) {}

  Result<void> start() { return core_.start(); }

  Core& core() { return core_; }

  Uuid id() const override { return core_.id(); }
  const std::vector<TopicSpec>& topics() const override { return core_.topics(); }
  Result<std::unique_ptr<Appender>> writer(std::string name) override {
    return std::make_unique<RocksAppender>(core_, std::move(name));
  }
  Result<std::unique_ptr<Reader>> reader() override {
    return std::make_unique<rocks::RocksReader>(core_);
  }
  Result<Offset> begin(const Slot& slot) override {
    if (core_.find(slot) == nullptr) return no_such(slot);
    return 0;
  }
  Result<Offset> end(const Slot& slot) override {
    const rocks::Partition* const partition = core_.find(slot);
    if (partition == nullptr) return no_such(slot);
    const std::lock_guard lock(core_.mutex());
    return partition->durable;
  }
  Result<std::unique_ptr<Ownership>> own(const std::vector<std::string>& topics) override {
    std::vector<Slot> all;
    for (const std::string& name : topics) {
      const auto topic = std::ranges::find(core_.topics(), name, &TopicSpec::name);
      if (topic == core_.topics().end()) return no_such(name);
      for (std::uint32_t n = 0; n < topic->partitions; ++n) all.push_back({name, n});
    }
    std::ranges::sort(all);
    return std::make_unique<OwnsAll>(std::move(all));
  }

 private:
  Core core_;
};

}  // namespace

Result<std::unique_ptr<Log>> open_rocks_log(RocksLogOptions options) {
  auto opened = rocks::open_db(options);
  if (!opened) return tl::unexpected(opened.error());
  auto log = std::make_unique<RocksLog>(std::move(options), std::move(*opened));
  if (auto ok = log->start(); !ok) return tl::unexpected(ok.error());
  return log;
}

Result<bool> has_rocks_log(const std::string& path) {
  return rocks::is_begun(*rocksdb::Env::Default(), path);
}

Result<std::uint64_t> compact_topic(Log& log,
                                    const std::string& topic,
                                    const std::function<bool(const Record&)>& drop) {
  auto* const rocks_log = dynamic_cast<RocksLog*>(&log);
  WF_CHECK(rocks_log != nullptr);
  for (const TopicSpec& spec : log.topics()) {
    if (spec.name != topic) continue;
    if (!spec.compacted) return fail(Code::invalid, fmt::format("{} is not compacted", topic));
    std::uint64_t dropped = 0;
    for (std::uint32_t i = 0; i < spec.partitions; ++i) {
      const auto from_one = rocks_log->core().compact(*rocks_log->core().find({topic, i}), drop);
      if (!from_one) return from_one;
      dropped += *from_one;
    }
    return dropped;
  }
  return no_such(topic);
}

}  // namespace wf
