// One address where tables are served: pooled connections for questions, and a watch that tells
// what moves there.
#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "storage/remote/remote_tables.h"
#include "storage/remote/socket.h"
#include "storage/remote/table_wire.h"

namespace wf::remote {

// What a node's threads, and those who ask it, have to tell.
struct NodeEvents {
  // `first` on a connection: it has all tables that are served there. May be empty: it is alive.
  std::function<void(const std::vector<Moved>& moved, bool first)> heard;
  std::function<void()> lost;
};

// Thread-safe.
class RemoteNode {
 public:
  RemoteNode(TableNode node, const RemoteTablesOptions& options);
  ~RemoteNode();

  void start(NodeEvents events);
  void stop();
  const std::string& address() const { return node_.address; }
  const std::vector<std::string>& tables() const { return node_.tables; }

  // A connection while it is in use; goes back to the pool, unless it failed.
  class Lease {
   public:
    Lease(RemoteNode& node, std::unique_ptr<FrameStream> stream, bool used, std::uint64_t of)
        : node_(&node), stream_(std::move(stream)), used_(used), incarnation_(of) {}
    ~Lease();
    Lease(Lease&& other) noexcept = default;
    Lease& operator=(Lease&&) = delete;

   private:
    friend class RemoteNode;
    RemoteNode* node_;
    std::unique_ptr<FrameStream> stream_;  // null: moved from, or it failed
    bool used_;                            // before: the node may have closed it meanwhile
    std::uint64_t incarnation_;
  };
  // An answer; its views live as long as it.
  struct Reply {
    Lease lease;
    Answer answer;
  };
  // Code::full: no connection was free, here or there. Code::timeout: the node is slow, or hangs.
  // Any other error means it is lost, until it is heard of again.
  Result<Reply> ask(std::string& frame, Deadline deadline);

 private:
  struct Idle {
    std::unique_ptr<FrameStream> stream;
    std::uint64_t incarnation;
  };
  struct Greeted {
    std::unique_ptr<FrameStream> stream;
    std::uint64_t incarnation;
  };

  Result<Greeted> greet(const Endpoint& endpoint, Deadline deadline) const;
  Result<Lease> take(Deadline deadline);
  void give_back(std::unique_ptr<FrameStream> stream, std::uint64_t incarnation);
  void drop_idle();
  void lose_unless_busy(const Error& why);
  void lose(const Error& why);
  void run(const std::stop_token& stop);
  Result<void> watch(const std::stop_token& stop);

  const TableNode node_;
  const RemoteTablesOptions options_;
  NodeEvents events_;
  std::atomic<std::uint64_t> incarnation_ = 0;  // the process the watch is connected to

  std::mutex mutex_;  // of what follows
  std::condition_variable freed_;
  Endpoint endpoint_;  // as the watch found it: whoever asks does not wait for a resolver
  std::vector<Idle> idle_;
  std::size_t open_ = 0;  // leased, being opened or idle

  enum class Known : std::uint8_t { nothing, up, lost };
  std::atomic<Known> known_ = Known::nothing;  // what the alarm was told last
  std::jthread watching_;
};

}  // namespace wf::remote
