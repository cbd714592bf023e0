// Small batches and short waits, so that little time shows much.
#include "simulation/workers.h"

namespace wf::simulation {
namespace {

auto opener(test::StoreContent& content, Environment& env) {
  return [&](bool fresh) -> Result<std::unique_ptr<KvStore>> {
    if (fresh) content.clear();
    return std::make_unique<MortalStore>(content, env);
  };
}

Alarm alarm_of(Environment& env, std::string who) {
  return [&env, who = std::move(who)](std::string_view what) { env.note("{}: {}", who, what); };
}

std::string detail(const std::optional<Error>& failure) { return failure ? failure->detail : ""; }

}  // namespace

Owner::Owner(Environment& env, Shelf& shelf, Slot events)
    : shelf_(shelf),
      events_(std::move(events)),
      build_(env.random.next() % builds().size()),
      store_(shelf.take(name(), env)) {
  CommandWorkerOptions options;
  options.family = events_.topic.substr(events_.topic.find('.') + 1);
  options.partition = events_.partition;
  options.partitions = partitions;
  options.open_store = opener(store_, env);
  options.seed = env.random.next() | 1U;
  options.batch.records = static_cast<std::size_t>(env.random.between(1, 6));
  options.limits.window = Duration::hours(24 * 365);  // a client of a run may retry at any time
  options.limits.streams_cached = static_cast<std::size_t>(env.random.between(1, 8));
  options.checkpoint_changes = static_cast<std::size_t>(env.random.between(1, 8));
  options.checkpoint_after = Duration::millis(500);
  options.read_back_within = Duration::seconds(2);
  options.retry_min = Duration::millis(10);
  options.retry_max = Duration::millis(200);
  options.wake_again = Duration::seconds(1);
  const Build& build = builds()[build_];
  worker_ = std::make_unique<CommandWorker>(
      env.log(), build.catalogue, build.platform, options, alarm_of(env, name()));
}

std::string Owner::name() const {
  return fmt::format("owner {} ({})", simulation::name(events_), builds()[build_].catalogue.build);
}
const test::StoreContent& Owner::content() {
  (void)worker_->checkpoint();
  return store_;
}

bool Owner::step(Environment& env) {
  return worker_->step(env.now + skew) == CommandWorker::Progress::busy;
}
std::string Owner::failure() const { return detail(worker_->failure()); }

void Owner::end(Environment& /*env*/, bool cleanly) {
  if (cleanly) (void)worker_->checkpoint();
  worker_.reset();
  shelf_.put(name(), std::move(store_));
}

Carrier::Carrier(Environment& env, Shelf& shelf, Slot source)
    : shelf_(shelf), source_(std::move(source)), store_(shelf.take(name(), env)) {
  ForwarderOptions options;
  options.source = source_;
  options.answers = slots("events");
  options.open_store = opener(store_, env);
  options.batch.records = static_cast<std::size_t>(env.random.between(1, 6));
  options.unanswered_max = static_cast<std::size_t>(env.random.between(1, 12));
  options.unproven_max = static_cast<std::size_t>(env.random.between(1, 12));
  options.turn_records = env.random.between(1, 40);
  options.save_after = Duration::millis(300);
  options.answered_within = Duration::seconds(3);
  options.answered_within_max = Duration::seconds(12);
  options.retry = Duration::millis(50);
  forwarder_ = std::make_unique<Forwarder>(env.log(), options, alarm_of(env, name()));
}

bool Carrier::step(Environment& env) {
  return forwarder_->step(env.now + skew) == Forwarder::Progress::busy;
}
std::string Carrier::failure() const { return detail(forwarder_->failure()); }

void Carrier::end(Environment& /*env*/, bool /*cleanly*/) {
  forwarder_.reset();
  shelf_.put(name(), std::move(store_));
}

}  // namespace wf::simulation
