// Its stores are on a file system in memory; what a crash leaves of them is a copy made when they
// were last saved, for what was folded since was in memory only.
#include "simulation/node.h"

#include "base/check.h"
#include "runtime/deciders.h"
#include "runtime/rebuild.h"
#include "storage/checkpoint.h"

namespace wf::simulation {
namespace fs = std::filesystem;
namespace {

constexpr std::size_t saved_max = 3;

std::vector<fs::path> entries(const fs::path& directory) {
  std::vector<fs::path> all;
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(directory, none)) all.push_back(entry.path());
  std::sort(all.begin(), all.end());
  return all;
}

}  // namespace

NodeSetup::NodeSetup(Environment& env, std::vector<std::string> served)
    : tables(std::move(served)),
      secrets(gateway::random_secrets()),
      resources({.block_cache_bytes = 1U << 20U,
                 .write_buffer_bytes = 8U << 20U,
                 .background_threads = 1,
                 .cached_rows = static_cast<std::size_t>(env.random.between(1, 8))}) {
  process.login.threads = 0;
  process.rate = {1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 20};
  process.gateway.wait_ms = 2'000;
  process.gateway.read_wait_ms_max = 500;
  process.gateway.batch_max = env.random.between(1, 8);
}

class Node::Socket : public gateway::WebSocket {
 public:
  Socket(std::unique_ptr<gateway::Listener> listener, std::shared_ptr<Pipe> pipe)
      : listener_(std::move(listener)), pipe_(std::move(pipe)) {
    listener_->on_open(*this);
  }
  ~Socket() override {
    pipe_->open = false;
    listener_->on_close(1006);
  }
  void send(std::shared_ptr<const gateway::Message> message) override {
    if (pipe_->open) pipe_->received.emplace_back(message->text());
  }
  void close(std::uint16_t /*code*/, std::string_view /*reason*/) override { pipe_->open = false; }
  bool open() const { return pipe_->open; }

 private:
  std::unique_ptr<gateway::Listener> listener_;
  std::shared_ptr<Pipe> pipe_;
};

Node::Node(Environment& env, NodeSetup& setup, int number)
    : number_(number),
      setup_(setup),
      directory_(fs::path(env.directory) / fmt::format("node-{}", number)),
      clock_(env.now) {
  const Build& build = builds()[env.random.next() % builds().size()];
  ProjectorOptions options;
  options.slots = slots("events");
  options.batch.records = static_cast<std::size_t>(env.random.between(1, 20));
  options.flush_after = Duration::hours(24 * 365);  // save() does it
  options.retry = Duration::millis(20);
  const Alarm alarm = [&env, number](std::string_view what) {
    env.note("node {}: {}", number, what);
  };
  projector_ = std::make_unique<Projector>(env.log(), build.catalogue, options, alarm);
  gateway::Services services{.log = env.log(),
                             .catalogue = build.catalogue,
                             .tables = {},
                             .secrets = setup.secrets,
                             .process = setup.process,
                             .platform = build.platform,
                             .clock = [this] { return clock_; }};
  for (const std::string& table : setup.tables) {
    auto home = TableHome::open(
        directory_ / "tables" / table, *catalogue().table(table), setup.resources, env.log().id());
    if (!home) {
      broken_ = home.error().detail;
      return;
    }
    projector_->add(**home);
    services.tables[table] = home->get();
    tables_[table] = std::move(*home);
  }
  if (auto ok = open_outcomes(env.log().id()); !ok) {
    broken_ = ok.error().detail;
    return;
  }
  projector_->add(*outcomes_);
  services.positions = outcomes_->positions();
  services.command_outcome =
      [this](const Uuid& command,
             const Offsets& read) -> Result<std::optional<gateway::KnownOutcome>> {
    auto known = outcomes_->find(command, read);
    if (!known) return tl::unexpected(known.error());
    if (!*known) return std::nullopt;
    return gateway::KnownOutcome{(*known)->principal, std::move((*known)->json)};
  };
  backend_ = std::make_unique<gateway::Backend>(
      std::move(services),
      gateway::Posts{[this](std::function<void()> run) { posted_.push_back(std::move(run)); }},
      PasswordCost{.passes = 1, .memory_bytes = 8192});
  app_ = std::make_unique<gateway::App>(
      *backend_, 0, [this](gateway::Ticket ticket, gateway::UpgradeAnswer answer) {
        auto& response = std::get<gateway::Response>(answer);
        if (auto waiting = replies_.extract(ticket.slot)) waiting.mapped()(std::move(response));
      });
  projector_->on_rows([this](const TableInfo& table, const std::vector<std::string>& keys) {
    app_->rows_changed(table, keys);
  });
  // As a server that is not ready yet: it is asked again.
  for (int attempt = 0; attempt < 100; ++attempt) {
    if (backend_->open()) return;
  }
  broken_ = "the keys topic cannot be read";
}

Result<void> Node::open_outcomes(const Uuid& log_id) {
  fs::create_directories(directory_ / "outcomes");
  const auto open_store = [this] {
    auto store = KvStore::open({.path = directory_ / "outcomes", .expiring_prefix = 'c'});
    outcomes_store_ = store ? store->get() : nullptr;
    return store;
  };
  constexpr std::size_t unwritten_max = 8;  // so that either place has some
  auto outcomes =
      CommandOutcomes::open(open_store, log_id, Duration::hours(24 * 365), unwritten_max);
  if (!outcomes) return tl::unexpected(outcomes.error());
  outcomes_ = std::move(*outcomes);
  return {};
}

Node::~Node() {
  sockets_.clear();
  app_.reset();
  backend_.reset();
}

std::string Node::failure() const {
  if (!broken_.empty()) return broken_;
  return projector_->failure() ? projector_->failure()->detail : "";
}

// Its threads, in any order.
bool Node::step(Environment& env) {
  clock_ = env.now + skew;
  if (env.random.chance(0.2)) {
    for (const auto& [name, home] : tables_) stood_at_[name].push_back(home->live()->positions());
  }
  switch (env.random.between(0, 3)) {
    case 0:
      return project(env);
    case 1:
      return backend_->step(clock_);
    case 2:
      return turn();
    default: {
      const bool folded = project(env);
      const bool served = backend_->step(clock_);
      return turn() || folded || served;
    }
  }
}

bool Node::project(Environment& env) {
  return projector_->step(env.now + skew) == Projector::Progress::busy;
}

void Node::read(Environment& env) {
  clock_ = env.now + skew;
  (void)backend_->read_back(clock_);
  (void)turn();
}

// One of the io loop.
bool Node::turn() {
  std::deque<std::function<void()>> now;
  now.swap(posted_);
  for (const auto& run : now) run();
  app_->tick();
  app_->turn_ended();
  sockets_.remove_if([](const auto& socket) { return !socket->open(); });
  return !now.empty() || !replies_.empty();
}

void Node::take(const Wire& wire, const Reply& reply) {
  std::vector<gateway::Header> headers;
  for (const auto& [name, value] : wire.headers) headers.push_back({name, value});
  gateway::Request request;
  request.method = wire.method;
  request.path = wire.path;
  request.headers = gateway::Headers(headers);
  request.body = wire.body;
  request.peer = "127.0.0.1";
  const gateway::Ticket ticket{++tickets_, 0};
  replies_[ticket.slot] = reply;
  auto answer = app_->handle(request, ticket);
  if (!answer) return;
  replies_.erase(ticket.slot);
  reply(std::move(*answer));
}

std::shared_ptr<Pipe> Node::subscribe(const Wire& wire, int& status) {
  std::vector<gateway::Header> headers;
  for (const auto& [name, value] : wire.headers) headers.push_back({name, value});
  gateway::Request request;
  const std::size_t mark = std::min(wire.path.find('?'), wire.path.size());
  request.path = std::string_view(wire.path).substr(0, mark);
  request.query = std::string_view(wire.path).substr(std::min(mark + 1, wire.path.size()));
  request.headers = gateway::Headers(headers);
  request.peer = "127.0.0.1";
  auto answer = app_->upgrade(request, {});
  WF_CHECK(answer.has_value());  // it names no position that it would wait for
  if (auto* const refused = std::get_if<gateway::Response>(&*answer)) {
    status = refused->status;
    return nullptr;
  }
  auto pipe = std::make_shared<Pipe>();
  sockets_.push_back(
      std::make_unique<Socket>(std::move(std::get<gateway::Accept>(*answer).listener), pipe));
  return pipe;
}

bool Node::caught_up() const {
  for (const auto& [name, home] : tables_) {
    if (!home->state().live) return false;
  }
  return replies_.empty();
}

void Node::save(Environment& env) {
  projector_->flush();
  if (auto ok = outcomes_store_->flush(); !ok) {
    return env.fail("{}: {}", name(), ok.error().detail);
  }
  for (const auto& [name, home] : tables_) {
    const fs::path directory = saved() / name;
    const auto old = entries(directory);
    if (old.size() >= saved_max) fs::remove_all(old.front());
    const int number = old.empty() ? 0 : std::stoi(old.back().filename()) + 1;
    const fs::path copy = directory / fmt::format("{:08}", number);
    const auto store = home->live();
    fs::create_directories(copy);
    if (auto ok = checkpoint(*store, copy / store->dir().filename()); !ok) {
      return env.fail("{}: {}", this->name(), ok.error().detail);
    }
    fs::copy(directory_ / "tables" / name / "CURRENT", copy / "CURRENT");
  }
}

void Node::rebuild(Environment& env) {
  if (tables_.empty() || !broken_.empty()) return;
  auto table = tables_.begin();
  std::advance(table, env.random.between(0, static_cast<int>(tables_.size()) - 1));
  RebuildOptions options;
  options.slots = slots("events");
  options.batch.records = static_cast<std::size_t>(env.random.between(1, 50));
  options.threads = 1;
  options.limits = {.rows_in_memory = static_cast<std::size_t>(env.random.between(1, 100)),
                    .threads = 1};
  options.until = end_of_rebuild(env, table->first);
  RebuildProgress progress;
  auto next = wf::rebuild(env.true_log(), catalogue(), *table->second, options, progress);
  env.note("{} rebuilds {}{}", name(), table->first, options.until.empty() ? "" : " of earlier");
  if (!next) return env.note("it fails: {}", next.error().detail);
  if (!env.random.chance(0.9)) return;  // it dies with its build done
  projector_->replace(*table->second, std::move(*next));
}

// The log has gone on while it was built, as it does while a long one is read.
SlotPositions Node::end_of_rebuild(Environment& env, const std::string& table) const {
  const auto stood = stood_at_.find(table);
  if (stood == stood_at_.end() || !env.random.chance(0.7)) return {};
  return env.random.pick(stood->second);
}

void Node::end(Environment& env, bool cleanly) {
  if (cleanly) projector_->flush();
  sockets_.clear();
  app_.reset();
  backend_.reset();
  projector_.reset();
  tables_.clear();
  // A crash leaves of the outcomes what is on disk now, not what closing the store would add.
  const fs::path outcomes = directory_ / "outcomes";
  const fs::path left = directory_ / "outcomes left";
  const bool crashed = !cleanly && fs::exists(outcomes);
  if (crashed) fs::copy(outcomes, left, fs::copy_options::recursive);
  outcomes_.reset();
  if (crashed) {
    fs::remove_all(outcomes);
    fs::rename(left, outcomes);
  }
  if (!cleanly || env.random.chance(0.1)) roll_back(env);
}

void Node::roll_back(Environment& env) {
  if (env.random.chance(0.2)) fs::remove_all(directory_ / "outcomes");
  for (const std::string& name : setup_.tables) {
    const fs::path directory = directory_ / "tables" / name;
    fs::remove_all(directory);
    const auto copies = entries(saved() / name);
    if (copies.empty() || env.random.chance(0.2)) continue;
    const fs::path& from = env.random.chance(0.6) ? copies.back() : env.random.pick(copies);
    fs::copy(from, directory, fs::copy_options::recursive);
  }
}

}  // namespace wf::simulation
