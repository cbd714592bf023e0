// The log is the embedded one on a disk in memory; faults and crashes are layers around it.
#include "simulation/environment.h"

#include <thread>

#include "log/rocks_log.h"
#include "runtime/deciders.h"

namespace wf::simulation {
namespace {

// What goes wrong per append or read while an action has faults.
constexpr Faults some{.lost = 0.02,
                      .prefix = 0.02,
                      .unseen = 0.02,
                      .late = 0.02,
                      .doubled = 0.02,
                      .short_read = 0.2,
                      .failed_read = 0.02};

PlatformConfig platform(std::int64_t fee_bp, std::int64_t hold_minutes) {
  PlatformConfig config;
  config.name = "simulation";
  config.open_roles = {Role::renter, Role::host};
  config.fee_bp = fee_bp;
  config.hold_minutes = hold_minutes;
  return config;
}

}  // namespace

const std::vector<Build>& builds() {
  static const std::vector<Build> both = [] {
    std::vector<Build> made{{catalogue(), platform(1000, 60)}, {catalogue(), platform(1500, 45)}};
    made[0].catalogue.build = "first";
    made[1].catalogue.build = "second";
    return made;
  }();
  return both;
}

Environment::Environment(std::uint64_t seed, std::string tables)
    : directory(std::move(tables)), random(seed) {
  disk_.on_sync([this, main = std::this_thread::get_id()] {
    if (!armed_ || std::this_thread::get_id() != main) return;
    faulty_->pause(true);  // nobody else may write now
    syncing();
    faulty_->pause(false);
  });
  open_log();
  connect();
}

Environment::~Environment() { armed_ = false; }

void Environment::open_log() {
  RocksLogOptions options;
  options.path = "/log";
  options.id = Uuid::v5({}, "simulation");
  options.topics = topics_of(catalogue(), partitions);
  options.now = [this] { return now; };
  options.on_fatal = [this](const std::string&) {
    if (armed_) throw PowerLost();
  };
  options.inline_commit = true;
  options.disk = &disk_;
  auto opened = open_rocks_log(std::move(options));
  if (!opened) return fail("the log does not open: {}", opened.error().detail);
  rocks_ = std::move(*opened);
}

void Environment::connect() {
  faulty_ = std::make_unique<FaultyLog>(*rocks_, 0, Faults{});
  hooked_ = std::make_unique<test::HookLog>(*faulty_, [this] { await(); });
  armed_ = true;
}

void Environment::begin(const Action& action) {
  action_ = action.number;
  random = Random(action.seed);
  faults = action.faults;
  faulty_->seed(random.next());
  faulty_->set(faults ? some : Faults{});
}

void Environment::heal() {
  faults = false;
  faulty_->set({});
  faulty_->deliver_late();
}

void Environment::lose_power() {
  armed_ = false;
  hooked_.reset();
  faulty_.reset();
  disk_.cut_power();
  rocks_.reset();
  disk_.restore_power(static_cast<std::size_t>(random.between(0, 40)));
  open_log();
  if (wrong.empty()) connect();
}

std::string name(const Slot& slot) {
  return fmt::format("{}/{}", slot.topic.substr(slot.topic.find('.') + 1), slot.partition);
}

std::vector<Slot> slots(std::string_view kind) { return slots_of(catalogue(), kind, partitions); }

}  // namespace wf::simulation
