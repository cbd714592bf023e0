"""Clients that dawdle, break off or speak no HTTP hold nobody up."""

import socket
from urllib.parse import urlsplit

import httpx
import pytest

from client import code_of

LIMITS = {"header_ms_max": 500, "body_ms_max": 500, "idle_ms_max": 2000, "linger_ms_max": 200,
          "connections_per_ip_max": 60}


@pytest.fixture(scope="module")
def wayfold(deploy):
    return deploy(http={"port": 0, **LIMITS}, rate={"auth_per_ip_per_min": 3})


def raw(wayfold, data: bytes) -> socket.socket:
    where = urlsplit(wayfold.url)
    line = socket.create_connection((where.hostname, where.port), timeout=20)
    line.sendall(data)
    return line


def rest(line: socket.socket) -> bytes:
    """What comes until the other side closes, which it must."""
    got = b""
    try:
        while chunk := line.recv(65536):
            got += chunk
    except ConnectionResetError:
        pass
    return got


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


NONSENSE = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "another version": b"GET / HTTP/3.7\r\nHost: x\r\n\r\n",
    "a space in a name": b"GET / HTTP/1.1\r\nHost : x\r\n\r\n",
    "two lengths": b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                   b"Content-Length: 3\r\n\r\n{}",
    "length and chunks": b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n"
                         b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a negative length": b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "a chunk of no number": b"POST /auth/login HTTP/1.1\r\nHost: x\r\n"
                            b"Transfer-Encoding: chunked\r\n\r\nxyz\r\n",
}


@pytest.mark.parametrize("data", NONSENSE.values(), ids=NONSENSE.keys())
def test_nonsense_is_a_bad_request(wayfold, data):
    with raw(wayfold, data) as line:
        answer = rest(line)
    assert answer == b"" or answer.split(b" ", 2)[1] in (b"400", b"411", b"501", b"505"), answer


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
