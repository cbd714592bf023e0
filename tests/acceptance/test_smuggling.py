"""Requests that two parsers could read in two ways are read in none: 400, and the connection ends.

Each carries a second request inside. It would be answered 200; no answer but the 400 may come.
"""

import pytest

from raw_http import asked, raw, rest, statuses

INSIDE = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
LIMITS = {"header_ms_max": 1000, "body_ms_max": 1000, "idle_ms_max": 1000, "linger_ms_max": 200}


@pytest.fixture(scope="module")
def wayfold(deploy):
    return deploy(http={"port": 0, **LIMITS})


def post(lines: bytes, body: bytes = b"0\r\n\r\n" + INSIDE) -> bytes:
    return b"POST /auth/login HTTP/1.1\r\nHost: x\r\n" + lines + b"\r\n" + body


def get(lines: bytes) -> bytes:
    return b"GET /healthz HTTP/1.1\r\nHost: x\r\n" + lines + b"\r\n" + INSIDE


def chunked(body: bytes) -> bytes:
    return post(b"Transfer-Encoding: chunked\r\n", body + b"0\r\n\r\n" + INSIDE)


LENGTH = b"Content-Length: %d\r\n" % (5 + len(INSIDE))
TWO_READINGS = {
    "no HTTP": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
    "another version": b"GET / HTTP/3.7\r\nHost: x\r\n\r\n" + INSIDE,
    "no version": b"GET /healthz\r\n\r\n" + INSIDE,
    "length, then chunks": post(LENGTH + b"Transfer-Encoding: chunked\r\n"),
    "chunks, then length": post(b"Transfer-Encoding: chunked\r\n" + LENGTH),
    "chunks in HTTP/1.0": post(b"Transfer-Encoding: chunked\r\n").replace(b"P/1.1", b"P/1.0", 1),
    "two lengths": post(b"Content-Length: 5\r\n" + LENGTH),
    "the same length twice": post(LENGTH + LENGTH),
    "a list of lengths": post(b"Content-Length: 5, 5\r\n"),
    "a length with a sign": post(b"Content-Length: +5\r\n"),
    "a negative length": post(b"Content-Length: -1\r\n"),
    "a length in hex": post(b"Content-Length: 0x5\r\n"),
    "a length with a space in it": post(b"Content-Length: 5 5\r\n"),
    "no length at all": post(b"Content-Length: \r\n"),
    "a length beyond 64 bits": post(b"Content-Length: 18446744073709551621\r\n"),
    "chunked twice": post(b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"),
    "chunked, identity": post(b"Transfer-Encoding: chunked, identity\r\n"),
    "gzip, chunked": post(b"Transfer-Encoding: gzip, chunked\r\n"),
    "identity": post(b"Transfer-Encoding: identity\r\n" + LENGTH),
    "xchunked": post(b"Transfer-Encoding: xchunked\r\n" + LENGTH),
    "chunked in quotes": post(b'Transfer-Encoding: "chunked"\r\n' + LENGTH),
    "chunked with a parameter": post(b"Transfer-Encoding: chunked;q=1\r\n" + LENGTH),
    "a vertical tab before chunked": post(b"Transfer-Encoding: \x0bchunked\r\n" + LENGTH),
    "a form feed after chunked": post(b"Transfer-Encoding: chunked\x0c\r\n" + LENGTH),
    "NUL before chunked": post(b"Transfer-Encoding: \x00chunked\r\n" + LENGTH),
    "CR before chunked": post(b"Transfer-Encoding: \rchunked\r\n" + LENGTH),
    "a space before the colon": post(b"Transfer-Encoding : chunked\r\n" + LENGTH),
    "a tab before the colon": post(b"Transfer-Encoding\t: chunked\r\n" + LENGTH),
    "NUL in a name": get(b"X\x00Y: 1\r\n"),
    "a space in a name": get(b"X Y: 1\r\n"),
    "a byte above ASCII in a name": get(b"X\xe9: 1\r\n"),
    "no name": get(b": 1\r\n"),
    "no colon": get(b"X\r\n"),
    "NUL in a value": get(b"X: a\x00b\r\n"),
    "a space before the first header": get(b"").replace(b"Host", b" Host", 1),
    "a folded value": get(b"X: a\r\n b\r\n"),
    "a folded Transfer-Encoding": post(b"Transfer-Encoding:\r\n chunked\r\n" + LENGTH),
    "bare LF after a header": get(b"X: a\n"),
    "bare LF after the request line": get(b"").replace(b"1.1\r\n", b"1.1\n", 1),
    "bare LF for the empty line": get(b"X: a\r\n\n"),
    "bare LF everywhere": INSIDE.replace(b"\r\n", b"\n"),
    "bare CR in a header": get(b"X: a\rY: b\r\n"),
    "bare CR for a line's end": get(b"X: a\r"),
    "two hosts": get(b"Host: y\r\n"),
    "no host": b"GET /healthz HTTP/1.1\r\n\r\n" + INSIDE,
    "two spaces in the request line": get(b"").replace(b" /", b"  /", 1),
    "a tab in the request line": get(b"").replace(b" /", b"\t/", 1),
    "a space at the request line's end": get(b"").replace(b"1.1\r\n", b"1.1 \r\n", 1),
    "a chunk of no number": chunked(b"xyz\r\n"),
    "a chunk with a sign": chunked(b"+5\r\nhello\r\n"),
    "a chunk with 0x": chunked(b"0x5\r\nhello\r\n"),
    "a space before a chunk's size": chunked(b" 5\r\nhello\r\n"),
    "a chunk's size beyond 64 bits": chunked(b"10000000000000005\r\nhello\r\n"),
    "a chunk longer than it says": chunked(b"2\r\nhello\r\n"),
    "a chunk shorter than it says": chunked(b"6\r\nhello\r\n"),
    "bare LF after a chunk's size": chunked(b"5\nhello\r\n"),
    "bare LF after a chunk": chunked(b"5\r\nhello\n"),
    "bare LF in a chunk's extension": chunked(b"5;a\nb\r\nhello\r\n"),
    "bare CR in a chunk's extension": chunked(b"5;a\rb\r\nhello\r\n"),
    "two tokens": get(b"Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"),
}


@pytest.mark.parametrize("data", TWO_READINGS.values(), ids=TWO_READINGS.keys())
def test_what_has_two_readings_has_none(wayfold, data):
    assert asked(wayfold, data) in ([400], [505]), data


# Legal, and all of it belongs to the first request: what is inside is no second one.
ONE_READING = {
    "a body of GET": (b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"
                      % len(INSIDE) + INSIDE, 200),
    "a body of GET in a chunk": (b"GET /healthz HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: CHUNKED"
                                 b"\r\n\r\n%x\r\n" % len(INSIDE) + INSIDE + b"\r\n0\r\n\r\n", 200),
    "the body of a refused request": (b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: %d"
                                      b"\r\n\r\n" % len(INSIDE) + INSIDE, 404),
    "the body of a malformed one": (b"POST /auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: %d"
                                    b"\r\n\r\n" % len(INSIDE) + INSIDE, 400),
    "a trailer": (b"POST /auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                  b"2\r\n{}\r\n0\r\nContent-Type: text/plain\r\n\r\n", 422),
    "an upgrade to something else": (b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade, "
                                     b"HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: A\r\n\r\n",
                                     200),
}


@pytest.mark.parametrize(("data", "status"), ONE_READING.values(), ids=ONE_READING.keys())
def test_what_is_inside_is_not_taken_for_the_next(wayfold, data, status):
    last = b"GET /last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    assert asked(wayfold, data + last) == [status, 404]


def test_a_body_that_is_too_big_is_not_taken_for_the_next(wayfold):
    assert asked(wayfold, post(b"Content-Length: 99999999\r\n", INSIDE * 10)) == [413]
    chunks = b"".join(b"%x\r\n" % len(INSIDE) + INSIDE + b"\r\n" for _ in range(40_000))
    assert asked(wayfold, chunked(chunks)) in ([413], [])  # []: it was reset before it was read


def test_an_upgrade_with_more_behind_it_is_none(wayfold, charger_id):
    upgrade = (b"GET /ws/chargers/%s HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n"
               b"Upgrade: websocket\r\nSec-WebSocket-Version: %d\r\n"
               b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n")
    for version in (13, 12):
        assert asked(wayfold, upgrade % (charger_id.encode(), version) + INSIDE) == [400]


GARBAGE = [b"\x00\x01\x02\r\n\r\n", b"garbage\r\n\r\n", b"}{" * 100 + b"\r\n",
           b"GET /healthz HTTP/9.9\r\n\r\n"]


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_behind_a_request_ends_the_connection(wayfold, garbage):
    assert asked(wayfold, INSIDE + garbage + INSIDE) in ([200, 400], [200, 505])


def test_answers_come_in_the_order_of_the_questions(wayfold):
    paths = [b"/healthz", b"/nothing", b"/docs", b"/commands/x", b"/healthz"] * 20
    data = b"".join(INSIDE.replace(b"/healthz", path) for path in paths)
    last = INSIDE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    got = asked(wayfold, data + last)
    assert len(got) == 101 and got[:5] * 20 + [200] == got


def answer_of(wayfold, target: bytes, method: bytes = b"GET") -> bytes:
    with raw(wayfold, b"%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
             % (method, target)) as line:
        return rest(line)


TARGETS = {
    b"http://other.example/healthz": 200, b"HTTP://x/healthz?": 200, b"http://x@y:1/healthz": 200,
    b"http://other.example": 404, b"http:/healthz": 400, b"x:80": 400, b"healthz": 400, b"*": 400,
    b"//healthz": 404, b"//other.example/healthz": 404, b"/healthz/": 404, b"/./healthz": 404,
    b"/docs/../healthz": 404, b"/docs/..%2fhealthz": 404, b"/docs/%2e%2e/healthz": 404,
    b"/docs/..": 404, b"/docs/%2e%2e": 404, b"/docs/..%2f..%2f..%2f..%2fetc%2fpasswd": 404,
    b"/docs/%2fetc%2fpasswd": 404, b"/docs/..%5c..%5cconfig.json": 404, b"/docs/index.html%00.css":
    404, b"/docs/%c0%ae%c0%ae/config.json": 404, b"/%68ealthz": 404, b"/chargers%2fx": 404,
    b"/api/api/healthz": 404, b"/HEALTHZ": 404, b"/healthz;x=1": 404, b"/healthz#x": 400,
    b"/heal\x00thz": 400, b"/heal\xffthz": 404, b"/accounts/../chargers": 404,
}


@pytest.mark.parametrize("target", TARGETS, ids=lambda one: one.decode("latin-1"))
def test_a_target_is_a_path_or_nothing(wayfold, target):
    answer = answer_of(wayfold, target)
    assert statuses(answer) == [TARGETS[target]], answer
    assert b"root:" not in answer and b'"signing"' not in answer


@pytest.mark.parametrize("method", [b"CONNECT", b"TRACE", b"get", b"PRI", b"G\x00T", b"X" * 5000])
def test_methods_nobody_knows(wayfold, method):
    for target in (b"/healthz", b"x:80"):
        assert statuses(answer_of(wayfold, target, method)) in ([400], [501], [405], [431])


def test_what_a_client_says_ends_no_line_of_the_answer(wayfold, host):
    for _ in range(2):
        host.list_charger()
    for bad in ("%0d%0aset-cookie:x", "%0aset-cookie:x", "%E5%98%8A%E5%98%8Dset-cookie:x"):
        for path in (f"/chargers?limit=1&title={bad}", f"/docs/{bad}", f"/chargers/{bad}"):
            answer = host.get(path, headers={"x-request-id": bad, "origin": f"http://{bad}"})
            assert answer.status_code < 500 and "set-cookie" not in answer.headers, path
