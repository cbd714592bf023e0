// Every log the conformance suite runs on. A new one is a LogFactory and one line in
// log_factory.cpp.
#pragma once
#include <functional>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "log/log.h"

namespace wf::conformance {

// One log, empty at first. Fails the test that uses it when something goes wrong.
class LogFactory {
 public:
  virtual ~LogFactory() = default;
  virtual std::unique_ptr<Log> create(const std::vector<TopicSpec>& topics) = 0;
  // The same log again, as another process would open it. The one before is gone.
  virtual std::unique_ptr<Log> reopen(const std::vector<TopicSpec>& topics) = 0;
};

struct LogKind {
  std::string name;
  std::function<std::unique_ptr<LogFactory>()> make;
};

inline std::ostream& operator<<(std::ostream& out, const LogKind& kind) { return out << kind.name; }

const std::vector<LogKind>& all_logs();

}  // namespace wf::conformance
