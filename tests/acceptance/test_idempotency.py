"""A command sent twice happens once; another command under its key is refused."""

import uuid
from concurrent.futures import ThreadPoolExecutor

from client import Client, charger, refused, slot


def test_a_retry_is_answered_as_the_first_time_BK1(renter, charger_id):
    key, body = str(uuid.uuid4()), slot(charger_id)
    first = renter.post("/bookings", body, key)
    again = renter.post("/bookings", body, key)
    assert first.status_code == again.status_code == 201
    assert first.json()["id"] == again.json()["id"]
    assert "idempotent-replayed" not in first.headers
    assert again.headers["idempotent-replayed"] == "true"


def test_spelling_does_not_make_another_request(renter, charger_id):
    key, body = str(uuid.uuid4()), slot(charger_id)
    first = renter.post("/bookings", body, key)
    backwards = dict(reversed(body.items()))
    assert renter.post("/bookings", backwards, key).json()["id"] == first.json()["id"]


def test_another_request_under_a_known_key_is_refused(renter, charger_id):
    key = str(uuid.uuid4())
    first = renter.post("/bookings", slot(charger_id, 0), key)
    refused(renter.post("/bookings", slot(charger_id, 1), key), 422, "key_reused")
    rows = renter.pages("/bookings", charger=charger_id)
    assert [row["id"] for row in rows] == [first.json()["id"]]


def test_a_refusal_is_repeated_too(renter, charger_id):
    renter.book(charger_id)
    key, body = str(uuid.uuid4()), slot(charger_id)
    for _ in range(2):
        refused(renter.post("/bookings", body, key), 409, "slot_taken")


def test_keys_of_two_people_are_two_keys(wayfold, renter, charger_id):
    other = wayfold.guest().register("renter")
    key = str(uuid.uuid4())
    one = renter.post("/bookings", slot(charger_id, 0), key)
    two = other.post("/bookings", slot(charger_id, 1), key)
    assert (one.status_code, two.status_code) == (201, 201)
    assert one.json()["id"] != two.json()["id"]


def test_a_create_without_a_key_is_refused(renter, charger_id):
    answer = renter.post("/bookings", slot(charger_id), key=None)
    refused(answer, 400, "missing_idempotency_key")
    assert renter.pages("/bookings", charger=charger_id) == []


def test_retries_in_flight_wait_for_the_first(host):
    key, body = str(uuid.uuid4()), charger(title="once")

    def send(_):
        answer = Client(str(host.http.base_url), host.token).post("/chargers", body, key)
        assert answer.status_code == 201, answer.text
        return answer

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(send, range(20)))
    assert len({answer.json()["id"] for answer in answers}) == 1
    host.position = answers[0].headers["wayfold-position"]
    rows = host.pages("/chargers", host=host.account)
    assert len([row for row in rows if row["title"] == "once"]) == 1
