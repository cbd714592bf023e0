"""Accounts, logins and what a refresh token is worth."""

import json
import subprocess
import uuid
from contextlib import suppress
from pathlib import Path

from client import PASSWORD, Client, refused
from deployment import BINARY
from process import wait_until


def fresh(wayfold) -> Client:
    return wayfold.guest().register("renter")


def refresh(client: Client, token: str):
    """Its answer, once the account's row is there."""
    def ask():
        answer = client.http.post("/auth/refresh", json={"refresh_token": token})
        return None if answer.status_code == 503 else answer

    return wait_until(ask, 30, "the account's row")


def test_a_login_works_and_a_wrong_password_does_not_AU2(wayfold):
    person = fresh(wayfold)
    assert person.get("/bookings").status_code == 200
    for identifier, password in ((person.identifier, "wrong password"),
                                 ("nobody@example.org", PASSWORD)):
        answer = wayfold.guest().post("/auth/login",
                                      {"identifier": identifier, "password": password})
        refused(answer, 401, "invalid_credentials")


def test_an_identifier_registers_once_AU1(wayfold):
    person = fresh(wayfold)
    for spelled in (person.identifier, person.identifier.upper(), f" {person.identifier} "):
        answer = wayfold.guest().post("/auth/register", {
            "identifier": spelled, "password": PASSWORD, "roles": ["renter"], "name": "Eve"})
        refused(answer, 409, "taken")


def test_a_retried_registration_shows_no_tokens_AU1(wayfold):
    key = str(uuid.uuid4())
    body = {"identifier": f"{key}@example.org", "password": PASSWORD, "roles": ["renter"],
            "name": "Asha"}
    first, again = (wayfold.guest().post("/auth/register", body, key) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 201), again.text
    assert "token" not in first.text and "token" not in again.text


def test_a_refresh_token_is_changed_for_a_new_pair_AU2(wayfold):
    person = fresh(wayfold)
    answer = refresh(person, person.refresh_token)
    assert answer.status_code == 200, answer.text
    pair = answer.json()
    assert pair["refresh_token"] != person.refresh_token
    assert Client(wayfold.url, pair["access_token"]).get("/bookings").status_code == 200
    assert refresh(person, pair["refresh_token"]).status_code == 200


def test_the_last_one_again_is_a_lost_answer(wayfold):
    person = fresh(wayfold)
    first, again = (refresh(person, person.refresh_token) for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["refresh_token"] == again.json()["refresh_token"]


def test_an_older_one_ends_the_session_AU3(wayfold):
    person = fresh(wayfold)
    second = refresh(person, person.refresh_token).json()
    third = refresh(person, second["refresh_token"]).json()
    assert refresh(person, person.refresh_token).status_code == 401
    for token in (second["refresh_token"], third["refresh_token"]):
        assert refresh(person, token).status_code == 401
    after = Client(wayfold.url, third["access_token"]).get("/bookings")
    assert after.status_code == 401, "the session is revoked, its tokens too"


def test_a_refresh_token_that_is_none(wayfold):
    person = fresh(wayfold)
    for token in ("", "x", person.refresh_token[:-1], person.refresh_token + "A", person.token):
        assert refresh(person, token).status_code in (400, 401, 422)
    assert refresh(person, person.refresh_token).status_code == 200


def test_logging_out_ends_it_AU3(wayfold):
    person = fresh(wayfold)
    assert person.post("/auth/logout").status_code in (200, 204)
    assert person.get("/bookings").status_code == 401
    assert refresh(person, person.refresh_token).status_code == 401


def contents(folder):
    for path in filter(Path.is_file, folder.rglob("*")):
        with suppress(FileNotFoundError):  # RocksDB removes what it wrote anew
            yield path.read_bytes()


def test_the_log_never_sees_what_is_secret(wayfold):
    person = fresh(wayfold)
    reads = [wayfold.cli("replay", *what).stdout.encode()
             for what in (["--json"], ["--all", "--json"], ["--all", "--commands", "--json"])]
    files = list(contents(wayfold.var / "log"))
    account = person.account.encode()
    assert all(account in read for read in reads) and any(account in file for file in files)
    for secret in (PASSWORD, person.identifier, person.refresh_token, person.token):
        assert not any(secret.encode() in place for place in reads + files)


def test_an_account_of_the_staff_AU8(wayfold):
    done = subprocess.run(
        [BINARY, "admin", "account", "--config", wayfold.config, "--email", "ops@example.org",
         "--role", "operator", "--json"], input=PASSWORD + "\n", text=True, capture_output=True,
        timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["account"]
    operator = wayfold.guest()
    operator.identifier = "ops@example.org"
    assert operator.login().pages("/accounts")
