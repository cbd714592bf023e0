// An outcome is a pure function of what came before it, the command and the configuration: decided
// again, from the first command on, every record must be the same to the bit. And what the owners
// keep is what comes out of that.
#include "runtime/decider.h"
#include "simulation/checks.h"

namespace wf::simulation {
namespace {

std::string bytes_of(Record record) {
  record.appended = {};
  std::string bytes;
  append_header(bytes, record);
  return fmt::format("{} {} {}", record.type, record.payload, bytes);
}

const Build& build_of(const Partition& one, Offset epoch) {
  const Record& opened = one.log.records[static_cast<std::size_t>(epoch)];
  for (const Build& build : builds()) {
    if (field(opened.payload, "build") == build.catalogue.build) return build;
  }
  return builds().front();
}

class Again {
 public:
  Again(const Partition& one, Environment& env)
      : one_(one),
        env_(env),
        store_(content_),
        state_(catalogue(), family(), store_, {.window = Duration::hours(24 * 365)}) {
    if (!state_.load(env.log().id())) env.fail("an empty store does not load");
  }

  // False: the i-th outcome is another one.
  bool same(std::size_t i) {
    const auto& outcome = one_.outcomes[i];
    Decider decider(state_,
                    build_of(one_, outcome.front().epoch).platform,
                    one_.events,
                    partitions,
                    [](std::string_view) {});
    Outcomes out;
    const Record& command = one_.asked.records[i];
    const bool given_up = outcome.back().kind != Kind::event &&
                          field(test::closing(outcome).payload, "reason") == "undecidable";
    const auto decided = given_up
                             ? decider.refuse(command, "undecidable", outcome.front().epoch, out)
                             : decider.decide(command, outcome.front().epoch, out);
    if (!decided || out.records().size() != outcome.size()) return false;
    for (std::size_t k = 0; k < outcome.size(); ++k) {
      if (bytes_of(out.records()[k]) != bytes_of(outcome[k])) return false;
    }
    return true;
  }

  // What an owner's store holds but for its position.
  test::StoreContent content() {
    if (!state_.save(state_.unsaved())) env_.fail("the state is not saved");
    return without_position(content_);
  }
  static test::StoreContent without_position(test::StoreContent content) {
    content.erase("p");
    return content;
  }

 private:
  std::string family() const { return one_.events.topic.substr(one_.events.topic.find('.') + 1); }

  const Partition& one_;
  Environment& env_;
  test::StoreContent content_;
  test::MapStore store_;
  DeciderState state_;
};

}  // namespace

void decided_again_it_is_the_same(const Facts& facts, Environment& env) {
  for (const Partition& one : facts.reading.partitions) {
    Again again(one, env);
    for (std::size_t i = 0; i < one.outcomes.size(); ++i) {
      if (again.same(i)) continue;
      return env.fail("{}: command {} ({}) is decided otherwise when it is decided again",
                      name(one.events),
                      i,
                      one.asked.records[i].type);
    }
    const auto content = again.content();
    for (Owner* const owner : facts.owners) {
      if (owner->events() != one.events) continue;
      if (Again::without_position(owner->content()) != content) {
        return env.fail("{} keeps a state that is not its log's", owner->name());
      }
    }
  }
}

}  // namespace wf::simulation
