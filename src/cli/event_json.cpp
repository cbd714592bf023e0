// CloudEvents' JSON format, written without any allocation but the output's own.
#include "cli/event_json.h"

#include <algorithm>
#include <set>

#include "base/catalogue.h"
#include "base/json_write.h"

namespace wf::cli {
namespace {

void put_uuid(std::string& out, std::string_view key, const Uuid& id) {
  out += key;
  append_uuid(out, id);
}

void put_int(std::string& out, std::string_view key, std::int64_t value) {
  out += key;
  append_int(out, value);
}

std::string_view text_of(Accepted accepted) {
  switch (accepted) {
    case Accepted::yes:
      return R"(,"accepted":"yes")";
    case Accepted::no:
      return R"(,"accepted":"no")";
    case Accepted::control:
      return R"(,"accepted":"control")";
    case Accepted::not_asked:
      return "";
  }
  return "";
}

void put_outcome(std::string& out, const Record& record) {
  if (record.epoch >= 0) put_int(out, R"(,"epoch":)", record.epoch);
  if (record.cause >= 0) put_int(out, R"(,"cause":)", record.cause);
  if (record.count > 0) {
    put_int(out, R"(,"index":)", record.index);
    put_int(out, R"(,"count":)", record.count);
  }
  if (record.next >= 0) put_int(out, R"(,"next":)", record.next);
}

void put_link(std::string& out, const Record& record) {
  if (!record.link) return;
  out += R"(,"link":")";
  out.append(record.link.topic).push_back('/');
  append_int(out, record.link.partition);
  put_int(out, R"(","linkn":)", static_cast<std::int64_t>(record.link.n));
}

// With six digits, so that times sort as texts.
void append_sortable(std::string& out, Instant at) {
  constexpr std::string_view seconds = "\"2026-11-21T09:00:00";
  const std::size_t whole = out.size() + seconds.size();
  append_instant(out, at);
  out.resize(out.size() - 2);  // Z"
  if (out.size() == whole) out += '.';
  out.append(whole + 7 - out.size(), '0');
  out += "Z\"";
}

// Whether an aggregate's records may hold hashes of passwords: one of its commands takes a secret.
bool has_secrets(std::string_view type) {
  static const std::set<std::string_view> aggregates = [] {
    std::set<std::string_view> found;
    for (const CommandType& command : catalogue().commands) {
      const bool secret = std::ranges::any_of(command.sealed, [](const SealedField& field) {
        return field.how == SealedField::How::argon2id;
      });
      if (secret) found.insert(command.aggregate);
    }
    return found;
  }();
  return aggregates.contains(type.substr(0, type.find('.')));
}

}  // namespace

void append_without_hashes(std::string& out, std::string_view json) {
  constexpr std::string_view hash = "\"$argon2id$";
  for (std::size_t at = 0; (at = json.find(hash)) != json.npos;) {
    const std::size_t end = json.find('"', at + hash.size());
    if (end == json.npos) break;
    out.append(json.substr(0, at)).append("null");
    json.remove_prefix(end + 1);
  }
  out += json;
}

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::command:
      return "command";
    case Kind::wake:
      return "wake";
    case Kind::import_ended:
      return "import_ended";
    case Kind::event:
      return "event";
    case Kind::send:
      return "send";
    case Kind::rejected:
      return "rejected";
    case Kind::nothing:
      return "nothing";
    case Kind::duplicate:
      return "duplicate";
    case Kind::gap:
      return "gap";
    case Kind::expired:
      return "expired";
    case Kind::opened:
      return "opened";
    case Kind::resumed:
      return "resumed";
    case Kind::trying:
      return "trying";
    case Kind::log_id:
      return "log_id";
    case Kind::fact:
      return "fact";
    case Kind::key:
      return "key";
    case Kind::forgotten:
      return "forgotten";
  }
  return "unknown";
}

void append_event_json(std::string& out,
                       const Slot& slot,
                       const Record& record,
                       Accepted accepted) {
  put_uuid(out, R"({"specversion":"1.0","id":)", record.id);
  out += R"(,"source":"/)";
  out += slot.topic;
  out += R"(","type":")";
  out.append(record.type.empty() ? name(record.kind) : record.type).push_back('"');
  put_uuid(out, R"(,"subject":)", record.stream);
  out += R"(,"time":)";
  append_sortable(out, record.at);
  put_int(out, R"(,"partition":)", slot.partition);
  put_int(out, R"(,"offset":)", record.offset);
  if (record.kind != Kind::event && record.kind != Kind::command) {
    out += R"(,"kind":")";
    out.append(name(record.kind)).push_back('"');
  }
  if (record.version > 0) {
    put_int(out, R"(,"streamversion":)", static_cast<std::int64_t>(record.version));
  }
  if (!record.principal.value.nil()) put_uuid(out, R"(,"principal":)", record.principal.value);
  if (!record.correlation.nil()) put_uuid(out, R"(,"correlationid":)", record.correlation);
  if (!record.causation.nil()) put_uuid(out, R"(,"causationid":)", record.causation);
  if (!record.import.nil()) put_uuid(out, R"(,"importid":)", record.import);
  if (record.occurred_at.us != 0) {
    out += R"(,"occurredat":)";
    append_instant(out, record.occurred_at);
  }
  put_link(out, record);
  if (accepted != Accepted::not_asked) {
    put_outcome(out, record);
    out += text_of(accepted);
  }
  out += R"(,"data":)";
  const std::string_view data = record.payload.empty() ? "{}" : record.payload;
  if (has_secrets(record.type)) {
    append_without_hashes(out, data);
  } else {
    out += data;
  }
  out += "}\n";
}

}  // namespace wf::cli
