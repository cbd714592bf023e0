// One thread accepts; each connection has a thread, which answers or, for a watcher, pushes.
#include "storage/remote/table_server.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <list>
#include <random>
#include <thread>

#include "base/check.h"
#include "base/thread_name.h"
#include "storage/remote/socket.h"
#include "storage/remote/table_wire.h"
#include "storage/remote/watchers.h"

namespace wf {
namespace remote {
namespace {

constexpr std::size_t out_bytes_kept = 1024 * 1024;

struct Served {
  explicit Served(const TableView* its_view) : view(its_view), name(its_view->type().info().name) {}
  const TableView* view;
  std::string_view name;
};

struct Connection {
  explicit Connection(Socket socket) : stream(std::move(socket), question_bytes_max) {}
  FrameStream stream;
  std::atomic<bool> done = false;
  std::jthread thread;
};

template <class T, class Put>
void put_result(std::string& out, const Result<T>& result, Put put) {
  if (!result) return put_error(out, result.error());
  put(out, *result);
  if (out.size() - FrameStream::head_bytes <= answer_bytes_max) return;
  put_error(out, {Code::full, "the answer is too large; ask for fewer rows"});
}

Result<RowPage> bounded_page(const TableView& view, const RowQuery& query) {
  if (query.limit > page_rows_max || query.scan_limit > page_scan_max ||
      query.bytes_max > page_bytes_max) {
    return fail(Code::invalid, "a page of too much");
  }
  return view.page(query);
}

// `now`, with those positions only that are not as they were told.
TableState difference(const TableState& now, const TableState& told) {
  TableState moved = now;
  std::erase_if(moved.positions, [&](const SlotOffset& slot) {
    return std::ranges::find(told.positions, slot) != told.positions.end();
  });
  return moved;
}

bool same(const TableState& a, const TableState& b) {
  return a.live == b.live && a.failing_since == b.failing_since && a.quarantined == b.quarantined &&
         a.generation == b.generation && a.positions == b.positions;
}

}  // namespace
}  // namespace remote

class TableServer::Impl {
 public:
  Impl(const std::vector<const TableView*>& tables,
       TableServerOptions options,
       remote::Listening listening)
      : options_(std::move(options)),
        listening_(std::move(listening)),
        wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
        incarnation_(std::random_device()() | std::uint64_t{std::random_device()()} << 32U),
        watchers_(tables.size(), options_.changed_keys_max) {
    WF_CHECK(wake_.fd() >= 0);
    for (const TableView* table : tables) tables_.emplace_back(table);
    accepting_ = std::jthread([this] {
      name_thread("accept tables");
      accept_all();
    });
  }
  ~Impl() {
    stopping_ = true;
    watchers_.stop();
    ::eventfd_write(wake_.fd(), 1);
    accepting_.join();
    if (address().starts_with("unix:")) ::unlink(address().c_str() + 5);
  }

  const std::string& address() const { return listening_.address; }
  remote::Watchers& watchers() { return watchers_; }
  const remote::Served* find(std::string_view name) const {
    const auto found = std::ranges::find(tables_, name, &remote::Served::name);
    return found == tables_.end() ? nullptr : &*found;
  }
  std::size_t place(std::string_view name) const {
    return static_cast<std::size_t>(std::ranges::find(tables_, name, &remote::Served::name) -
                                    tables_.begin());
  }

 private:
  void accept_all();
  void accept_one();
  bool greet(remote::FrameStream& stream, std::string& out) const;
  void serve(remote::FrameStream& stream);
  void reply(remote::Question& question, std::string& out) const;
  void reply_of(const remote::Served& table, remote::Question& question, std::string& out) const;
  TableState state_of(const TableView& view) const;
  void push(remote::FrameStream& stream, const std::vector<std::string_view>& names);
  bool send(remote::FrameStream& stream, std::string& out) const;

  const TableServerOptions options_;
  const remote::Listening listening_;
  const remote::Socket wake_;
  const std::uint64_t incarnation_;  // a client sees by it that a node was another process before
  std::deque<remote::Served> tables_;
  remote::Watchers watchers_;
  std::atomic<bool> stopping_ = false;
  std::list<remote::Connection> connections_;  // of the accepting thread
  std::jthread accepting_;
};

void TableServer::Impl::accept_all() {
  while (!stopping_) {
    pollfd waiting[] = {{listening_.socket.fd(), POLLIN, 0}, {wake_.fd(), POLLIN, 0}};
    ::poll(waiting, 2, 1'000);
    connections_.remove_if([](const remote::Connection& one) { return one.done.load(); });
    if ((waiting[0].revents & POLLIN) != 0) accept_one();
  }
  for (const remote::Connection& one : connections_) one.stream.shut_down();
  connections_.clear();
}

void TableServer::Impl::accept_one() {
  remote::Socket socket(
      ::accept4(listening_.socket.fd(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (socket.fd() < 0) {  // it went again; or there are no descriptors: then not at full speed
    pollfd waiting{wake_.fd(), POLLIN, 0};
    if (errno != EAGAIN) ::poll(&waiting, 1, 100);
    return;
  }
  if (connections_.size() >= options_.connections_max) {
    remote::FrameStream stream(std::move(socket), remote::question_bytes_max);
    std::string out;
    remote::put_error(out, {Code::full, "too many connections"});
    (void)stream.send(out, remote::after({}));
    return;
  }
  remote::Connection& one = connections_.emplace_back(std::move(socket));
  one.thread = std::jthread([this, &one] {
    name_thread("serve tables");
    serve(one.stream);
    one.stream.shut_down();
    one.done = true;
  });
}

bool TableServer::Impl::send(remote::FrameStream& stream, std::string& out) const {
  return stream.send(out, remote::after(options_.io_max)).has_value();
}

// Whether the other end is one to talk to.
bool TableServer::Impl::greet(remote::FrameStream& stream, std::string& out) const {
  const auto frame = stream.receive(remote::after(options_.io_max));
  if (!frame) return false;
  const auto question = remote::parse_question(*frame);
  if (!question) {
    remote::put_error(out, question.error());
  } else if (question->ask != remote::Ask::hello) {
    remote::put_error(out, {Code::invalid, "a connection begins with hello"});
  } else if (question->log != options_.log_id) {
    remote::put_error(out, {Code::mismatch, "the tables here are of another log"});
  } else {
    remote::put_welcome(out, incarnation_);
    return send(stream, out);
  }
  (void)send(stream, out);
  return false;
}

void TableServer::Impl::serve(remote::FrameStream& stream) {
  std::string out;
  if (!greet(stream, out)) return;
  while (stream.wait(remote::after(options_.idle_max))) {
    const auto frame = stream.receive(remote::after(options_.io_max));
    if (!frame) return;
    auto question = remote::parse_question(*frame);
    if (!question) {
      remote::put_error(out, question.error());
      (void)send(stream, out);
      return;
    }
    if (question->ask == remote::Ask::watch) return push(stream, question->tables);
    reply(*question, out);
    if (!send(stream, out)) return;
    if (out.capacity() > remote::out_bytes_kept) out = std::string();
  }
}

void TableServer::Impl::reply(remote::Question& question, std::string& out) const {
  const remote::Served* const table = find(question.table);
  if (table == nullptr) return remote::put_not_here(out, "the table is not served here");
  if (!table->view->is_live()) return remote::put_not_here(out, "the table is not live");
  try {
    reply_of(*table, question, out);
  } catch (const std::exception& error) {  // answer() may throw, and must not end the process
    remote::put_error(out, {Code::corrupt, error.what()});
  }
}

void TableServer::Impl::reply_of(const remote::Served& table,
                                 remote::Question& question,
                                 std::string& out) const {
  question.query.platform = options_.platform;
  if (question.page.computed) question.page.computed->platform = options_.platform;
  const TableView& view = *table.view;
  switch (question.ask) {
    case remote::Ask::get:
      return remote::put_result(out, view.get(question.key), remote::put_row);
    case remote::Ask::answer:
      return remote::put_result(out, view.answer(question.key, question.query), remote::put_text);
    case remote::Ask::page:
      return remote::put_result(out, remote::bounded_page(view, question.page), remote::put_page);
    case remote::Ask::hello:
    case remote::Ask::watch:
      break;
  }
  remote::put_error(out, {Code::invalid, "not now"});
}

TableState TableServer::Impl::state_of(const TableView& view) const {
  TableState state = view.state();
  const Instant all = options_.failing_since ? options_.failing_since() : Instant{};
  if (all.us != 0) state.failing_since = std::min(all, state.failing_since.value_or(all));
  return state;
}

// The first push has every table that is served here; those after it what moved since.
void TableServer::Impl::push(remote::FrameStream& stream,
                             const std::vector<std::string_view>& names) {
  std::vector<std::size_t> places;
  for (const std::string_view name : names) places.push_back(place(name));
  std::vector<std::optional<TableState>> told(places.size());
  remote::Watchers::Watcher watcher(watchers_);
  std::string out;
  for (remote::Deadline next = remote::after({});;) {
    auto changes = watcher.wait(next);
    if (!changes) return;
    std::vector<remote::Moved> moved;
    for (std::size_t i = 0; i < places.size(); ++i) {
      if (places[i] == tables_.size()) continue;
      remote::Changes& rows = (*changes)[places[i]];
      const TableState now = state_of(*tables_[places[i]].view);  // after the rows: it covers them
      if (told[i] && remote::same(now, *told[i]) && !rows.all && rows.keys.empty()) continue;
      moved.push_back({static_cast<std::uint16_t>(i),
                       remote::difference(now, told[i].value_or(TableState{})),
                       rows.all,
                       std::move(rows.keys)});
      told[i] = now;
    }
    if (moved.empty() && std::chrono::steady_clock::now() < next) continue;
    remote::put_moved(out, moved);
    if (!send(stream, out)) return;
    next = remote::after(options_.heartbeat);
  }
}

TableServer::TableServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
TableServer::~TableServer() = default;

Result<std::unique_ptr<TableServer>> TableServer::open(std::vector<const TableView*> tables,
                                                       TableServerOptions options) {
  auto listening = remote::listen_on(options.address);
  if (!listening) return tl::unexpected(listening.error());
  return std::unique_ptr<TableServer>(
      new TableServer(std::make_unique<Impl>(tables, std::move(options), std::move(*listening))));
}

const std::string& TableServer::address() const { return impl_->address(); }

void TableServer::rows_changed(const TableInfo& table, const std::vector<std::string>& keys) {
  if (impl_->find(table.name) == nullptr) return;
  impl_->watchers().rows_changed(impl_->place(table.name), keys);
}

void TableServer::moved() { impl_->watchers().moved(); }

}  // namespace wf
