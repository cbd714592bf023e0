// SIGINT and SIGTERM as something loops ask for.
#pragma once

namespace wf::cli {

// Both signals from now on only set the flag; a second SIGINT ends the process as usual. SIGPIPE is
// ignored.
void catch_stop_signals();
bool stop_requested();

}  // namespace wf::cli
