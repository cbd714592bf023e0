"""Many more connections than fit: those of others are served, memory stays within what the
configuration allows, and when the flood ends its sockets go.
"""

import resource
from contextlib import ExitStack

import httpx
import pytest

from process import wait_until
from raw_http import raw, statuses

PER_ADDRESS, FLOOD = 150, 1500
LIMITS = {"connections_max": 300, "connections_per_ip_max": PER_ADDRESS, "header_bytes_max": 16384,
          "body_bytes_max": 65536, "header_ms_max": 60_000, "body_ms_max": 60_000,
          "idle_ms_max": 60_000, "write_ms_max": 60_000}
# A head and a body, each in a buffer that may be twice as large, and the answers gathered.
CONNECTION_MAX = 2 * (LIMITS["header_bytes_max"] + LIMITS["body_bytes_max"]) + 2 * 65536
SLACK = 24 << 20  # of an allocator, and of sockets that were told that they are too many

BODY = b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 65536\r\n\r\n" + b" " * 65000
FLOODS = {
    "idle": b"",
    "a header that does not end": b"GET /chargers HTTP/1.1\r\nX: " + b"a" * 16_000,
    "a body that does not end": BODY,
    "a body in chunks that does not end": BODY.replace(
        b"Content-Length: 65536\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\nfde8\r\n"),
    "idle after an answer": b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",
    "answers that nobody reads": b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 200,
}


@pytest.fixture(scope="module", autouse=True)
def many_sockets():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(8192, hard), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.fixture(scope="module")
def wayfold(deploy, many_sockets):
    return deploy(http={"port": 0, **LIMITS})


@pytest.fixture(scope="module")
def other(wayfold):
    """Somebody at another address."""
    at = httpx.HTTPTransport(local_address="127.0.0.2")
    with httpx.Client(base_url=wayfold.url, transport=at, timeout=30) as client:
        yield client


def served(other) -> bool:
    """On the connection it has, and on a new one."""
    answers = [other.get("/healthz", headers=headers) for headers in ({}, {"connection": "close"})]
    return all(answer.status_code == 200 for answer in answers)


@pytest.mark.parametrize("data", FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_holds_nobody_up(wayfold, other, data):
    assert served(other)
    memory, sockets = wayfold.web.resident(), wayfold.web.sockets()
    with ExitStack() as flood:
        for _ in range(FLOOD):
            flood.enter_context(raw(wayfold, data))
        assert served(other)
        assert wayfold.web.sockets() <= sockets + LIMITS["connections_max"] + 64
        assert wayfold.web.resident() - memory < PER_ADDRESS * CONNECTION_MAX + SLACK
    wait_until(lambda: wayfold.web.sockets() <= sockets, 30, "the end of the flood's sockets")
    assert served(other)


def test_whoever_is_too_many_is_told_so(wayfold, other):
    with ExitStack() as flood:
        lines = [flood.enter_context(raw(wayfold, FLOODS["idle after an answer"]))
                 for _ in range(PER_ADDRESS + 20)]
        told = [statuses(line.recv(4096)) for line in lines]
        assert told.count([200]) == PER_ADDRESS and told.count([503]) == 20
        assert served(other)
    wait_until(lambda: b" 200 " in raw(wayfold, FLOODS["idle after an answer"]).recv(4096), 30,
               "a place")


def test_slow_readers_and_writers_of_both_addresses(wayfold, other):
    """All places are taken, from two addresses: everybody is told so, and it passes."""
    with ExitStack() as flood:
        for n in range(400):
            data = list(FLOODS.values())[n % len(FLOODS)]
            flood.enter_context(raw(wayfold, data, source=f"127.0.0.{1 + n % 2}"))
    wait_until(lambda: served(other), 30, "places")
