// Values by the name of their field.
#include "simulation/bodies.h"

#include "base/json_cursor.h"

namespace wf::simulation {
namespace {

std::string in_quotes(std::string_view text) { return fmt::format("\"{}\"", text); }

// A pair of times, near enough that people want the same ones.
struct Times {
  Instant start;
  Instant end;

  explicit Times(Environment& env) {
    const std::int64_t hour = Duration::hours(1).us;
    start = {(env.now.us / hour + env.random.between(1, 6)) * hour};
    end = start + Duration::minutes(30 * env.random.between(1, 4));
  }
};

std::string week() {
  std::string days;
  for (int day = 1; day <= 7; ++day) {
    days += fmt::format(R"({}{{"day":{},"from":0,"to":1440}})", day == 1 ? "" : ",", day);
  }
  return "[" + days + "]";
}

std::string value_of(std::string_view field,
                     std::string_view sample,
                     const Times& times,
                     const Known& known,
                     Environment& env) {
  if (const auto thing = known.some(field, env)) return in_quotes(known.things[*thing].id.text());
  if (field == "start") return in_quotes(times.start.text());
  if (field == "end") return in_quotes(times.end.text());
  if (field == "connector") return std::to_string(env.random.between(1, 2));
  if (field == "connectors") {
    return R"([{"number":1,"type":"type2","power_w":22000},)"
           R"({"number":2,"type":"ccs2","power_w":50000}])";
  }
  if (field == "schedule") return week();
  if (field == "time_zone") return in_quotes("Asia/Kolkata");
  if (field == "min_minutes") return "15";
  if (field == "max_minutes") return "1440";
  if (field == "instant") return env.random.chance(0.7) ? "true" : "false";
  if (field == "up_to") return std::to_string(env.random.between(1, 5));
  return std::string(sample);
}

}  // namespace

std::optional<std::size_t> Known::some(std::string_view kind, Environment& env) const {
  std::vector<std::size_t> of;
  for (std::size_t i = 0; i < things.size(); ++i) {
    if (things[i].kind == kind) of.push_back(i);
  }
  if (of.empty()) return std::nullopt;
  return env.random.pick(of);
}

std::string body_of(const CommandType& type, const Known& known, Environment& env) {
  const Times times(env);
  std::string body = "{";
  JsonCursor cursor(type.sample);
  cursor.begin_object();
  for (std::string_view key; cursor.next_key(key);) {
    const std::string field(key);
    const std::string_view sample = cursor.raw();
    if (body.size() > 1) body += ',';
    body += fmt::format("\"{}\":{}", field, value_of(field, sample, times, known, env));
  }
  return body + "}";
}

std::string path_of(const CommandType& type,
                    const Known& known,
                    Environment& env,
                    std::optional<std::size_t>& thing) {
  std::string path(type.path);
  const std::size_t open = path.find('{');
  if (open == path.npos) return path;
  const std::size_t close = path.find('}', open);
  const std::string parameter = path.substr(open + 1, close - open - 1);
  thing = known.some(parameter, env);
  Uuid id = Uuid::v5({}, "nobody's");
  if (thing) id = known.things[*thing].id;
  if (parameter == "account") id = env.random.pick(known.people).account.value;
  return path.replace(open, close - open + 1, id.text());
}

}  // namespace wf::simulation
