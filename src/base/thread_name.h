// What `top -H`, `perf` and debuggers call a thread.
#pragma once
#include <pthread.h>

#include <string>

namespace wf {

// Of the calling thread; the kernel keeps 15 bytes.
inline void name_thread(const std::string& name) {
  pthread_setname_np(pthread_self(), name.substr(0, 15).c_str());
}

}  // namespace wf
