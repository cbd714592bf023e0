"""What belongs to another is neither shown nor touched, and roles end where they end."""

import pytest

from client import charger, code_of, refused, slot


@pytest.fixture(scope="module")
def stranger(wayfold):
    return wayfold.guest().register("renter", "host", name="Eve")


@pytest.fixture
def booking(renter, stranger, charger_id):
    made = renter.book(charger_id)
    stranger.position = renter.position
    return made


def test_another_ones_booking_is_not_shown_AU8(stranger, booking):
    refused(stranger.get(f"/bookings/{booking}"), 404, "not_found")
    assert booking not in [row["id"] for row in stranger.pages("/bookings")]


def test_filters_do_not_reach_around(renter, stranger, booking, charger_id):
    for query in ({"renter": renter.account}, {"charger": charger_id}, {"id": booking}):
        answer = stranger.get("/bookings", params=query)
        assert answer.status_code in (400, 422) or answer.json()["items"] == [], answer.text


@pytest.mark.parametrize("step", ["approve", "decline", "cancel", "check-in", "complete"])
def test_another_ones_booking_is_not_touched(stranger, renter, booking, step):
    answer = stranger.post(f"/bookings/{booking}/{step}")
    assert answer.status_code in (403, 404), answer.text
    assert renter.get(f"/bookings/{booking}").json()["status"] == "confirmed"


def test_another_ones_charger_is_not_touched(stranger, charger_id):
    for method, path, body in (("PATCH", "", {"title": "mine"}), ("POST", "/pause", {}),
                               ("POST", "/retire", {}),
                               ("PUT", "/schedule", {"time_zone": "Etc/GMT", "schedule": []})):
        answer = stranger.request(method, f"/chargers/{charger_id}{path}", body)
        refused(answer, 403, "not_yours")


def test_a_renter_lists_no_charger(renter):
    refused(renter.post("/chargers", charger()), 403, "forbidden")


def test_nobody_in_particular(wayfold, charger_id, host):
    guest = wayfold.guest()
    guest.position = host.position
    assert guest.get(f"/chargers/{charger_id}").status_code == 200
    for answer in (guest.get("/bookings"), guest.post("/bookings", slot(charger_id))):
        assert answer.status_code == 401, answer.text
        assert code_of(answer) == "unauthenticated"
        assert answer.headers["www-authenticate"].startswith("Bearer")


def test_roles_that_are_not_open_AU1(wayfold):
    for role in ("operator", "admin", "importer", "system", "king"):
        answer = wayfold.guest().post("/auth/register", {
            "identifier": f"{role}@example.org", "password": "long enough", "roles": [role],
            "name": "Eve"})
        assert answer.status_code == 422, answer.text


@pytest.mark.parametrize("header", [{"wayfold-as": "00000000-0000-4000-8000-000000000001"},
                                    {"wayfold-occurred-at": "2020-01-01T00:00:00Z"}])
def test_only_the_importer_acts_for_others(renter, charger_id, header):
    answer = renter.post("/bookings", slot(charger_id), headers=header)
    assert answer.status_code == 403, answer.text


def test_the_operator_sees_all(wayfold, renter, booking):
    operator = wayfold.staff("operator")
    operator.position = renter.position
    assert operator.get(f"/bookings/{booking}").json()["renter"] == renter.account
