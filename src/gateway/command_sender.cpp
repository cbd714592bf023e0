// Most commands have nothing to seal and are submitted at once.
#include "gateway/command_sender.h"

#include <algorithm>

#include "base/json_write.h"

namespace wf::gateway {
namespace {

// Whom a personal field is about.
std::optional<Uuid> subject_of(const SealedField& field, const Draft& draft) {
  if (field.subject == "principal") return draft.command.principal.value;
  if (field.subject == "stream") return draft.command.stream;
  const auto value = draft.body.root().find(field.subject);
  if (!value || !value->is_string()) return std::nullopt;
  return Uuid::parse(value->as_string());
}

}  // namespace

void append_json(std::string& out, Json value) {
  switch (value.kind()) {
    case JsonKind::null:
      out += "null";
      break;
    case JsonKind::boolean:
      append_bool(out, value.as_bool());
      break;
    case JsonKind::integer:
      append_int(out, *value.as_int64());
      break;
    case JsonKind::number:
      out += value.number_text();
      break;
    case JsonKind::string:
      append_json_string(out, value.as_string());
      break;
    case JsonKind::array: {
      out += '[';
      for (const Json element : value.elements()) {
        if (out.back() != '[') out += ',';
        append_json(out, element);
      }
      out += ']';
      break;
    }
    case JsonKind::object: {
      out += '{';
      bool first = true;
      for (const auto& [key, element] : value.members()) {
        if (!first) out += ',';
        first = false;
        append_json_string(out, key);
        out += ':';
        append_json(out, element);
      }
      out += '}';
      break;
    }
  }
}

std::optional<Outcome::Fate> CommandSender::send(Draft draft) {
  if (backend_.submitter.down()) return Outcome::Fate::not_appended;
  if (draft.command.type->sealed.empty()) return submit(std::move(draft), {});
  if (at_once(draft)) {
    const auto sealed = seal(draft, false);
    if (!sealed) return sealed.error();
    return submit(std::move(draft), *sealed);
  }
  auto shared = std::make_shared<Draft>(std::move(draft));
  const bool queued = backend_.key_pool.submit([this, shared] {
    using AllSealed = tl::expected<SealedFields, Outcome::Fate>;
    // Behind others whose keys the log does not take; also of one who wanted to wait for nothing.
    const Services& services = backend_.services;
    const auto patience = Duration::millis(services.process.gateway.wait_ms);
    const bool late = services.clock() > std::max(shared->until, shared->command.at + patience);
    auto sealed = std::make_shared<AllSealed>(late ? tl::unexpected(Outcome::Fate::overloaded)
                                                   : seal(*shared, true));
    backend_.posts[io_]([this, shared, sealed] {
      const OnOutcome tell = shared->on_outcome;
      std::optional<Outcome::Fate> fate;
      if (*sealed) {
        fate = submit(std::move(*shared), **sealed);
      } else {
        fate = sealed->error();
      }
      if (!fate) return;
      Outcome outcome;
      outcome.fate = *fate;
      tell(outcome);
    });
  });
  return queued ? std::nullopt : std::optional(Outcome::Fate::overloaded);
}

bool CommandSender::at_once(const Draft& draft) const {
  const auto& fields = draft.command.type->sealed;
  return std::ranges::all_of(fields, [&](const SealedField& field) {
    if (!draft.body.root().find(field.name)) return true;
    const auto subject = subject_of(field, draft);
    return field.how == SealedField::How::personal && subject && backend_.keys.has_key(*subject);
  });
}

tl::expected<CommandSender::SealedFields, Outcome::Fate> CommandSender::seal(const Draft& draft,
                                                                             bool may_wait) {
  SealedFields sealed;
  for (const SealedField& field : draft.command.type->sealed) {
    const auto value = draft.body.root().find(field.name);
    if (!value || !value->is_string()) continue;
    if (field.how == SealedField::How::argon2id) {
      auto hash = hash_password(Secret(value->as_string()), backend_.password_cost);
      if (!hash) return tl::unexpected(Outcome::Fate::overloaded);
      sealed.push_back({field.name, std::move(*hash)});
      continue;
    }
    const auto subject = subject_of(field, draft);
    if (!subject) return tl::unexpected(Outcome::Fate::not_appended);
    if (may_wait) {
      if (const auto made = backend_.keys.ensure_key(*subject); !made) {
        return tl::unexpected(made.error().code == Code::forbidden ? Outcome::Fate::forgotten
                                                                   : Outcome::Fate::not_appended);
      }
    }
    auto text = backend_.keys.seal(*subject, value->as_string());
    if (!text) return tl::unexpected(Outcome::Fate::forgotten);
    sealed.push_back({field.name, std::move(*text)});
  }
  return sealed;
}

std::optional<Outcome::Fate> CommandSender::submit(Draft draft, const SealedFields& sealed) {
  std::string& payload = draft.command.payload;
  const Json root = draft.body.root();
  if (sealed.empty()) {
    append_json(payload, root);
  } else {
    payload += '{';
    for (const auto& [key, value] : root.members()) {
      if (payload.size() > 1) payload += ',';
      append_json_string(payload, key);
      payload += ':';
      const auto found = std::ranges::find(sealed, key, &Sealed::name);
      if (found == sealed.end()) {
        append_json(payload, value);
      } else {
        append_json_string(payload, found->text);
      }
    }
    payload += '}';
  }
  switch (backend_.submitter.submit(
      std::move(draft.command), draft.until, {io_, std::move(draft.on_outcome)})) {
    case Submitter::Taken::yes:
      return std::nullopt;
    case Submitter::Taken::overloaded:
      return Outcome::Fate::overloaded;
    case Submitter::Taken::unavailable:
      return Outcome::Fate::not_appended;
  }
  return std::nullopt;
}

}  // namespace wf::gateway
