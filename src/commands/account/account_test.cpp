// Accounts and their sessions.
#include "gen/account.h"
#include "base/spec.h"
#include "gen/account_json.h"
#include "gen/platform.h"

namespace wf::account {
namespace {

constexpr AccountId asha{Uuid{{0xa5}}};
constexpr AccountId otto{Uuid{{0x07}}};
constexpr LoginId login_id{Uuid{{0x10}}};
constexpr SessionId phone{Uuid{{1}}};
constexpr SessionId laptop{Uuid{{2}}};
const PlatformConfig platform{.name = "Test", .open_roles = {}};

Instant after(std::int64_t seconds) { return spec_now + Duration::seconds(seconds); }
Instant end_of_session() { return spec_now + Duration::hours(720); }

Open open() { return {asha, login_id, {"k.id"}, {Role::host}, {"k.name"}}; }
Opened opened() { return {asha, login_id, {"k.id"}, {Role::host}, {"k.name"}}; }
OpenSession open_session(SessionId id = phone) {
  return {asha, id, Personal<std::string>{"k.app"}};
}
SessionOpened session_opened(SessionId id = phone) {
  return {id, asha, Personal<std::string>{"k.app"}, spec_now, end_of_session()};
}
Suspended suspended(std::optional<std::string> reason = {}) { return {login_id, otto, reason}; }
Reinstated reinstated() { return {login_id, otto}; }

Spec given(const std::vector<SpecEvent>& past) {
  return Specs(aggregate(), platform)(past).by(otto).as(Role::operator_);
}

}  // namespace

BOOST_AUTO_TEST_SUITE(account_tests)

BOOST_AUTO_TEST_CASE(an_account_opens_once_AU1) {
  given({}).when(open()).then(opened());
  given({opened()}).when(open()).then_nothing();
}

BOOST_AUTO_TEST_CASE(a_session_opens_even_before_the_account_AU2) {
  given({opened()}).when(open_session()).then(session_opened());
  given({}).when(open_session()).then(session_opened());
  given({session_opened()}).when(open_session()).then_nothing();
  given({session_opened()}).when(open()).then(opened());
}

BOOST_AUTO_TEST_CASE(one_session_too_many_ends_the_oldest_AU3) {
  PlatformConfig small = platform;
  small.sessions_max = 1;
  SessionOpened second = session_opened(laptop);
  second.opened_at = after(5);
  second.expires_at = after(5) + Duration::hours(720);
  Specs(aggregate(), small)({opened(), session_opened()})
      .when(open_session(laptop))
      .at(after(5))
      .then({SessionRevoked{phone, RevokedWhy::too_many}, second});
}

BOOST_AUTO_TEST_CASE(refreshing_rotates_the_token_AU2) {
  given({session_opened()})
      .when(RefreshSession{phone, 0})
      .at(after(60))
      .then(SessionRefreshed{phone, 1, after(60)});
  given({session_opened(), SessionRefreshed{phone, 1, after(60)}})
      .when(RefreshSession{phone, 1})
      .at(after(70))
      .then(SessionRefreshed{phone, 2, after(70)});
}

BOOST_AUTO_TEST_CASE(a_lost_answer_may_be_asked_for_again_within_the_grace_AU2) {
  const SessionRefreshed once{phone, 1, after(60)};
  const SessionRefreshed again{phone, 1, after(90)};
  given({session_opened(), once}).when(RefreshSession{phone, 0}).at(after(90)).then(again);
  given({session_opened(), once, again})
      .when(RefreshSession{phone, 0})
      .at(after(120))
      .then(SessionRefreshed{phone, 1, after(120)});
  std::vector<SpecEvent> long_since{session_opened(), once};  // who has it cannot hide for ever
  for (int at = 90; at <= 660; at += 30)
    long_since.push_back(SessionRefreshed{phone, 1, after(at)});
  given(long_since)
      .when(RefreshSession{phone, 0})
      .at(after(660))
      .then(SessionRefreshed{phone, 1, after(660)});
  given(long_since)
      .when(RefreshSession{phone, 0})
      .at(after(661))
      .then(SessionRevoked{phone, RevokedWhy::reuse});
  given({session_opened(), once})
      .when(RefreshSession{phone, 0})
      .at(after(90) + Duration::millis(1))
      .then(SessionRevoked{phone, RevokedWhy::reuse});
}

BOOST_AUTO_TEST_CASE(a_token_used_twice_ends_its_session_AU3) {
  const SessionRefreshed twice{phone, 2, after(60)};
  given({session_opened(), twice})
      .when(RefreshSession{phone, 0})
      .at(after(61))
      .then(SessionRevoked{phone, RevokedWhy::reuse});
  given({session_opened(), twice})
      .when(RefreshSession{phone, 3})
      .at(after(61))
      .then(SessionRevoked{phone, RevokedWhy::reuse});
}

BOOST_AUTO_TEST_CASE(what_ended_cannot_be_refreshed_AU3) {
  given({opened()}).when(RefreshSession{phone, 0}).then(Reason::not_found);
  const SessionRevoked revoked{phone, RevokedWhy::reuse};
  given({session_opened(), revoked}).when(RefreshSession{phone, 0}).then(Reason::not_found);
  given({session_opened(), SessionClosed{phone}})
      .when(RefreshSession{phone, 0})
      .then(Reason::not_found);
  given({session_opened(), SessionExpired{phone}})
      .when(RefreshSession{phone, 0})
      .then(Reason::not_found);
}

BOOST_AUTO_TEST_CASE(logging_out_closes_one_session_AU2) {
  given({session_opened(), session_opened(laptop)})
      .when(CloseSession{phone})
      .then(SessionClosed{phone});
  given({session_opened(), SessionClosed{phone}}).when(CloseSession{phone}).then_nothing();
}

BOOST_AUTO_TEST_CASE(a_session_expires_however_often_it_is_refreshed_AU2) {
  given({session_opened(), SessionRefreshed{phone, 1, after(60)}})
      .deadline(end_of_session(), ExpireSession{phone});
  given({session_opened()})
      .when(ExpireSession{phone})
      .at(end_of_session())
      .then(SessionExpired{phone});
  given({session_opened(), SessionClosed{phone}}).when(ExpireSession{phone}).then_nothing();
  given({session_opened(), SessionClosed{phone}}).no_deadline();
}

BOOST_AUTO_TEST_CASE(a_new_password_ends_every_session_AU6) {
  given({opened(), session_opened(), session_opened(laptop)})
      .when(RevokeSessions{})
      .then({SessionRevoked{phone, RevokedWhy::password},
             SessionRevoked{laptop, RevokedWhy::password}});
  given({}).when(RevokeSessions{}).then_nothing();
}

BOOST_AUTO_TEST_CASE(suspending_ends_every_session_AU3) {
  given({opened(), session_opened()})
      .when(Suspend{"fraud"})
      .then({SessionRevoked{phone, RevokedWhy::suspended}, suspended("fraud")});
  given({opened(), suspended()}).when(Suspend{}).then_nothing();
  given({}).when(Suspend{}).then(Reason::not_found);
}

BOOST_AUTO_TEST_CASE(a_suspended_account_does_not_act_AU3) {
  given({opened(), suspended()}).when(open_session()).then(Reason::suspended);
  given({opened(), suspended()}).when(RefreshSession{phone, 0}).then(Reason::suspended);
  given({opened(), suspended()}).when(open()).then_nothing();
}

BOOST_AUTO_TEST_CASE(a_reinstated_one_does_AU3) {
  given({opened(), suspended()}).when(Reinstate{}).then(reinstated());
  given({opened(), suspended(), reinstated()}).when(open_session()).then(session_opened());
  given({opened()}).when(Reinstate{}).then_nothing();
  given({}).when(Reinstate{}).then(Reason::not_found);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace wf::account
