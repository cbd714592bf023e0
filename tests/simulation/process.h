// A process, or a zombie of one: something that is stepped, dies at any point, and leaves its
// stores behind.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "runtime/test_store.h"
#include "simulation/environment.h"

namespace wf::simulation {

// What processes that ended left on their disks, by what they were.
class Shelf {
 public:
  void put(const std::string& of, test::StoreContent content) {
    left_[of].push_back(std::move(content));
  }
  // The newest, an older one, or nothing: kept, rolled back, deleted.
  test::StoreContent take(const std::string& of, Environment& env) {
    const auto& left = left_[of];
    if (left.empty() || env.random.chance(0.3)) return {};
    return env.random.chance(0.6) ? left.back() : env.random.pick(left);
  }

 private:
  std::map<std::string, std::vector<test::StoreContent>> left_;
};

// A KvStore that a process may die before or after each write of.
class MortalStore : public test::MapStore {
 public:
  MortalStore(test::StoreContent& content, Environment& env) : test::MapStore(content), env_(env) {}
  Result<void> write(const KvBatch& batch) override {
    env_.await();
    auto done = test::MapStore::write(batch);
    env_.await();
    return done;
  }

 private:
  Environment& env_;
};

class Process {
 public:
  virtual ~Process() = default;
  virtual std::string name() const = 0;
  // Does one thing. True: there was something to do.
  virtual bool step(Environment& env) = 0;
  // Why it has stopped for good; empty: it has not.
  virtual std::string failure() const = 0;
  // It is over: `cleanly`, or killed. What it leaves goes to where its like is started from.
  virtual void end(Environment& env, bool cleanly) = 0;

  bool stepping = false;
  Duration skew;  // of its clock
};

}  // namespace wf::simulation
