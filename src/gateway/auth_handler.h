// Registering, logging in, refreshing and logging out.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "gateway/authenticator.h"
#include "gateway/backend.h"
#include "gateway/call.h"
#include "gateway/command_answer.h"
#include "gateway/command_sender.h"
#include "gateway/refresh_token.h"

namespace wf::gateway {

// One thread. Passwords are hashed and verified on the login pool; an unknown login costs as much
// as a wrong password.
class AuthHandler {
 public:
  AuthHandler(Backend& backend,
              std::size_t io,
              const Authenticator& authenticator,
              CommandSender& sender,
              Later later);

  Answer handle(const Call& call);

 private:
  struct Login;

  Answer register_(const Call& call);
  Answer log_in(const Call& call);
  Answer refresh(const Call& call);
  Answer log_out(const Call& call);

  void verified(std::shared_ptr<Login> login, bool good);
  Draft draft(std::string_view type, std::string_view body, const Uuid& stream, Instant now) const;
  // Sends it; failures are answered, an outcome goes to `done`.
  Answer send(Draft draft, const Exchange& exchange, std::function<Response(const Outcome&)> done);
  Response tokens_response(const RefreshToken& refresh, std::uint32_t roles, Instant now) const;
  std::uint32_t roles_of(std::string_view row_json) const;
  Uuid login_stream(std::string_view identifier) const;
  // Whether another account is known to have the login; none ever gives it up.
  bool is_taken(const Uuid& login, const Uuid& account) const;
  const TableView* table(std::string_view name) const;

  Backend& backend_;
  const std::size_t io_;
  const Services& services_;
  const Authenticator& authenticator_;
  CommandSender& sender_;
  Later later_;
  std::string dummy_hash_;  // of no password
};

}  // namespace wf::gateway
