"""Requests that do not fit are named, one and all, and nothing comes of them."""

import pytest

from client import charger, code_of, hours_ahead, refused, slot

WRONG = {
    "connector is text": ({"connector": "1"}, "/connector"),
    "connector has a fraction": ({"connector": 1.5}, "/connector"),
    "connector is too high": ({"connector": 64}, "/connector"),
    "charger is no id": ({"charger": "mine"}, "/charger"),
    "charger is a list": ({"charger": []}, "/charger"),
    "start is no instant": ({"start": "tomorrow"}, "/start"),
    "start is a day that is not": ({"start": "2026-02-30T10:00:00Z"}, "/start"),
    "start is null": ({"start": None}, "/start"),
    "a field nobody knows": ({"discount": 1}, "/discount"),
    "a field of the event": ({"fee": {"minor": 0, "currency": "INR"}}, "/fee"),
}


@pytest.mark.parametrize(("over", "pointer"), WRONG.values(), ids=WRONG.keys())
def test_a_wrong_field_is_named(renter, charger_id, over, pointer):
    answer = renter.post("/bookings", slot(charger_id) | over)
    problem = refused(answer, 422, "invalid")
    assert pointer in [error["pointer"] for error in problem["errors"]]


def test_every_error_is_listed(renter):
    problem = refused(renter.post("/bookings", {"connector": 0, "extra": True}), 422,
                      "invalid")
    assert ({error["pointer"] for error in problem["errors"]}
            >= {"/connector", "/extra", "/charger", "/start", "/end"})


def test_a_body_that_is_no_object(renter):
    for body in ([], "text", 1, True):
        assert renter.post("/bookings", body).status_code == 422


def test_a_field_given_twice(renter, charger_id):
    body = (f'{{"charger": "{charger_id}", "connector": 1, "connector": 2, '
            f'"start": "{hours_ahead(1)}", "end": "{hours_ahead(2)}"}}')
    answer = renter.request("POST", "/bookings", content=body)
    assert answer.status_code in (400, 422), answer.text
    assert code_of(answer) in ("malformed_json", "invalid")


@pytest.mark.parametrize("bad", [b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80"])
def test_text_that_is_no_utf8(host, bad):
    body = b'{"title": "' + bad + b'"}'
    answer = host.request("POST", "/chargers", content=body)
    refused(answer, 400, "malformed_json")


def test_text_of_any_kind_comes_back_as_it_was(host):
    title = 'ﷺ "\\/\b\f\n\r\t \u0000 ‮ 🚗 ' + "é" * 20
    charger_id = host.list_charger(title=title)
    assert host.get(f"/chargers/{charger_id}").json()["title"] == title


def test_text_that_is_too_long(host):
    refused(host.post("/chargers", charger(title="a" * 121)), 422, "invalid")
    refused(host.post("/chargers", charger(title="")), 422, "invalid")


def test_a_body_that_is_too_big(host):
    refused(host.request("POST", "/chargers", content=b" " * (1 << 20) + b" "), 413,
            "body_too_large")
    assert host.get("/healthz").status_code == 200


def test_headers_that_are_too_big(host):
    for headers in ({"x-big": "a" * 20_000}, {f"x-{n}": "a" for n in range(100)}):
        answer = host.http.get("/chargers", headers=headers)
        assert answer.status_code == 431


def test_a_path_or_method_nobody_knows(renter):
    refused(renter.get("/nothing"), 404, "no_such_route")
    refused(renter.get("/bookings/x/y/z"), 404, "no_such_route")
    refused(renter.get("/api/nothing"), 404, "no_such_route")
    answer = renter.request("PUT", "/bookings", {})
    refused(answer, 405, "method_not_allowed")
    assert {"GET", "POST"} <= set(answer.headers["allow"].replace(" ", "").split(","))


def test_an_id_that_is_none(renter):
    for path in ("/bookings/x", "/chargers/%00", "/chargers/%ff", "/bookings/%zz"):
        assert renter.get(path).status_code in (400, 404, 422), path
    nobody = "00000000-0000-4000-8000-000000000000"
    refused(renter.get(f"/bookings/{nobody}"), 404, "not_found")
    refused(renter.post(f"/bookings/{nobody}/cancel"), 404, "not_found")
    refused(renter.post("/bookings", slot(nobody)), 404, "not_found")


def test_a_question_that_makes_no_sense(renter, charger_id):
    for query in ("near=here", "near=0,0&radius_m=-1", "near=200,0&radius_m=1", "cursor=x",
                  "limit=0", "limit=x", "nothing=1", "available_from=noon"):
        answer = renter.get(f"/chargers?{query}")
        assert answer.status_code in (400, 422), f"{query}: {answer.status_code} {answer.text}"
        assert code_of(answer)
    assert renter.get(f"/chargers/{charger_id}/slots").status_code in (400, 422)
    answer = renter.get(f"/chargers/{charger_id}/slots", params={"date": "2026-13-01"})
    assert answer.status_code in (400, 404, 422)


def test_nothing_was_written(wayfold, renter):
    assert renter.pages("/bookings") == []
    wayfold.verify()
