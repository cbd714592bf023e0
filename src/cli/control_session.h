// One connection of the control socket: its questions, answered one after another.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "cli/control_wire.h"
#include "cli/engine.h"
#include "storage/bytes.h"

namespace wf::cli {

// One thread; both references outlive it. Its reader and appender are the connection's own.
class ControlSession {
 public:
  ControlSession(Connection& connection, Engine& engine)
      : connection_(connection), engine_(engine) {}
  // Returns when the other side is gone, or sends what is no question.
  void serve();

 private:
  Result<std::string> answer(Ask what, ByteReader& question, std::string_view rest);
  Result<std::string> hello(ByteReader& question);
  Result<std::string> offset(Ask what, ByteReader& question);
  Result<std::string> read_log(Ask what, ByteReader& question);
  Result<std::string> append(std::string_view question);
  Result<std::string> checkpoint(ByteReader& question);
  Result<std::string> rebuild(ByteReader& question);
  Result<Reader*> reader();

  Connection& connection_;
  Engine& engine_;
  bool introduced_ = false;
  std::unique_ptr<Reader> reader_;
  std::unique_ptr<Appender> appender_;
};

}  // namespace wf::cli
