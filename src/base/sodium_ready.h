// libsodium picks its implementations once; whoever calls it asks for that first. Any thread.
#pragma once

namespace wf {
void sodium_ready();
}  // namespace wf
