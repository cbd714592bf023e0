"""Everybody against another's everything, by every route of /openapi.json. A new one joins by
itself: what schemas/ say of readers and roles is what is expected, and a route nobody tried fails.
"""

import re

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from client import hours_ahead
from owned import (COMMANDS, OPEN_ROLES, REFUSED, STAFF, TABLES, Owned, generic, join, key_of,
                   may_read, path_of, routes, table_of)

WAIT_S = 20
OTHERS = [(), *((role,) for role in OPEN_ROLES), tuple(OPEN_ROLES), *((role,) for role in STAFF)]
# Written by hand, of no table and no command: what of A's they are tried on.
PAGES = {"GET /commands/{}": lambda owned: [f"/commands/{one}" for one in owned.outcomes],
         "POST /auth/logout": lambda owned: ["/auth/logout"]}


@pytest.fixture(scope="module")
def owned(wayfold):
    return Owned(wayfold)


@pytest.fixture(scope="module")
def document(owned):
    return owned.document


@pytest.fixture(scope="module", params=OTHERS, ids=lambda roles: "+".join(roles) or "nobody")
def other(wayfold, owned, request):
    client = join(wayfold, *request.param)
    client.position = owned.people[OPEN_ROLES[0]].position
    return client


def kind_of(route: str, operation: dict) -> str:
    method, template = route.split(" ")
    if generic(route) in COMMANDS:
        return "command"
    if generic(route) in PAGES:
        return "page"
    if operation["security"] == [{}]:
        return "open"
    if method == "GET" and table_of(template):
        return "channel" if template.startswith("/ws/") else "read"
    return "unknown"


def of_kind(document, kind: str) -> dict[str, dict]:
    return {route: operation for route, operation in routes(document).items()
            if kind_of(route, operation) == kind}


def said(client, answer) -> str:
    return (f"{'+'.join(client.roles)}: {answer.request.method} {answer.request.url} "
            f"{answer.status_code} {answer.text[:200]}")


def shown(answer, owned) -> list[str]:
    """What of A's people is in an answer."""
    return [text for text in owned.personal if text in answer.text]


def test_every_route_is_tried(document):
    assert not of_kind(document, "unknown")
    documented = {generic(route) for route in routes(document)}
    assert COMMANDS.keys() <= documented
    assert {f"GET {table['x-wf-path']}" for table in TABLES} <= documented
    assert PAGES.keys() <= documented


def test_a_row_is_for_those_the_schema_names_AU8(document, owned, other):
    for route, operation in of_kind(document, "read").items():
        template = route.removeprefix("GET ")
        if "{" not in template:
            continue
        table = table_of(template)
        below = re.sub(r".*\}", "", template)
        query = {one["name"]: hours_ahead(0)[:10] for one in operation["parameters"]
                 if one.get("in") == "query" and one.get("required")}
        for row in owned.rows[table["x-wf-table"]]:
            for headers in ({}, {"if-none-match": "*"}):  # 304 would say that it is there
                answer = other.get(path_of(table, row) + below, params=query, headers=headers)
                if may_read(table, other, row):
                    assert answer.status_code in (200, 304), said(other, answer)
                else:
                    assert answer.status_code in REFUSED, said(other, answer)
                    assert not shown(answer, owned)


def test_a_list_shows_no_more_than_its_rows_AU8(document, owned, other):
    for route, operation in of_kind(document, "read").items():
        template = route.removeprefix("GET ")
        if "{" in template:
            continue
        table = table_of(template)
        hidden = [row for row in owned.rows[table["x-wf-table"]]
                  if not may_read(table, other, row)]
        columns = {one.get("name") for one in operation["parameters"]} & table["properties"].keys()
        for row in hidden:
            for query in ({}, *({name: row[name]} for name in columns & row.keys())):
                answer = other.get(template, params=query)
                assert answer.status_code in (200, 400, *REFUSED), said(other, answer)
                assert not shown(answer, owned), said(other, answer)
                if answer.status_code == 200:
                    seen = [key_of(table, one) for one in answer.json()["items"]]
                    assert key_of(table, row) not in seen, said(other, answer)


def test_a_channel_is_for_those_who_may_read_the_row_AU8(document, owned, other, wayfold):
    for route in of_kind(document, "channel"):
        table = table_of(route.removeprefix("GET "))
        for row in owned.rows[table["x-wf-table"]]:
            url = wayfold.url.replace("http", "ws", 1) + "/ws" + path_of(table, row)
            headers = {"authorization": f"Bearer {other.token}"} if other.token else {}
            try:
                with connect(url, open_timeout=WAIT_S, additional_headers=headers):
                    assert may_read(table, other, row), route
            except InvalidStatus as refused:
                assert not may_read(table, other, row), route
                assert refused.response.status_code in REFUSED


def may_send(command: dict, client) -> bool:
    return bool(set(command["x-wf-roles"]) & set(client.roles))


def disguises(owned, other):
    """Headers that must not get around who somebody is."""
    yield {}
    yield {"if-match": '"1"'}  # 412 would say that it is there
    if "importer" not in other.roles:  # it may: that is what it is for
        for one in owned.people.values():
            yield {"wayfold-as": one.account}


def test_a_command_is_for_those_the_schema_names_AU8(document, owned, other):
    """Things of one's own, such as a booking of another's charger, are made by routes without a
    parameter; operators and admins may touch what is others' where the command says so."""
    before = owned.now()
    for route in of_kind(document, "command"):
        command = COMMANDS[generic(route)]
        own = "{" not in route or not {"operator", "admin"}.isdisjoint(other.roles)
        if own and may_send(command, other):
            continue
        method, path = owned.place(generic(route))
        for headers in disguises(owned, other):
            answer = other.request(method, path, owned.body(generic(route)), headers=headers)
            assert answer.status_code in REFUSED, said(other, answer)
            assert not shown(answer, owned), said(other, answer)
        assert owned.now() == before, f"{route} by {other.roles} changed something"


def test_anothers_idempotency_key_gets_nothing_of_the_answer_AU8(owned, other):
    for (method, path, body, key), outcome in zip(owned.sent, owned.outcomes, strict=True):
        answer = other.request(method, path, body, key)
        assert "idempotent-replayed" not in answer.headers, said(other, answer)
        assert outcome not in answer.text, said(other, answer)
    for one in owned.people.values():  # what it made of its own is there for the tests after this
        one.position = other.position


def test_pages_of_no_table_show_nothing_either_AU8(document, owned, other):
    staff = {"operator", "admin", "importer"} & set(other.roles)
    for route, paths in PAGES.items():
        for path in paths(owned):
            if path == "/auth/logout" and other.token:
                continue  # ends the caller's own session, tried by test_sessions.py
            answer = other.request(route.split(" ")[0], path)
            assert answer.status_code in REFUSED or staff, said(other, answer)
    for route in of_kind(document, "open"):
        answer = other.request(*route.split(" "))
        assert not shown(answer, owned), said(other, answer)


def test_the_control_is_what_the_owner_may(owned, wayfold):
    """Each command that others were refused was a good one; those of the staff come last."""
    for path in PAGES["GET /commands/{}"](owned):
        assert 200 in [one.get(path).status_code for one in owned.people.values()], path
    operator = join(wayfold, "operator")
    for_people = {route for route, one in COMMANDS.items()
                  if not set(one["x-wf-roles"]).isdisjoint(OPEN_ROLES)}
    for route in sorted(COMMANDS, key=lambda one: one not in for_people):
        method, path = owned.place(route)
        people = owned.people.values() if route in for_people else [operator]
        answers = [one.request(method, path, owned.body(route)) for one in people]
        assert any(answer.status_code in (200, 201, 409) for answer in answers), [
            said(operator, answer) for answer in answers]
