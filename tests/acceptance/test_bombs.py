"""What is small for whoever sends it and large for whoever reads it: each ends at its bound, the
process stays as large as it was, and others are served.
"""

import gzip
import os
import struct

import pytest

from client import charger, code_of
from raw_http import asked, raw, rest, statuses

MIB = 1 << 20
LIMITS = {"header_ms_max": 3000, "body_ms_max": 3000, "linger_ms_max": 200}
WEBSOCKET = {"message_bytes_max": 4096, "close_ms_max": 500}
# One body of body_bytes_max, what is made of it, and what an allocator keeps.
GROWTH_MAX = 32 * MIB
BOMB = gzip.compress(gzip.compress(b" " * 64 * MIB) * 1000)  # a few kB
HEAD = b"%s HTTP/1.1\r\nHost: x\r\n"


@pytest.fixture(scope="module")
def wayfold(deploy):
    return deploy(http={"port": 0, **LIMITS}, websocket=WEBSOCKET)


@pytest.fixture(autouse=True)
def unharmed(wayfold, host):
    """After each: others are served by a process that has not grown."""
    before = wayfold.web.resident()
    yield
    assert host.get("/chargers", timeout=20).status_code == 200
    assert wayfold.web.resident() - before < GROWTH_MAX


def poured(wayfold, head: bytes, piece: bytes, times: int) -> list[int]:
    """The statuses for a head and a piece sent again and again, as long as it is taken."""
    with raw(wayfold, head) as line:
        try:
            for _ in range(times):
                line.sendall(piece)
        except (ConnectionResetError, BrokenPipeError):
            pass
        return statuses(rest(line))


# []: the connection was reset before the answer could be read, as happens to who only talks.
@pytest.mark.parametrize(("head", "piece", "status"), [
    (b"GET /", b"a" * 65536, 431),
    (HEAD % b"GET /chargers" + b"X: ", b"a" * 65536, 431),
    (HEAD % b"GET /chargers", b"X: a\r\n" * 10_000, 431),
    (HEAD % b"GET /chargers", b"X%s: \r\n" % (b"a" * 16_000), 431),
    (HEAD % b"POST /auth/login" + b"Content-Length: 10000000000\r\n\r\n", b" " * 65536, 413),
    (HEAD % b"POST /auth/login" + b"Transfer-Encoding: chunked\r\n\r\n",
     b"10000\r\n" + b" " * 65536 + b"\r\n", 413),
    (HEAD % b"POST /auth/login" + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 65536, 400),
    (HEAD % b"POST /auth/login" + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: a\r\n" * 10_000,
     400),
], ids=["request line", "one header", "10,000 headers a time", "long names", "a length of 10 GB",
        "chunks for ever", "a chunk's extension for ever", "trailers for ever"])
def test_what_does_not_end_is_cut_off(wayfold, head, piece, status):
    assert poured(wayfold, head, piece, 2000) in ([status], [])


def test_many_chunks_of_a_byte_are_one_small_body(wayfold):
    head = HEAD % b"POST /auth/login" + b"Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
    assert asked(wayfold, head + b"1\r\n \r\n" * 100_000 + b"0\r\n\r\n") == [400]


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "zstd", "identity, gzip"])
def test_a_compressed_body_is_not_opened(host, coding):
    answer = host.request("POST", "/chargers", content=BOMB, headers={
        "content-encoding": coding, "content-type": "application/json"})
    assert (answer.status_code, code_of(answer)) == (415, "unsupported_media_type")
    assert answer.headers["accept-encoding"] == "identity"


N = 500_000
JSON = {
    "arrays in arrays": "[" * N + "]" * N,
    "arrays that do not end": "[" * N,
    "objects in objects": '{"a":' * (N // 5) + "1" + "}" * (N // 5),
    "arrays in a field": '{"title":' + "[" * 65 + "]" * 65 + "}",
    "an array where a text belongs": '{"title":[' + "1," * N + "1]}",
    "a long text": '{"title":"' + "a" * N + '"}',
    "a text of escapes": '{"title":"' + "\\u0041" * (N // 6) + '"}',
    "a text of half a character": '{"title":"' + "\\ud800" * (N // 6) + '"}',
    "a long number": '{"min_minutes":' + "1" * N + "}",
    "a long fraction": '{"min_minutes":0.' + "1" * N + "}",
    "a large exponent": '{"min_minutes":1e999999999}',
    "many fields": "{" + ",".join(f'"f{n}":1' for n in range(N // 10)) + "}",
    "one field many times": "{" + ",".join('"title":1' for n in range(N // 10)) + "}",
    "many elements": '{"schedule":[' + ",".join("{}" for n in range(N // 3)) + "]}",
    "a long name": '{"' + "n" * N + '":1}',
    "spaces": " " * (MIB - 2) + "{}",
}


@pytest.mark.parametrize("body", JSON.values(), ids=JSON.keys())
def test_json_that_is_too_much_is_refused(host, body):
    answer = host.request("POST", "/chargers", content=body.encode())
    assert answer.status_code in (400, 422), answer.text[:500]
    assert code_of(answer) in ("malformed_json", "invalid")
    assert len(answer.content) < MIB


def test_a_question_of_many_parameters(host):
    for query in ("a&" * 7000, "title=" + "%61" * 5000, "limit=" + "9" * 15_000,
                  "cursor=" + "A" * 15_000, "sort=" + "-title," * 2000):
        assert host.get(f"/chargers?{query}").status_code in (200, 400), query[:20]


def test_headers_that_mean_something_have_an_end(host):
    long = "a" * 12_000
    for name in ("idempotency-key", "wayfold-position", "wayfold-as", "x-request-id", "prefer",
                 "if-match", "if-none-match", "origin", "content-type", "authorization", "expect"):
        answer = host.post("/chargers", charger(), headers={name: long})
        assert answer.status_code < 500 and long not in str(answer.headers) + answer.text, name


# ---- WebSocket ----

def frame(opcode: int, data: bytes, final: bool = True, masked: bool = True,
          says: int | None = None) -> bytes:
    size = len(data) if says is None else says
    bits = 0x80 if masked else 0
    if size < 126:
        length = bytes([bits | size])
    elif size < 65536:
        length = bytes([bits | 126]) + struct.pack(">H", size)
    else:
        length = bytes([bits | 127]) + struct.pack(">Q", size)
    mask = bytes(4) if masked else b""  # a mask of zeroes leaves the data as it is
    return bytes([(0x80 if final else 0) | opcode]) + length + mask + data


def head(line) -> bytes:
    """Of the answer, and none of what comes behind it."""
    got = b""
    while not got.endswith(b"\r\n\r\n") and (byte := line.recv(1)):
        got += byte
    return got


def frames(line):
    """What the server sends: opcode and data of each frame, until it closes."""
    with line.makefile("rb") as stream:
        while start := stream.read(2):
            size = start[1] & 0x7F
            if size > 125:
                size = int.from_bytes(stream.read(2 if size == 126 else 8), "big")
            yield start[0] & 0x0F, stream.read(size)


@pytest.fixture
def channel(wayfold, host):
    made = host.list_charger()
    assert host.get(f"/chargers/{made}").status_code == 200
    line = raw(wayfold, b"GET /ws/chargers/%s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
               b"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
               b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n" % made.encode())
    assert statuses(head(line)) == [101]
    yield line
    line.close()


TEXT, BINARY, CLOSE, PING, PONG = 1, 2, 8, 9, 10
FRAMES = {
    "more than a message may be": frame(TEXT, b"a" * 5000),
    "a length of 2^63 - 1": frame(TEXT, b"a", says=2**63 - 1),
    "a length of 2^63": frame(TEXT, b"a", says=2**63),
    "not masked": frame(TEXT, b"a", masked=False),
    "binary": frame(BINARY, b"a"),
    "a text at all": frame(TEXT, b"a"),
    "no UTF-8": frame(TEXT, b"\xff\xfe"),
    "an unknown opcode": frame(3, b"a"),
    "an unknown control": frame(11, b"a"),
    "a reserved bit": bytes([0xC1]) + frame(TEXT, b"a")[1:],
    "a ping in two": frame(PING, b"a", final=False),
    "a ping of 126": frame(PING, b"a" * 126),
    "a continuation of nothing": frame(0, b"a"),
    "a text inside a text": frame(TEXT, b"a", final=False) + frame(TEXT, b"b"),
    "a close of one byte": frame(CLOSE, b"a"),
    "a close that is no code": frame(CLOSE, struct.pack(">H", 1005)),
    "no frame": b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
}


@pytest.mark.parametrize("data", FRAMES.values(), ids=FRAMES.keys())
def test_a_frame_that_does_not_fit_ends_its_connection(channel, data):
    channel.sendall(data)
    assert not statuses(rest(channel))


def flood(line, data: bytes, bytes_max: int) -> None:
    """The same again and again, reading nothing, until it is no longer taken."""
    line.settimeout(1)
    try:
        for _ in range(bytes_max // len(data)):
            line.sendall(data)
    except (ConnectionResetError, BrokenPipeError, TimeoutError):
        pass


FLOODS = {
    "fragments for ever": frame(0, b"a" * 100, final=False),
    "empty fragments for ever": frame(0, b"", final=False),
    "pings": frame(PING, b"p" * 125),
    "pongs": frame(PONG, b"p" * 125),
}


@pytest.mark.parametrize("data", FLOODS.values(), ids=FLOODS.keys())
def test_a_flood_of_frames_fills_nothing(channel, data):
    channel.sendall(frame(TEXT, b"a", final=False) if data[0] == 0 else b"")
    flood(channel, data * 1000, 64 * MIB)


def test_pings_are_answered_while_others_are_served(channel, wayfold):
    data = os.urandom(8)
    channel.sendall(frame(PING, data))
    assert (PONG, data) in frames(channel)
