"""The tour of the README, step by step, and what a newcomer would try next."""

from datetime import datetime, timedelta, timezone

from client import ALWAYS, DELHI, code_of, hours_ahead, rfc3339, slot
from process import wait_until


def test_from_host_to_booking_BK1(wayfold):
    host = wayfold.guest().register("host", name="Meera")
    charger_id = host.list_charger(price_per_hour={"minor": 12_000, "currency": "INR"})

    renter = wayfold.guest().register("renter", name="Asha")
    made = renter.post("/bookings", slot(charger_id, hours=2))
    assert made.status_code == 201, made.text
    assert made.headers["location"] == f"/bookings/{made.json()['id']}"

    for reader in (renter, host):
        reader.position = made.headers["wayfold-position"]
        row = reader.get(made.headers["location"]).json()
        assert row["charger"] == charger_id
        assert (row["host"], row["renter"]) == (host.account, renter.account)
        assert (row["status"], row["minutes"]) == ("confirmed", 120)
        assert row["amount"] == {"minor": 24_000, "currency": "INR"}
    assert [row["id"] for row in renter.pages("/bookings")] == [made.json()["id"]]


def test_a_charger_is_found_by_place_and_plug_SE1(wayfold, host, charger_id):
    query = {"near": f"{DELHI[0]},{DELHI[1]}", "radius_m": 1000, "connector": "ccs2"}
    guest = wayfold.guest()
    guest.position = host.position
    assert charger_id in [row["id"] for row in guest.pages("/chargers", **query)]
    assert guest.pages("/chargers", **query | {"connector": "chademo"}) == []
    assert guest.pages("/chargers", **query | {"near": "0,0"}) == []


def test_null_takes_away_what_a_charger_need_not_have_AS1(host):
    limits = {"price_per_kwh": {"minor": 1800, "currency": "INR"}, "min_minutes": 30}
    charger_id = host.list_charger(**limits, max_minutes=60)
    edit = {name: None for name in limits} | {"max_minutes": 90}
    assert host.request("PATCH", f"/chargers/{charger_id}", edit).status_code == 200
    row = host.get(f"/chargers/{charger_id}").json()
    assert not row.keys() & limits.keys() and row["max_minutes"] == 90
    refused = host.request("PATCH", f"/chargers/{charger_id}", {"title": None})
    assert (refused.status_code, code_of(refused)) == (422, "invalid")


def test_free_slots_leave_out_what_is_booked_BK3(renter, charger_id):
    booked = slot(charger_id, hour=30, hours=2)
    assert renter.post("/bookings", booked).status_code == 201
    day = booked["start"][:10]
    answer = renter.get(f"/chargers/{charger_id}/slots", params={"date": day})
    assert answer.status_code == 200, answer.text
    free = answer.json()["connectors"][0]["free"]
    assert not [one for one in free
                if one["start"] < booked["end"] and booked["start"] < one["end"]]


def test_who_comes_early_has_the_slot_from_then_on_BK3(renter, charger_id):
    now = datetime.now(timezone.utc)
    start, end = (rfc3339(now + timedelta(minutes=after)) for after in (10, 70))
    booking = renter.post("/bookings", slot(charger_id) | {"start": start, "end": end}).json()["id"]
    assert renter.post(f"/bookings/{booking}/check-in").status_code == 200
    between = slot(charger_id) | {"start": rfc3339(now + timedelta(minutes=2)), "end": start}
    search = {"available_from": between["start"], "available_to": between["end"],
              "near": f"{DELHI[0]},{DELHI[1]}", "radius_m": 1000}
    assert charger_id not in [row["id"] for row in renter.pages("/chargers", **search)]
    assert code_of(renter.post("/bookings", between)) == "slot_taken"


def test_a_renter_cancels_late_BK9(renter, charger_id):
    now = datetime.now(timezone.utc)
    start, end = (rfc3339(now + timedelta(minutes=after)) for after in (-5, 30))
    booking = renter.post("/bookings", slot(charger_id) | {"start": start, "end": end}).json()["id"]
    assert renter.post(f"/bookings/{booking}/cancel").status_code == 200
    row = renter.get(f"/bookings/{booking}").json()
    assert (row["status"], row["cancelled_late"]) == ("cancelled", True)


def test_a_host_approves_or_declines_BK2(host, renter):
    charger_id = host.list_charger(instant=False)
    first, second = (renter.book(charger_id, hour) for hour in (1, 3))
    host.position = renter.position
    assert host.get(f"/bookings/{first}").json()["status"] == "requested"
    assert host.post(f"/bookings/{first}/approve").status_code == 200
    assert host.post(f"/bookings/{second}/decline", {"reason": "away"}).status_code == 200
    assert host.get(f"/bookings/{first}").json()["status"] == "confirmed"
    assert host.get(f"/bookings/{second}").json()["status"] == "declined"


def test_a_booking_is_moved_and_given_back_BK9(host, renter, charger_id):
    host_view = host.get(f"/chargers/{charger_id}").json()
    assert host_view["schedule"] == ALWAYS
    booking = renter.book(charger_id, 5)
    moved = {"start": hours_ahead(8), "end": hours_ahead(9)}
    assert renter.post(f"/bookings/{booking}/change", moved).status_code == 200
    assert renter.post("/bookings", slot(charger_id, 5)).status_code == 201
    taken = renter.post("/bookings", slot(charger_id, 8))
    assert (taken.status_code, code_of(taken)) == (409, "slot_taken")
    assert renter.post(f"/bookings/{booking}/cancel").status_code == 200
    assert renter.post("/bookings", slot(charger_id, 8)).status_code == 201


def test_the_host_is_told_NO1(host, renter, charger_id):
    booking = renter.book(charger_id, 12)

    def entries():
        return [row for row in host.pages("/inbox") if row["booking"] == booking]

    [entry] = wait_until(entries, 30, "the inbox entry of a booking")
    assert (entry["what"], entry["charger"]) == ("reserved", charger_id)
    assert booking not in [row["booking"] for row in renter.pages("/inbox")]  # it has the answer


def test_a_renter_is_told_what_the_host_did_NO1(wayfold, host):
    renter = wayfold.guest().register("renter")
    charger_id = host.list_charger(instant=False)
    first, second = (renter.book(charger_id, hour) for hour in (1, 3))
    host.position = renter.position
    host.post(f"/bookings/{first}/approve")
    host.post(f"/bookings/{second}/decline")
    host.post(f"/bookings/{first}/cancel")

    def told():
        rows = sorted(renter.pages("/inbox"), key=lambda row: row["number"])
        return [(row["booking"], row["what"]) for row in rows if len(rows) == 3]

    assert wait_until(told, 30, "three entries") == [
        (first, "approved"), (second, "declined"), (first, "cancelled")]


def test_a_new_account_has_nothing_to_read_NO1(wayfold):
    renter = wayfold.guest().register("renter")

    def counts():
        answer = renter.get(f"/inbox-counts/{renter.account}")
        return answer.status_code == 200 and answer.json()

    assert wait_until(counts, 30, "the counts of a new account") == {
        "account": renter.account, "delivered": 0, "read": 0, "unread": 0}
