"""Answers are what /openapi.json says they are."""

import re
from urllib.parse import urljoin

import jsonschema
import pytest
from openapi_spec_validator import validate

from client import charger, refused, slot
from process import wait_until


@pytest.fixture(scope="module")
def document(wayfold):
    return wayfold.guest().get("/openapi.json").json()


def test_the_document_is_valid(document):
    validate(document)
    assert document["openapi"].startswith("3.1")


def operation(document, method: str, path: str) -> dict:
    """By the templated path that matches, the one with the fewest parameters."""
    path = path.split("?")[0]
    found = [template for template, item in document["paths"].items() if method.lower() in item
             and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path)]
    assert found, f"{method} {path} is not documented"
    return document["paths"][min(found, key=lambda one: one.count("{"))][method.lower()]


def check(document, method: str, path: str, answer) -> None:
    responses = operation(document, method, path)["responses"]
    status = str(answer.status_code)
    assert status in responses or "default" in responses, f"{method} {path}: {status} undocumented"
    response = responses.get(status) or responses["default"]
    if "$ref" in response:
        response = document["components"]["responses"][response["$ref"].rsplit("/", 1)[1]]
    content = response.get("content", {})
    kind = answer.headers.get("content-type", "").split(";")[0]
    if not answer.content:
        return
    assert kind in content, f"{method} {path} {status}: {kind} undocumented"
    schema = {"components": document["components"], **content[kind].get("schema", {})}
    jsonschema.Draft202012Validator(schema).validate(answer.json())


def test_answers_are_as_documented(document, wayfold, host, renter, charger_id):
    guest = wayfold.guest()
    booking = renter.book(charger_id)
    day = slot(charger_id)["start"][:10]
    nobody = "00000000-0000-4000-8000-000000000000"
    asked = [
        (guest, "GET", "/chargers", None), (guest, "GET", f"/chargers/{charger_id}", None),
        (guest, "GET", f"/chargers/{nobody}", None), (guest, "GET", "/bookings", None),
        (guest, "GET", f"/chargers/{charger_id}/slots?date=2026-12-01", None),
        (guest, "GET", "/chargers?limit=x", None),
        (guest, "GET", f"/ws/chargers/{charger_id}", None),
        (host, "GET", "/commands/x", None),
        (host, "GET", f"/daily-bookings/{host.account}/{day}", None),
        (host, "GET", f"/daily-bookings/{nobody}/{day}", None), (guest, "POST", "/auth/login", {}),
        (guest, "POST", "/auth/register", {"identifier": "x"}),
        (guest, "POST", "/auth/refresh", {"refresh_token": "x"}),
        (guest, "GET", "/.well-known/jwks.json", None), (guest, "GET", "/readyz", None),
        (guest, "GET", "/healthz", None),
        (host, "POST", "/chargers", charger()), (host, "POST", "/chargers", {}),
        (host, "POST", f"/chargers/{charger_id}/pause", {}),
        (host, "POST", f"/chargers/{charger_id}/resume", {}),
        (host, "GET", "/daily-bookings", None), (host, "GET", "/inbox", None),
        (host, "GET", f"/inbox-counts/{host.account}", None),
        (host, "GET", f"/accounts/{host.account}", None),
        (renter, "POST", "/bookings", slot(charger_id, 5)),
        (renter, "POST", "/bookings", slot(charger_id)),
        (renter, "POST", "/bookings", {}), (renter, "POST", "/chargers", charger()),
        (renter, "GET", "/bookings", None), (renter, "GET", f"/bookings/{booking}", None),
        (renter, "POST", f"/bookings/{booking}/complete", {}),
        (renter, "POST", f"/bookings/{booking}/cancel", {}),
        (renter, "POST", f"/bookings/{nobody}/cancel", {}),
    ]
    for client, method, path, body in asked:
        answer = client.request(method, path, body)
        assert answer.status_code < 500, f"{method} {path}: {answer.text}"
        check(document, method, path, answer)


def test_of_a_forgotten_person_null_is_documented(document, wayfold):
    person, operator = wayfold.guest().register("renter"), wayfold.staff()
    path = f"/accounts/{person.account}"
    operator.position = person.position
    assert operator.get(path).json()["name"] == "Asha"
    wayfold.cli("admin", "forget", person.account)
    wait_until(lambda: operator.get(path).json()["name"] is None, 30, "the name gone")
    check(document, "GET", path, operator.get(path))
    page = operator.get("/accounts")
    assert None in [row["name"] for row in page.json()["items"]]
    check(document, "GET", "/accounts", page)


def test_a_command_nobody_sent_is_told_from_one_not_decided_yet(document, wayfold):
    path = "/commands/00000000-0000-4000-8000-000000000000"
    guest = wayfold.guest()

    def decided():  # 503 not_yet while others' commands are under way
        answer = guest.get(path)
        check(document, "GET", path, answer)
        return answer if answer.status_code != 503 else None

    refused(wait_until(decided, 30, "404"), 404, "unknown_command")


def test_every_route_stands_under_api_too(wayfold, charger_id):
    guest = wayfold.guest()
    plain, prefixed = (guest.get(f"{base}/chargers/{charger_id}") for base in ("", "/api"))
    assert plain.json() == prefixed.json()


def test_where_answers_lead_is_below_where_they_were_asked(wayfold, host):
    for prefix in ("", "/api"):
        made = [host.post(f"{prefix}/chargers", charger()).headers["location"] for _ in range(3)]
        for location in made:
            assert location.startswith(f"{prefix}/chargers/")
            assert host.get(location).status_code == 200
        pages = host.pages(f"{prefix}/chargers", limit=1, host=host.account)
        assert {one.rsplit("/", 1)[1] for one in made} <= {row["id"] for row in pages}
        page = host.get(f"{prefix}/chargers", params={"limit": 1})
        assert page.links["next"]["url"].startswith(f"{prefix}/chargers?")


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_the_page_for_people(wayfold, prefix):
    page = wayfold.guest().get(f"{prefix}/docs")
    assert page.status_code == 200 and "swagger" in page.text.lower()
    assert not re.search(r'(?:src|href)="(?:https?:)?//', page.text)
    parts = [urljoin(str(page.url), one)
             for one in re.findall(r'(?:src|href)="([^"]+)"', page.text)]
    assert len(parts) == 3 and all(f"{prefix}/docs/" in part for part in parts)
    for part in parts:
        assert wayfold.guest().get(part).status_code == 200, part
    assert wayfold.guest().get(f"{prefix}/openapi.json").status_code == 200
