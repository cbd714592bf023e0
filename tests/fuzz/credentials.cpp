// Fuzzes what says who somebody is: claims that our own key signed, tokens nobody signed, refresh
// tokens, e-mail addresses and phone numbers.
#include "base/catalogue.h"
#include "base/check.h"
#include "base/encoding.h"
#include "fuzz/input.h"
#include "gateway/identifier.h"
#include "gateway/refresh_token.h"
#include "gateway/token.h"

namespace wf::fuzz {
namespace {

using gateway::Claims;
using gateway::Tokens;

constexpr Instant now{1'795'251'600'000'000};

const gateway::Secrets& secrets() {
  static const gateway::Secrets made = [] {
    const std::string bytes(32, 'w');
    gateway::SecretBytes all;
    for (Secret* one : {&all.signing, &all.pepper, &all.fingerprint, &all.refresh}) {
      *one = Secret(bytes);
    }
    all.masters.emplace_back(bytes);
    return gateway::Secrets(std::move(all));
  }();
  return made;
}

const Tokens& tokens() {
  static const Tokens made(secrets(), catalogue().roles, "fuzz");
  return made;
}

std::string signed_by_us(std::string_view payload) {
  static const std::string head = [] {
    const std::string token = tokens().sign({});
    return token.substr(0, token.find('.') + 1);
  }();
  std::string token = head + to_base64url(payload);
  const Ed25519Signature signature = secrets().signing.sign(token);
  return token.append(".").append(
      to_base64url({reinterpret_cast<const char*>(signature.data()), signature.size()}));
}

// Claims that are good are signed so that they are good, and the same.
void claims(std::string_view payload) {
  const auto read = tokens().verify(signed_by_us(payload), now);
  if (!read) return;
  WF_CHECK(read->expires_at > now && !read->caller.is_guest());
  const auto again = tokens().verify(tokens().sign(*read), now);
  WF_CHECK(again && again->caller.account == read->caller.account);
  WF_CHECK(again->caller.roles == read->caller.roles);
  WF_CHECK(again->caller.session == read->caller.session);
}

void refresh(std::string_view text) {
  const auto bytes = from_base64url(text);
  WF_CHECK(!gateway::read_refresh_token(secrets().refresh, text));
  if (!bytes || bytes->size() < 36) return;
  const std::string_view content = std::string_view(*bytes).substr(0, 36);
  const std::string ours =
      to_base64url(std::string(content).append(secrets().refresh.mac(content).view()));
  const auto token = gateway::read_refresh_token(secrets().refresh, ours);
  WF_CHECK(token && gateway::write_refresh_token(secrets().refresh, *token) == ours);
}

void identifier(std::string_view text) {
  const auto once = gateway::normal_identifier(text);
  if (once) WF_CHECK(gateway::normal_identifier(*once) == once);
}

}  // namespace
}  // namespace wf::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = wf::fuzz::Input(data, size).rest();
  wf::fuzz::claims(text);
  WF_CHECK(!wf::fuzz::tokens().verify(text, wf::fuzz::now));
  wf::fuzz::refresh(text);
  wf::fuzz::identifier(text);
  return 0;
}
