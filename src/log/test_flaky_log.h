// A log whose reads fail now and then, or let others step in between, as do questions for an end.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "log/log.h"

namespace wf::test {

// Every `period`-th read fails, whoever makes it.
class FlakyLog : public Log {
 public:
  explicit FlakyLog(Log& inner) : inner_(inner) {}
  int period = 0;  // 0: none fails
  int failed = 0;
  Code code = Code::unavailable;
  std::function<void()> before_read{};
  std::function<void()> before_end{};

  Uuid id() const override { return inner_.id(); }
  const std::vector<TopicSpec>& topics() const override { return inner_.topics(); }
  Result<std::unique_ptr<Appender>> writer(std::string name) override {
    return inner_.writer(std::move(name));
  }
  Result<std::unique_ptr<Reader>> reader() override {
    auto inner = inner_.reader();
    if (!inner) return inner;
    return std::make_unique<FlakyReader>(*this, std::move(*inner));
  }
  Result<Offset> begin(const Slot& slot) override { return inner_.begin(slot); }
  Result<Offset> end(const Slot& slot) override {
    if (before_end) before_end();
    return inner_.end(slot);
  }
  Result<std::unique_ptr<Ownership>> own(const std::vector<std::string>& topics) override {
    return inner_.own(topics);
  }

 private:
  class FlakyReader : public Reader {
   public:
    FlakyReader(FlakyLog& log, std::unique_ptr<Reader> inner)
        : log_(log), inner_(std::move(inner)) {}
    Result<void> seek(const Slot& slot, Offset from) override { return inner_->seek(slot, from); }
    void drop(const Slot& slot) override { inner_->drop(slot); }
    Result<Batch> read(const Slot& slot, Limit limit) override {
      if (log_.before_read) log_.before_read();
      if (log_.period > 0 && ++log_.reads_ % log_.period == 0) {
        ++log_.failed;
        return fail(log_.code, "a read that failed");
      }
      return inner_->read(slot, limit);
    }
    bool wait(Duration timeout) override { return inner_->wait(timeout); }
    void interrupt() override { inner_->interrupt(); }

   private:
    FlakyLog& log_;
    std::unique_ptr<Reader> inner_;
  };

  Log& inner_;
  int reads_ = 0;
};

}  // namespace wf::test
