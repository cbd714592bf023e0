// What each watcher of a table server is still to be told.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "storage/remote/socket.h"

namespace wf::remote {

// Rows of one table that changed.
struct Changes {
  bool all = false;  // or more than were kept
  std::vector<std::string> keys;
};

// Thread-safe. Bounded: past `keys_max` keys of a table a watcher is told that all rows changed.
class Watchers {
 public:
  Watchers(std::size_t tables, std::size_t keys_max) : tables_(tables), keys_max_(keys_max) {}

  // `keys` as in OnRows. It is told with what moved() says next.
  void rows_changed(std::size_t table, const std::vector<std::string>& keys);
  void moved();
  void stop();

  // One thread each.
  class Watcher {
   public:
    explicit Watcher(Watchers& all);
    ~Watcher();
    Watcher(const Watcher&) = delete;
    Watcher& operator=(const Watcher&) = delete;

    // Per table what changed, when something moved or it is `until`; nothing after stop().
    std::optional<std::vector<Changes>> wait(Deadline until);

   private:
    friend class Watchers;
    Watchers& all_;
    std::uint64_t seen_ = 0;
    std::vector<Changes> changes_;
    std::list<Watcher*>::iterator place_;
  };

 private:
  const std::size_t tables_;
  const std::size_t keys_max_;
  std::mutex mutex_;
  std::condition_variable moved_;
  std::uint64_t moves_ = 0;
  bool stopping_ = false;
  std::list<Watcher*> watchers_;
};

}  // namespace wf::remote
