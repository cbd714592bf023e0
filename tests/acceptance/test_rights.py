"""Roles end where they end; test_ownership.py tries everybody on everything."""

import pytest

from client import charger, code_of, refused, slot


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


def test_the_operator_sees_all(wayfold, renter, charger_id):
    booking = renter.book(charger_id)
    operator = wayfold.staff("operator")
    operator.position = renter.position
    assert operator.get(f"/bookings/{booking}").json()["renter"] == renter.account
