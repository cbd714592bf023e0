"""Clients that dawdle or break off hold nobody up."""

import httpx
import pytest

from client import code_of
from raw_http import raw, rest

LIMITS = {"header_ms_max": 500, "body_ms_max": 500, "idle_ms_max": 2000, "linger_ms_max": 200,
          "connections_per_ip_max": 60}


@pytest.fixture(scope="module")
def wayfold(deploy):
    return deploy(http={"port": 0, **LIMITS}, rate={"auth_per_ip_per_min": 3})


UNFINISHED = {
    "nothing": b"",
    "half a request line": b"GET /char",
    "headers without end": b"GET /chargers HTTP/1.1\r\nHost: x\r\n",
    "a body that stops": b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{",
    "a chunk that stops": b"POST /auth/login HTTP/1.1\r\nHost: x\r\n"
                          b"Transfer-Encoding: chunked\r\n\r\n5\r\n{",
}


@pytest.mark.parametrize("data", UNFINISHED.values(), ids=UNFINISHED.keys())
def test_whoever_stops_is_cut_off(wayfold, data):
    with raw(wayfold, data) as line:
        answer = rest(line)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 408 "), answer


def test_the_slow_do_not_hold_up_others(wayfold):
    lines = [raw(wayfold, b"GET /chargers HTTP/1.1\r\nX: ") for _ in range(50)]
    try:
        assert httpx.get(wayfold.url + "/healthz").status_code == 200
    finally:
        for line in lines:
            line.close()


def test_too_many_connections_of_one_address_are_refused(wayfold):
    lines = [raw(wayfold, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n") for _ in range(80)]
    first = [line.recv(4096).split(b"\r\n")[0] for line in lines]
    for line in lines:
        line.close()
    assert any(b" 503 " in answer for answer in first)
    assert any(b" 200 " in answer for answer in first)


def test_whoever_asks_too_often_is_told_when_to_come_back(wayfold):
    body = {"identifier": "nobody@example.org", "password": "long enough"}
    with httpx.Client(base_url=wayfold.url, timeout=20) as client:
        answers = [client.post("/auth/login", json=body) for _ in range(20)]
    limited = [answer for answer in answers if answer.status_code == 429]
    assert limited and code_of(limited[0]) == "rate_limited"
    assert int(limited[0].headers["retry-after"]) > 0
