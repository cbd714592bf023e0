// Commands are drawn from the catalogue; what one booked, another wants to cancel.
#include "simulation/clients.h"

#include "base/json_cursor.h"
#include "simulation/reading.h"

namespace wf::simulation {
namespace {

using gateway::Method;
using gateway::Response;

std::string header(const Response& response, std::string_view name) {
  const std::string start = fmt::format("{}: ", name);
  const std::size_t at = response.headers.find(start);
  if (at == std::string::npos) return {};
  const std::size_t from = at + start.size();
  return response.headers.substr(from, response.headers.find("\r\n", from) - from);
}

std::string text_of(std::string_view raw) {
  if (raw.size() < 2 || raw.front() != '"') return std::string(raw);
  return std::string(raw.substr(1, raw.size() - 2));
}

// Nothing: the answer does not say how the command was decided.
std::optional<Answered> read_answer(const Response& response) {
  Answered answer;
  answer.status = response.status;
  bool named = false;
  JsonCursor cursor(response.bytes());
  cursor.begin_object();
  for (std::string_view key; cursor.next_key(key);) {
    const std::string field(key);
    const std::string_view raw = cursor.raw();
    if (field == "command") {
      named = true;
      answer.command = Uuid::parse(text_of(raw)).value_or(Uuid{});
    }
    if (field == "id") answer.id = Uuid::parse(text_of(raw)).value_or(Uuid{});
    if (field == "code") answer.code = text_of(raw);
    if (field == "events") answer.events = std::string(raw);
    if (field == "stream_version") answer.stream_version = std::stoull(std::string(raw));
  }
  if (!cursor.finished() || !named || response.status == 202) return std::nullopt;
  return answer;
}

// Another time it may be another one.
bool is_for_now(const Response& response) {
  return response.status == 503 || response.status == 429;
}

bool says_nothing_was_written(const Response& response) {
  return response.status != 504 && response.status != 202 && !read_answer(response);
}

std::string shown(const Answered& answer) {
  return fmt::format(
      "{} {} version {} {}", answer.status, answer.code, answer.stream_version, answer.events);
}

}  // namespace

Clients::Clients(Environment& env,
                 const gateway::Secrets& secrets,
                 Network& network,
                 Deliver deliver)
    : env_(env),
      network_(network),
      deliver_(std::move(deliver)),
      tokens_(secrets, catalogue().roles, "wayfold") {
  for (const CommandType& type : catalogue().commands) {
    if (!type.method.empty()) types_.push_back(&type);
  }
  for (const char* host : {"asha", "mira"}) add(host, {"host"});
  for (const char* renter : {"ravi", "tara", "noor"}) add(renter, {"renter"});
  add("otto", {"operator"});
}

std::size_t Clients::add(std::string_view who, std::initializer_list<std::string_view> roles) {
  Person person;
  person.account = {Uuid::v5({}, who)};
  for (std::size_t bit = 0; bit < catalogue().roles.size(); ++bit) {
    for (const std::string_view role : roles) {
      if (catalogue().roles[bit] == role) person.roles |= 1U << bit;
    }
  }
  person.token = "Bearer " + tokens_.sign({{person.account, person.roles, {}},
                                           env_.now - Duration::hours(24),
                                           env_.now + Duration::hours(24 * 300)});
  known_.people.push_back(std::move(person));
  return known_.people.size() - 1;
}

// One of those who may.
std::size_t Clients::somebody(std::uint32_t roles) const {
  std::vector<std::size_t> able;
  for (std::size_t i = 0; i < known_.people.size(); ++i) {
    if ((known_.people[i].roles & roles) != 0) able.push_back(i);
  }
  return able.empty() ? 0 : env_.random.pick(able);
}

void Clients::ask() {
  auto ask = std::make_shared<Ask>();
  ask->number = asks_.size();
  // Little can be done before there is a charger, and bookings are what most of it is about.
  const std::string_view wanted = !known_.some("charger", env_) ? "charger.List"
                                  : env_.random.chance(0.4)     ? "booking.Reserve"
                                                                : "";
  ask->type = env_.random.pick(types_);
  for (const CommandType* type : types_) {
    if (type->name == wanted) ask->type = type;
  }
  ask->by = somebody(ask->type->roles);
  ask->wire.method = *gateway::parse_method(ask->type->method);
  ask->wire.path = path_of(*ask->type, known_, env_, ask->thing);
  ask->wire.body = body_of(*ask->type, known_, env_);
  const Thing* const thing = ask->thing ? &known_.things[*ask->thing] : nullptr;
  const bool may = thing != nullptr && (known_.people[thing->by].roles & ask->type->roles) != 0;
  if (may && env_.random.chance(0.7)) ask->by = thing->by;
  ask->correlation = Uuid::v5({}, fmt::format("ask {}", ask->number));
  ask->wire.headers = {{"Authorization", known_.people[ask->by].token},
                       {"Idempotency-Key", fmt::format("key-{}", ask->number)},
                       {"X-Request-Id", ask->correlation.text()}};
  if (thing != nullptr && !thing->position.empty()) {
    ask->wire.headers.emplace_back("Wayfold-Position", thing->position);
    ask->knows_its_row = ask->type->stream_from == StreamFrom::table;
  }
  asks_.push_back(ask);
  env_.note("ask {}: {} {}", ask->number, ask->type->name, ask->wire.body);
  send(ask);
}

void Clients::ask_again() {
  if (asks_.empty()) return;
  std::vector<std::shared_ptr<Ask>> open;
  for (const auto& ask : asks_) {
    if (!ask->answer && ask->dismissed == 0) open.push_back(ask);
  }
  const bool any = open.empty() || env_.random.chance(0.3);
  const auto& ask = any ? env_.random.pick(asks_) : env_.random.pick(open);
  env_.note("ask {} again", ask->number);
  send(ask);
}

bool Clients::ask_unanswered() {
  bool any = false;
  for (const auto& ask : asks_) {
    if (ask->answer || ask->dismissed > 0) continue;
    env_.note("ask {} again", ask->number);
    send(ask);
    any = true;
  }
  return any;
}

void Clients::send(const std::shared_ptr<Ask>& ask) {
  network_.send(env_, [this, ask] {
    const bool taken = deliver_(ask->wire, [this, ask](const Response& response) {
      if (says_nothing_was_written(response)) --ask->possible;
      network_.send(env_, [this, ask, response] { hear(*ask, response); });
    });
    if (taken) ++ask->possible;
  });
}

void Clients::hear(Ask& ask, const Response& response) {
  env_.note("answer to {}: {} {}", ask.number, response.status, response.bytes());
  // What killed its deciders three times, by bad luck here, is given up; and clocks are set wrong.
  const auto says = [&](std::string_view code) {
    return response.bytes().find(code) != std::string_view::npos;
  };
  if (response.status == 500 && !says(R"("undecidable")") && !says(R"("code":"clock")")) {
    return env_.fail("ask {} is answered {}", ask.number, response.bytes());
  }
  if (response.status == 202) {
    ask.pending = true;
    ask.command = *Uuid::parse(field(response.bytes(), "command"));
  }
  const auto answer = read_answer(response);
  if (!answer) {
    if (is_for_now(response) || response.status == 504 || response.status == 202) return;
    ++ask.dismissed;
    if (response.status == 404 && ask.knows_its_row) {
      env_.fail("ask {}: {} is 404 to one who knows it", ask.number, ask.wire.path);
    }
    if (response.status == 400 || response.status == 422) {
      env_.fail("ask {}: {} {}", ask.number, ask.wire.body, response.bytes());
    }
    return;
  }
  if (!ask.answer) {
    ask.answer = answer;
    ask.command = answer->command;
    return learn(ask, *answer, header(response, "Wayfold-Position"));
  }
  Answered& first = *ask.answer;
  const bool same = first.status == answer->status && first.command == answer->command &&
                    first.id == answer->id && first.code == answer->code &&
                    first.stream_version == answer->stream_version;
  const bool events =
      first.events.empty() || answer->events.empty() || first.events == answer->events;
  if (first.events.empty()) first.events = answer->events;
  if (!same || !events) {
    env_.fail("ask {} was answered {}, and then {}", ask.number, shown(first), shown(*answer));
  }
}

void Clients::learn(const Ask& ask, const Answered& answer, const std::string& position) {
  if (ask.thing && answer.status < 300) known_.things[*ask.thing].position = position;
  if (ask.type->creates.empty() || answer.status != 201) return;
  known_.things.push_back({std::string(ask.type->creates), answer.id, ask.by, position});
}

void Clients::look_up() {
  if (!asks_.empty()) look_up(env_.random.pick(asks_));
}

void Clients::look_up_all() {
  for (const auto& ask : asks_) look_up(ask);
}

void Clients::look_up(const std::shared_ptr<Ask>& ask) {
  if (!ask->can_be_looked_up()) return;
  Wire wire;
  wire.path = "/commands/" + ask->command.text();
  wire.headers = {ask->wire.headers.front()};
  env_.note("what became of ask {}?", ask->number);
  network_.send(env_, [this, wire, ask] {
    deliver_(wire, [this, ask](const Response& response) {
      network_.send(env_, [this, ask, response] { hear_outcome(*ask, response); });
    });
  });
}

void Clients::hear_outcome(Ask& ask, const Response& response) {
  env_.note("became of {}: {} {}", ask.number, response.status, response.bytes());
  if (is_for_now(response)) return;
  if (response.status != 200) {
    return env_.fail("ask {} is there, and its command is {}", ask.number, response.status);
  }
  ask.outcomes.emplace_back(response.bytes());
}

void Clients::read() {
  const auto index = known_.some("booking", env_);
  if (!index) return;
  const Thing& thing = known_.things[*index];
  const Sight sight{"bookings", thing.id, {}, thing.position};
  Wire wire;
  wire.path = "/bookings/" + thing.id.text();
  wire.headers = {{"Authorization", known_.people[thing.by].token},
                  {"Wayfold-Position", thing.position}};
  network_.send(env_, [this, wire, sight] {
    deliver_(wire, [this, sight](const Response& response) {
      network_.send(env_, [this, sight, response] { hear_read(sight, response); });
    });
  });
}

void Clients::hear_read(Sight sight, const Response& response) {
  if (is_for_now(response)) return;
  if (response.status != 200) {
    return env_.fail("a booking is {} to one who made it", response.status);
  }
  sight.json = response.bytes();
  sights_.push_back(std::move(sight));
}

void Clients::log_in() {
  const int number = env_.random.between(1, 4);
  const std::string identifier = fmt::format("person-{}@example.com", number);
  if (env_.random.chance(0.5)) {
    auto ask = std::make_shared<Ask>();
    ask->number = asks_.size();
    ask->type = catalogue().command("login.Register");
    ask->correlation = Uuid::v5({}, fmt::format("ask {}", ask->number));
    ask->wire.method = Method::post;
    ask->wire.path = "/auth/register";
    ask->wire.body = fmt::format(
        R"({{"identifier":"{}","password":"password {}","name":"Person","roles":["renter"]}})",
        identifier,
        number);
    ask->wire.headers = {{"Idempotency-Key", fmt::format("key-{}", ask->number)},
                         {"X-Request-Id", ask->correlation.text()}};
    asks_.push_back(ask);
    env_.note("ask {}: register {}", ask->number, identifier);
    return send(ask);
  }
  Wire wire;
  wire.method = Method::post;
  wire.path = "/auth/login";
  wire.body = fmt::format(R"({{"identifier":"{}","password":"password {}"}})", identifier, number);
  network_.send(env_, [this, wire] {
    deliver_(wire, [this](const Response& response) {
      env_.note("login: {}", response.status);
      if (response.status == 500 || response.status == 400) {
        env_.fail("a login is answered {}", response.bytes());
      }
    });
  });
}

}  // namespace wf::simulation
