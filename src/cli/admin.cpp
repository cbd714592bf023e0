// `wayfold admin`: accounts of the staff, tokens, suspension, and the keys of personal data.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>

#include "base/json.h"
#include "base/json_write.h"
#include "base/password.h"
#include "cli/commands.h"
#include "cli/compact_keys.h"
#include "cli/config.h"
#include "cli/decide.h"
#include "cli/password_prompt.h"
#include "cli/remote_log.h"
#include "cli/resume_slot.h"
#include "cli/tool_log.h"
#include "gateway/identifier.h"
#include "gateway/key_ring.h"
#include "gateway/secrets.h"
#include "gateway/token.h"

namespace wf::cli {
namespace {

constexpr Duration patience = Duration::seconds(30);
// Tokens of a role without an account of their own share this one.
constexpr Uuid role_space{{0x77,
                           0x61,
                           0x79,
                           0x66,
                           0x6f,
                           0x6c,
                           0x64,
                           0x2d,  // wayfold-staff
                           0x73,
                           0x74,
                           0x61,
                           0x66,
                           0x66,
                           0x00,
                           0x00,
                           0x01}};

struct AdminOptions {
  std::string secrets;
  std::string email;
  std::string name = "Staff";
  std::string role;
  std::string account;
  std::string reason;
  std::int64_t hours = 24;
  std::string slot;
  std::int64_t next = 0;
};

// What most of them need: the configuration, the secrets and the log.
struct Office {
  ProcessConfig process;
  gateway::Secrets secrets;
  std::unique_ptr<Log> log;
};

std::string secrets_path(const ProcessConfig& process, const AdminOptions& options) {
  return options.secrets.empty() ? cli::secrets_path(process) : options.secrets;
}

Result<gateway::Secrets> load(const ProcessConfig& process, const AdminOptions& options) {
  auto bytes = gateway::load_secrets(secrets_path(process, options));
  if (!bytes) return tl::unexpected(bytes.error());
  return gateway::Secrets(std::move(*bytes));
}

Result<Office> open_office(const Setup& setup, const AdminOptions& options) {
  auto process = load_process(setup.config, setup.var);
  if (!process) return tl::unexpected(process.error());
  auto secrets = load(*process, options);
  if (!secrets) return tl::unexpected(secrets.error());
  auto log = open_tool_log(*process);
  if (!log) return tl::unexpected(log.error());
  return Office{std::move(*process), std::move(*secrets), std::move(*log)};
}

Result<std::uint32_t> role_bit(const std::string& name) {
  const auto& roles = catalogue().roles;
  const auto found = std::find(roles.begin(), roles.end(), name);
  if (found == roles.end() || name == "guest" || name == "system") {
    return fail(Code::invalid, "no role '" + name + "'");
  }
  return 1U << (found - roles.begin());
}

std::string refusal(const ToolOutcome& outcome) {
  const auto document = parse_json(outcome.payload);
  if (document && document->root().is_object()) {
    const auto reason = document->root().find("reason");
    if (reason && reason->is_string()) return "refused: " + std::string(reason->as_string());
  }
  return "refused";
}

// What became of it; Code::forbidden if that is a refusal.
Result<ToolOutcome> accepted(Log& log, const ToolCommand& command) {
  auto outcome = decide(log, command, patience);
  if (outcome && !outcome->accepted()) return fail(Code::forbidden, refusal(*outcome));
  return outcome;
}

// Sends it, and prints `json` or `text` once it is accepted.
Exit send(Setup& setup,
          Log& log,
          const ToolCommand& command,
          const std::string& json,
          const std::string& text) {
  const auto outcome = accepted(log, command);
  if (!outcome) return setup.fail(outcome.error());
  setup.out.line(setup.json ? json : text);
  return Exit::ok;
}

// Every wrong place of a body.
Result<void> check(const CommandType& type, const std::string& body) {
  const auto document = parse_json(body);
  if (!document) return tl::unexpected(document.error());
  std::vector<Fault> faults;
  type.validate(document->root(), faults);
  if (faults.empty()) return {};
  return fail(Code::invalid, faults[0].pointer.substr(1) + ": " + faults[0].detail);
}

std::string register_body(const Uuid& account,
                          std::string_view identifier,
                          std::string_view password,
                          const AdminOptions& options,
                          std::string_view name) {
  std::string body = fmt::format(R"({{"account":"{}","identifier":)", account.text());
  append_json_string(body, identifier);
  append_json_string(body += R"(,"password":)", password);
  append_json_string(body += R"(,"roles":[)", options.role);
  append_json_string(body += R"(],"name":)", name);
  return body += '}';
}

// The roles of a login, which never change: "host, renter".
std::string roles_of(std::string_view registered) {
  std::string roles;
  const auto document = parse_json(registered);
  const auto list = document ? document->root().find("roles") : std::nullopt;
  if (!list) return roles;
  for (const Json role : list->elements()) {
    if (!roles.empty()) roles += ", ";
    roles += role.as_string();
  }
  return roles;
}

// Says whether it was made. One that exists is changed in nothing, so another role is no success.
Exit register_account(
    Setup& setup, Log& log, ToolCommand command, const Uuid& account, const std::string& role) {
  std::string roles;
  command.before = [&roles](const Record& event) {
    if (event.type == "login.Registered") roles = roles_of(event.payload);
  };
  const auto outcome = accepted(log, command);
  if (!outcome) return setup.fail(outcome.error());
  const bool made = outcome->kind == Kind::event;
  if (!made && roles != role) {
    return setup.fail({Code::forbidden,
                       fmt::format("account {} exists already, with role {}: its password and "
                                   "roles stand",
                                   account.text(),
                                   roles)});
  }
  if (setup.json) {
    setup.out.line(
        fmt::format(R"({{"account":"{}","role":"{}","made":{}}})", account.text(), role, made));
  } else if (made) {
    setup.out.line(fmt::format("account {} with role {}", account.text(), role));
  } else {
    setup.out.line(
        fmt::format("account {} exists already: its password and roles stand", account.text()));
  }
  return Exit::ok;
}

Exit make_account(Setup& setup, const AdminOptions& options) {
  if (const auto bit = role_bit(options.role); !bit) return setup.fail(bit.error());
  const auto identifier = gateway::normal_identifier(options.email);
  if (!identifier) return setup.usage("'" + options.email + "' is no address or phone number");
  auto office = open_office(setup, options);
  if (!office) return setup.fail(office.error());
  const auto password = ask_password(setup.in);
  if (!password) return setup.fail(password.error());
  const Uuid stream = Uuid::v8(office->secrets.pepper.mac(*identifier).view());
  const Uuid account = Uuid::v5(stream, "account");
  const CommandType& type = *catalogue().command("login.Register");
  std::string plain =
      register_body(account, *identifier, password->reveal(), options, options.name);
  const auto valid = check(type, plain);
  wipe(plain);
  if (!valid) return setup.fail(valid.error());
  const auto hash = hash_password(*password, {});
  if (!hash) return setup.fail(hash.error());
  gateway::KeyRing keys(*office->log, office->secrets);
  if (auto ok = keys.start(); !ok) return setup.fail(ok.error());
  if (auto ok = keys.ensure_key(account); !ok) return setup.fail(ok.error());
  const auto sealed = keys.seal(account, *identifier);
  const auto name = keys.seal(account, options.name);
  keys.stop();
  if (!sealed) return setup.fail(sealed.error());
  if (!name) return setup.fail(name.error());
  return register_account(setup,
                          *office->log,
                          {&type, stream, register_body(account, *sealed, *hash, options, *name)},
                          account,
                          options.role);
}

Exit make_token(Setup& setup, const AdminOptions& options) {
  const auto process = load_process(setup.config, setup.var);
  if (!process) return setup.fail(process.error());
  const auto bit = role_bit(options.role);
  if (!bit) return setup.fail(bit.error());
  auto account = std::optional(Uuid::v5(role_space, options.role));
  if (!options.account.empty()) account = Uuid::parse(options.account);
  if (!account || account->nil()) return setup.usage("--account is an account's id");
  const auto secrets = load(*process, options);
  if (!secrets) return setup.fail(secrets.error());
  const Instant now = wall_clock();
  const Instant end = now + Duration::hours(options.hours);
  const gateway::Tokens tokens(*secrets, catalogue().roles, "wayfold");
  const std::string token = tokens.sign({{AccountId{*account}, *bit, Uuid{}}, now, end});
  setup.out.line(
      setup.json ? fmt::format(R"({{"token":"{}","account":"{}","role":"{}","expires_at":"{}"}})",
                               token,
                               account->text(),
                               options.role,
                               end.text())
                 : token);
  return Exit::ok;
}

Exit change_account(Setup& setup, const AdminOptions& options, std::string_view command) {
  const auto account = Uuid::parse(options.account);
  if (!account) return setup.usage("an account's id is a UUID");
  const auto process = load_process(setup.config, setup.var);
  if (!process) return setup.fail(process.error());
  const auto log = open_tool_log(*process);
  if (!log) return setup.fail(log.error());
  std::string payload = "{";
  if (!options.reason.empty()) append_json_string(payload += R"("reason":)", options.reason);
  payload += '}';
  const CommandType& type = *catalogue().command(command);
  if (auto ok = check(type, payload); !ok) return setup.fail(ok.error());
  return send(setup,
              **log,
              {&type, *account, payload},
              fmt::format(R"({{"account":"{}","done":"{}"}})", account->text(), command),
              fmt::format("{} {}", command, account->text()));
}

Exit forget(Setup& setup, const AdminOptions& options) {
  const auto subject = Uuid::parse(options.account);
  if (!subject) return setup.usage("a subject's id is a UUID");
  const auto office = open_office(setup, options);
  if (!office) return setup.fail(office.error());
  gateway::KeyRing keys(*office->log, office->secrets);
  if (auto ok = keys.start(); !ok) return setup.fail(ok.error());
  // A slip of the pen must not look like a person forgotten.
  if (!keys.knows(*subject) && !keys.is_forgotten(*subject)) {
    return setup.fail({Code::not_found, "nothing is sealed for " + subject->text() + " here"});
  }
  if (auto ok = keys.forget(*subject); !ok) return setup.fail(ok.error());
  setup.out.line(setup.json ? fmt::format(R"({{"forgotten":"{}"}})", subject->text())
                            : fmt::format("forgotten: {}; {}",
                                          subject->text(),
                                          when_keys_go(office->process.log.kind)));
  return Exit::ok;
}

Exit rotate(Setup& setup, const AdminOptions& options) {
  const auto office = open_office(setup, options);  // before the file changes: the log answers
  if (!office) return setup.fail(office.error());
  {  // what cannot be unwrapped would stay under a master key that somebody else may have
    gateway::KeyRing keys(*office->log, office->secrets);
    if (auto ok = keys.open(); !ok) return setup.fail(ok.error());
    if (auto ok = keys.check_masters(); !ok) return setup.fail(ok.error());
  }
  const std::string path = secrets_path(office->process, options);
  if (auto ok = gateway::add_master_key(path); !ok) return setup.fail(ok.error());
  const auto secrets = load(office->process, options);
  if (!secrets) return setup.fail(secrets.error());
  gateway::KeyRing keys(*office->log, *secrets);
  if (auto ok = keys.start(); !ok) return setup.fail(ok.error());
  const auto count = keys.rewrap();
  if (!count) return setup.fail(count.error());
  setup.out.line(fmt::format(fmt::runtime(setup.json ? R"({{"rewrapped":{}}})"
                                                     : "{} keys wrapped with the new master key"),
                             *count));
  return Exit::ok;
}

Exit resume(Setup& setup, const AdminOptions& options) {
  const std::size_t slash = options.slot.find('/');
  std::uint32_t partition = 0;
  const char* const end = options.slot.data() + options.slot.size();
  const bool number = slash != std::string::npos &&
                      std::from_chars(options.slot.data() + slash + 1, end, partition).ptr == end;
  if (!number || slash + 1 == options.slot.size()) {
    return setup.usage("a slot is FAMILY/PARTITION, as bookings/3");
  }
  std::string family = options.slot.substr(0, slash);
  for (const std::string_view kind : {"commands.", "events."}) {  // as alarms have it
    if (family.starts_with(kind)) family.erase(0, kind.size());
  }
  const auto process = load_process(setup.config, setup.var);
  if (!process) return setup.fail(process.error());
  const auto log = open_tool_log(*process);
  if (!log) return setup.fail(log.error());
  const auto done = resume_slot(
      **log, {"events." + family, partition}, options.next, options.reason, wall_clock());
  if (!done) return setup.fail(done.error());
  setup.out.line(fmt::format(
      fmt::runtime(setup.json ? R"({{"epoch":{},"after":{},"next":{}}})"
                              : "epoch {}: command {} was answered last, {} is decided next"),
      done->epoch,
      done->after < 0 && !setup.json ? "none" : std::to_string(done->after),
      options.next));
  return Exit::ok;
}

Exit compact(Setup& setup) {
  const auto process = load_process(setup.config, setup.var);
  if (!process) return setup.fail(process.error());
  if (process->log.kind == LogKind::kafka) {
    return setup.usage("the brokers compact the keys topic by themselves: see `wayfold topics`");
  }
  Result<std::uint64_t> dropped = ask_compact(control_path(*process));
  if (!dropped && dropped.error().code == Code::not_found) {
    const auto log = open_tool_log(*process);
    if (!log) return setup.fail(log.error());
    dropped = compact_keys(**log);
  }
  if (!dropped) return setup.fail(dropped.error());
  setup.out.line(fmt::format(
      fmt::runtime(setup.json ? R"({{"dropped":{}}})" : "{} keys are gone from the disk"),
      *dropped));
  return Exit::ok;
}

}  // namespace

Action declare_admin(const Arguments& takes, Setup& setup) {
  auto options = std::make_shared<AdminOptions>();
  takes.option("--secrets", options->secrets, "file of keys (default: as configured)");

  const Arguments account = takes.subcommand(
      "account", "make an account; the password comes from a prompt or standard input");
  account.option("--email", options->email, "e-mail address or phone number").required();
  account.option("--role", options->role, "admin, operator, importer…").required();
  account.option("--name", options->name, "as others see it").shows_default();

  const Arguments token = takes.subcommand("token", "sign an access token");
  token.option("--role", options->role, "the token's role").required();
  token.option("--account", options->account, "whose it is (default: one per role)");
  token.option("--hours", options->hours, "how long it is good")
      .within(1, 24 * 366)
      .shows_default();

  const Arguments suspend = takes.subcommand("suspend", "stop an account and end its sessions");
  suspend.option("ACCOUNT", options->account, "its id").required();
  suspend.option("--reason", options->reason, "kept with it");
  const Arguments reinstate = takes.subcommand("reinstate", "let a suspended account act again");
  reinstate.option("ACCOUNT", options->account, "its id").required();

  const Arguments forgetting =
      takes.subcommand("forget", "drop a person's keys: their data is unreadable for ever");
  forgetting.option("SUBJECT", options->account, "the account's id").required();
  const Arguments compaction =
      takes.subcommand("compact-keys", "take forgotten and re-wrapped keys off the disk now");
  const Arguments rotation =
      takes.subcommand("rotate-key", "make a new master key and wrap every person's keys with it");

  const Arguments resumption = takes.subcommand(
      "resume", "say where a decider goes on whose commands log lost what was answered");
  resumption.option("SLOT", options->slot, "FAMILY/PARTITION, as bookings/3").required();
  resumption.option("--next", options->next, "the command offset to go on with")
      .required()
      .within(0, std::numeric_limits<std::int64_t>::max());
  resumption.option("--reason", options->reason, "kept on the log").required();

  return [=, &setup] {
    if (resumption.given()) return resume(setup, *options);
    if (compaction.given()) return compact(setup);
    if (account.given()) return make_account(setup, *options);
    if (token.given()) return make_token(setup, *options);
    if (suspend.given()) return change_account(setup, *options, "account.Suspend");
    if (reinstate.given()) return change_account(setup, *options, "account.Reinstate");
    if (forgetting.given()) return forget(setup, *options);
    return rotation.given() ? rotate(setup, *options) : setup.usage("say what to do");
  };
}

}  // namespace wf::cli
