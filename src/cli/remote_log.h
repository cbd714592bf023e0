// The embedded log of a running process, over its control socket.
#pragma once
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "log/log.h"

namespace wf::cli {

// As log.h says, but own() is refused: only the process itself decides. Each reader and appender
// has its own connection. Code::not_found: nobody listens there; Code::mismatch: the process is of
// another build.
Result<std::unique_ptr<Log>> open_remote_log(const std::string& socket_path);

// One question to a running process; the answer's bytes. Blocks until it is answered.
Result<std::string> ask_status(const std::string& socket_path);
// A consistent copy of a table's store, made of hard links, in a directory that must not exist.
Result<void> ask_checkpoint(const std::string& socket_path,
                            std::string_view table,
                            const std::string& directory);
// Compacts the keys topic; how many records went.
Result<std::uint64_t> ask_compact(const std::string& socket_path);
// Builds the tables in one reading of the log and swaps each, or with a key folds that row of the
// one table again; `progress` is given JSON {"records",
// "events","total"} a few times a second and says whether to go on. False cancels; the answer says
// whether that was in time (Code::closed).
Result<void> ask_rebuild(const std::string& socket_path,
                         std::span<const std::string> tables,
                         std::string_view key,
                         const std::function<bool(std::string_view)>& progress);

}  // namespace wf::cli
