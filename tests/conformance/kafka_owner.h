// A decider reduced to what the fence needs: it opens an events partition and writes outcomes.
#pragma once
#include <memory>
#include <optional>
#include <string>

#include "log/outcome_reader.h"

namespace wf::conformance {

// One thread. Its outcomes have two records; their type names their writer.
class TestOwner {
 public:
  TestOwner(Log& log, Slot slot, std::string name);

  // opened, reading back up to it, resumed. The cause it goes on with.
  Result<Offset> open();
  Result<void> decide(Offset cause);

 private:
  Result<Offset> read_up_to(const Uuid& nonce);

  Slot slot_;
  std::string type_;
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<Appender> appender_;
  Offset epoch_ = -1;
};

// How the partition looks to a reader that starts at its first record, up to its end now: the
// writer of each outcome, by cause from 0 on. Fails the test if an outcome is not whole, mixes
// epochs, or is not the next one.
std::vector<std::string> writers_of_outcomes(Log& log, const Slot& slot);

}  // namespace wf::conformance
