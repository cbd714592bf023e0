// A log that calls its test before each thing it does, so that others may step in between, or a
// crash may come.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include "log/log.h"

namespace wf::test {

struct Crash {};  // what a hook throws to end whoever is calling the log

class HookLog : public Log {
 public:
  using Hook = std::function<void()>;
  HookLog(Log& inner, Hook hook) : inner_(inner), hook_(std::move(hook)) {}

  Uuid id() const override { return inner_.id(); }
  const std::vector<TopicSpec>& topics() const override { return inner_.topics(); }
  Result<std::unique_ptr<Appender>> writer(std::string name) override {
    auto inner = inner_.writer(std::move(name));
    if (!inner) return inner;
    return std::make_unique<HookAppender>(std::move(*inner), hook_);
  }
  Result<std::unique_ptr<Reader>> reader() override {
    auto inner = inner_.reader();
    if (!inner) return inner;
    return std::make_unique<HookReader>(std::move(*inner), hook_);
  }
  Result<Offset> begin(const Slot& slot) override { return inner_.begin(slot); }
  Result<Offset> end(const Slot& slot) override { return inner_.end(slot); }
  Result<std::unique_ptr<Ownership>> own(const std::vector<std::string>& topics) override {
    return inner_.own(topics);
  }

 private:
  class HookAppender : public Appender {
   public:
    HookAppender(std::unique_ptr<Appender> inner, const Hook& hook)
        : inner_(std::move(inner)), hook_(hook) {}
    Result<void> append(const Slot& slot,
                        std::span<const Record> records,
                        Durability durability) override {
      hook_();
      auto done = inner_->append(slot, records, durability);
      hook_();
      return done;
    }

   private:
    std::unique_ptr<Appender> inner_;
    const Hook& hook_;
  };

  class HookReader : public Reader {
   public:
    HookReader(std::unique_ptr<Reader> inner, const Hook& hook)
        : inner_(std::move(inner)), hook_(hook) {}
    Result<void> seek(const Slot& slot, Offset from) override { return inner_->seek(slot, from); }
    void drop(const Slot& slot) override { inner_->drop(slot); }
    Result<Batch> read(const Slot& slot, Limit limit) override {
      hook_();
      return inner_->read(slot, limit);
    }
    bool wait(Duration timeout) override { return inner_->wait(timeout); }
    void interrupt() override { inner_->interrupt(); }

   private:
    std::unique_ptr<Reader> inner_;
    const Hook& hook_;
  };

  Log& inner_;
  const Hook hook_;
};

}  // namespace wf::test
