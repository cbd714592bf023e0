// The fixture's own code: a decider that appends outcomes, and a loop that runs what is posted.
#include "gateway/test_app.h"

namespace wf::gateway::test {
namespace {

constexpr std::uint32_t partitions = 2;

std::vector<TopicSpec> topics_of(const Catalogue& catalogue) {
  std::vector<TopicSpec> topics{{"keys", 1, true}};
  for (const std::string_view family : catalogue.families) {
    topics.push_back({"commands." + std::string(family), partitions});
    topics.push_back({"events." + std::string(family), partitions});
  }
  return topics;
}

}  // namespace

HandDecider::HandDecider(Log& log) {
  reader_ = std::move(*log.reader());
  appender_ = std::move(*log.writer("decider"));
  for (const TopicSpec& topic : log.topics()) {
    if (!topic.name.starts_with("events.")) continue;
    for (std::uint32_t i = 0; i < topic.partitions; ++i) {
      Lane lane{
          {"commands." + topic.name.substr(7), i}, {topic.name, i}, *log.end({topic.name, i})};
      Record opened;
      opened.kind = Kind::opened;
      opened.id = Uuid::random();
      opened.payload = R"({"build":"test"})";
      Record resumed;
      resumed.kind = Kind::resumed;
      resumed.epoch = lane.epoch;
      resumed.next = 0;
      resumed.payload = "{}";
      const Record both[] = {opened, resumed};
      BOOST_REQUIRE(appender_->append(lane.events, both, Durability::now));
      BOOST_REQUIRE(reader_->seek(lane.commands, 0));
      lanes_.push_back(lane);
    }
  }
}

std::size_t HandDecider::decide(const std::function<Ruling(const Record&)>& ruling) {
  std::size_t count = 0;
  for (Lane& lane : lanes_) {
    const auto batch = reader_->read(lane.commands, {});
    BOOST_REQUIRE(batch);
    for (const Record& command : batch->records) {
      const Ruling ruled = ruling(command);
      Record record;
      record.kind = ruled.kind;
      record.id = Uuid::v5(command.id, "0");
      record.stream = command.stream;
      record.type = ruled.type;
      record.payload = ruled.payload;
      record.causation = command.id;
      record.principal = command.principal;
      record.body = command.body;
      record.epoch = lane.epoch;
      record.cause = command.offset;
      record.count = 1;
      record.version = ++lane.version;
      BOOST_REQUIRE(appender_->append(lane.events, {&record, 1}, Durability::now));
      ++count;
    }
  }
  return count;
}

AppFixture::AppFixture() {
  RocksLogOptions options;
  options.path = "/log";
  options.topics = topics_of(catalogue());
  options.disk = &disk;
  log = std::move(*open_rocks_log(std::move(options)));
  for (const TableType* type : catalogue().tables) {
    tables_[std::string(type->info().name)] = std::make_unique<HandTable>(*type);
  }
  platform.open_roles = {Role::renter, Role::host};
  Services services{
      .log = *log,
      .catalogue = catalogue(),
      .tables = {},
      .secrets = secrets,
      .process = process,
      .platform = platform,
      .clock = [this] { return now; },
      .command_outcome = [this](const Uuid& id,
                                const Offsets& read) -> Result<std::optional<KnownOutcome>> {
        if (!command_outcome) return std::nullopt;
        return command_outcome(id, read);
      },
      .failing_since = [this] { return failing_since; }};
  for (const auto& [name, table] : tables_) services.tables[name] = table.get();
  const Post post = [this](std::function<void()> fn) {
    const std::lock_guard lock(mutex);
    posted.push_back(std::move(fn));
    posted_some.notify_one();
  };
  backend = std::make_unique<Backend>(
      std::move(services), Posts{post}, PasswordCost{.passes = 1, .memory_bytes = 8192});
  app = std::make_unique<App>(*backend, 0, [this](Ticket ticket, UpgradeAnswer answer) {
    if (auto* const response = std::get_if<Response>(&answer)) {
      answers[ticket.slot] = std::move(*response);
    } else {
      accepted[ticket.slot] = std::get<Accept>(std::move(answer));
    }
  });
  decider = std::make_unique<HandDecider>(*log);
  BOOST_REQUIRE(backend->start());
}

std::unique_ptr<Backend> AppFixture::another(Log& on) {
  return std::make_unique<Backend>(Services{.log = on,
                                            .catalogue = catalogue(),
                                            .tables = {},
                                            .secrets = secrets,
                                            .process = process,
                                            .platform = platform},
                                   Posts{[](const std::function<void()>& run) { run(); }});
}

AppFixture::~AppFixture() {
  backend->stop();
  app.reset();
  backend.reset();
  decider.reset();
}

void AppFixture::pump_until(const std::function<bool()>& done) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  while (!done()) {
    app->turn_ended();
    decider->decide([this](const Record& command) {
      seen.emplace_back(command.type);
      return ruling(command);
    });
    std::deque<std::function<void()>> work;
    {
      std::unique_lock lock(mutex);
      posted_some.wait_for(lock, std::chrono::milliseconds(2), [&] { return !posted.empty(); });
      work.swap(posted);
    }
    for (const auto& fn : work) fn();
    BOOST_REQUIRE(std::chrono::steady_clock::now() < end);
  }
}

std::optional<Response> AppFixture::begin(const Ask& ask, Ticket ticket) {
  Request request;
  request.method = ask.method;
  const std::size_t mark = std::min(ask.target.find('?'), ask.target.size());
  request.path = std::string_view(ask.target).substr(0, mark);
  request.query = std::string_view(ask.target).substr(std::min(mark + 1, ask.target.size()));
  request.headers = Headers(ask.headers);
  request.body = ask.body;
  request.peer = "127.0.0.1";
  return app->handle(request, ticket);
}

Response AppFixture::ask(const Ask& ask) {
  const Ticket ticket{++tickets, 0};
  if (auto now_answered = begin(ask, ticket)) return std::move(*now_answered);
  return finish(ticket);
}

Response AppFixture::finish(Ticket ticket) {
  pump_until([&] { return answers.contains(ticket.slot); });
  Response response = std::move(answers.at(ticket.slot));
  answers.erase(ticket.slot);
  return response;
}

std::uint32_t AppFixture::role(std::string_view name) const {
  for (std::size_t i = 0; i < catalogue().roles.size(); ++i) {
    if (catalogue().roles[i] == name) return 1U << i;
  }
  return 0;
}

std::string AppFixture::token(const Uuid& account, std::uint32_t roles, const Uuid& session) {
  return "Bearer " + backend->tokens.sign(
                         {{AccountId{account}, roles, session}, now, now + Duration::hours(1)});
}

bool has_header(const Response& response, std::string_view line) {
  return response.headers.find(std::string(line) + "\r\n") != std::string::npos;
}

std::string header(const Response& response, std::string_view name) {
  const std::string start = std::string(name) + ": ";
  const std::size_t at = response.headers.find(start);
  if (at == std::string::npos) return {};
  const std::size_t from = at + start.size();
  return response.headers.substr(from, response.headers.find("\r\n", from) - from);
}

}  // namespace wf::gateway::test
