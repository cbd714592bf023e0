// A table as a reader elsewhere sees it: one of its replicas at a time.
#pragma once
#include <condition_variable>
#include <mutex>
#include <vector>

#include "storage/remote/remote_node.h"

namespace wf::remote {

class RemoteTable final : public TableView {
 public:
  RemoteTable(const TableType& type,
              Duration request_max,
              Duration silence_max,
              const OnRows& on_rows)
      : type_(type), request_max_(request_max), silence_max_(silence_max), on_rows_(on_rows) {}

  // Before the node is started, which outlives all that follows.
  void add(RemoteNode& node);

  // What the node told of this table; null: nothing new.
  void heard(const RemoteNode& node, const Moved* moved, bool first, Deadline now);
  void lost(const RemoteNode& node);
  bool wait_for(const Offsets& offsets, Deadline deadline) const;

  const TableType& type() const override { return type_; }
  TableState state() const override;
  bool is_live() const override;
  Result<RowRead> get(std::string_view key) const override;
  Result<std::optional<std::string>> answer(std::string_view key,
                                            const Query& query) const override;
  Result<RowPage> page(const RowQuery& query) const override;

 private:
  struct Replica {
    RemoteNode* node = nullptr;
    bool up = false;      // heard of, and not lost since
    Deadline heard = {};  // last
    bool served = false;  // the node has the table
    TableState state = {};
    Offsets mark = {};  // where it was at `marked`; the current one may not have come there yet
    Deadline marked = {};
  };
  static constexpr std::size_t none = SIZE_MAX;

  template <class T>
  Result<T> ask(std::string frame, Result<T> (*parse)(std::string_view)) const;
  struct Choice {
    RemoteNode* node = nullptr;
    std::size_t at = 0;  // its place among the replicas
    bool last = true;    // nobody else could be asked
  };
  Choice choose(std::uint64_t tried) const;
  bool heard_since(std::size_t replica, Deadline then) const;
  bool usable(const Replica& replica) const;
  bool settle();
  bool overtaken(Deadline now);
  std::size_t place(const RemoteNode& node) const;

  const TableType& type_;
  const Duration request_max_;
  const Duration silence_max_;
  const OnRows& on_rows_;
  mutable std::mutex mutex_;
  mutable std::condition_variable moved_;
  std::vector<Replica> replicas_;
  std::size_t current_ = none;  // the replica that is read, while it is usable and not left behind
  Offsets floor_;  // the furthest that state() may have told: no replica behind it is read
};

}  // namespace wf::remote
