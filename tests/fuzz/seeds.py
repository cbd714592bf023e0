#!/usr/bin/env python3
"""Writes what each fuzzer starts from, CORPORA/TARGET/seeds: of samples, vectors and examples."""

import argparse
import json
import os
import struct
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FILE_BYTES_MAX = 4096  # libFuzzer's own bound of an input


def vectors(pattern):
    found = Path(os.environ.get("WAYFOLD_DATA", ROOT / "../shared/data"), "vectors")
    return [path.read_bytes() for path in sorted(found.glob(pattern))]


def event_samples():
    for path in sorted((ROOT / "tests/golden/events").glob("*.json")):
        yield path.stem.rsplit(".", 1)[0], path.read_bytes()


def open_api(build):
    return json.loads((build / "gen/openapi.json").read_text())


def json_seeds(build):
    for name, body in event_samples():
        yield name.encode() + b"\n" + body
    for _, _, operation in operations(build):
        for body in bodies_of(operation):
            yield operation["operationId"].encode() + b"\n" + body
    for text in vectors("json/JSONTestSuite/test_parsing/*.json"):
        yield b"\n" + text
    for text in vectors("json/jcs-rfc8785/**/*.json"):
        yield b"\n" + text


def operations(build):
    for path, methods in open_api(build)["paths"].items():
        for method, operation in methods.items():
            if method != "parameters":
                yield method.upper(), path, operation


def bodies_of(operation):
    for media in operation.get("requestBody", {}).get("content", {}).values():
        for example in media["schema"].get("examples", []):
            yield json.dumps(example).encode()


def config_seeds(_):
    for path in sorted((ROOT / "config").glob("*.json")):
        yield b"process\n" + path.read_bytes()
    for path in sorted((ROOT / "config/platforms").glob("*.json")):
        yield b"platform\n" + path.read_bytes()


def parameter_value(parameter):
    schema = parameter["schema"]
    by_format = {"uuid": "e7dd22f2-3cf7-5a2f-ac0f-1e3cb0a4360c",
                 "date-time": "2026-11-21T09:00:00%2B01:00", "date": "2026-11-21"}
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "integer":
        return str(schema.get("minimum", 1))
    by_name = {"near": "77.59,12.97", "lat": "12.97", "lon": "77.59", "sort": "-start"}
    return by_name.get(parameter["name"], by_format.get(schema.get("format"), "true"))


def target_seeds(build):
    for method, path, operation in operations(build):
        asked = [(one["name"], parameter_value(one))
                 for one in operation.get("parameters", []) if one.get("in") == "query"]
        for chosen in [asked, *([one] for one in asked)]:
            query = "&".join(f"{name}={value}" for name, value in chosen)
            yield b"\x0f\x05" + f"{method} {path}\n{query}".encode()
    for case in vectors("url/wpt/*urltestdata*.json"):
        for one in json.loads(case):
            if isinstance(one, dict) and "?" in one.get("input", ""):
                path, query = one["input"].split("?", 1)
                yield b"\x0f\x05GET /chargers\n" + query.encode("utf-8", "surrogatepass")


HEADERS = [
    "Idempotency-Key: \"k-1\"", "If-Match: \"3-ab\"", "Prefer: respond-async, wait=10",
    "Wayfold-As: e7dd22f2-3cf7-5a2f-ac0f-1e3cb0a4360c",
    "Wayfold-Occurred-At: 2026-11-21T09:00:00Z", "Wayfold-Position: AQ", "Expect: 100-continue",
    "Wayfold-Import: e7dd22f2-3cf7-5a2f-ac0f-1e3cb0a4360c", "Connection: close",
    "Connection: upgrade\r\nUpgrade: websocket", "Authorization: Bearer a.b.c",
    "Transfer-Encoding: chunked", "Content-Type: application/json; charset=utf-8"]


def request_seeds(build):
    def request(line, headers, body=b""):
        text = "\r\n".join([line, "Host: x", *headers]) + "\r\n\r\n"
        return b"\x07" + text.encode() + body

    for header in HEADERS:
        yield request("GET /bookings?a=1 HTTP/1.1", [header]) * 2
    chunked = b"3\r\n{\"r\r\n8;x=y\r\neason\":1\r\n1\r\n}\r\n0\r\nTrailer: x\r\n\r\n"
    yield request("POST /bookings HTTP/1.1", ["Transfer-Encoding: chunked"], chunked)
    yield request("GET http://x/bookings HTTP/1.0", ["Connection: keep-alive"])
    for method, path, operation in operations(build):
        for body in bodies_of(operation):
            yield request(f"{method} {path} HTTP/1.1", [f"Content-Length: {len(body)}"], body)
    for case in vectors("http/structured-fields/*.json"):
        for one in json.loads(case):
            for value in one.get("raw", []) if isinstance(one, dict) else []:
                yield request("POST /inbox/read HTTP/1.1", [f"Idempotency-Key: {value}",
                                                            f"Prefer: {value}"])


def credentials_seeds(_):
    claims = {"iss": "fuzz", "aud": "wayfold", "sub": "e7dd22f2-3cf7-5a2f-ac0f-1e3cb0a4360c",
              "roles": ["renter", "host"], "iat": 1795251500, "exp": 1795259600, "nbf": 1,
              "sid": "3407f818-fccc-5a94-9172-ce78527ebeb7"}
    yield json.dumps(claims).encode()
    yield b"Asha@Example.org "
    yield b"+91 (98) 76-543210"
    yield b"A" * 91
    for text in vectors("jose/cookbook/**/*.json"):
        output = json.loads(text).get("output", {})
        if isinstance(output, dict) and "compact" in output:
            yield output["compact"].encode()


def varint(value):
    out = b""
    while value >= 0x80:
        out += bytes([value & 0x7f | 0x80])
        value >>= 7
    return out + bytes([value])


def header(kind, bits, fields):
    return b"\x01" + bytes([kind]) + struct.pack("<I", bits) + fields


def header_seeds():
    for kind in (*range(1, 4), *range(10, 17), *range(20, 23), *range(30, 34)):
        yield header(kind, 0, b"")
    for bit in range(24):
        for fields in (b"\x02", b"a" * 16, b"\x03abc", b"\x03abc\x02\x05"):
            yield header(10, 1 << bit, fields)


def kafka_message_seeds(_):
    for one in header_seeds():
        yield b"booking.Reserved\n{}\n" + one
        yield b"\n\n" + one


def record_seeds(_):
    yield from header_seeds()
    one = header(10, 0, b"") + b"sum!"
    block = b"\x01" + bytes(8) + varint(2)
    for text in (b"{}", b'{"a":1}'):
        block += varint(len(one)) + one + varint(1) + b"t" + varint(len(text)) + text
    yield block


def fence_seeds(_):
    def step(kind, *numbers):
        return bytes([kind, *(number + 1 for number in numbers[:3]), *numbers[3:]])

    def epoch(at, last):
        return bytes([1]) + step(2, at, last, last + 1, 0, 0)

    def outcome(epoch_at, cause, count):
        return b"".join(step(0, epoch_at, cause, 0, index, count) for index in range(count))

    one = epoch(0, -1) + outcome(0, 0, 1) + outcome(0, 1, 2)
    yield b"\x00" + one
    yield b"\x02" + one + outcome(0, 1, 2) + epoch(8, 1) + outcome(8, 2, 3) + outcome(0, 2, 1)
    yield b"\x01" + epoch(0, -1) + outcome(0, 0, 3)[:6] + epoch(3, -1) + outcome(3, 0, 1)


def decide_seeds(_):
    """Steps of decide.cpp: 0 an event, 1 time, 2 a command; each with no change of its sample."""
    events = range(len(list(event_samples())))
    for event in events:
        yield bytes([0, event, 0, 1, 4])
        for command in range(40):
            yield bytes([0, event, 0, 2, command, 0, 0, 5, 255, 1, 1, 200])


def fold_seeds(_):
    events = range(len(list(event_samples())))
    for event in events:
        yield bytes([event, 0, 0])
        yield bytes([event, 0, 0, (event + 1) % len(events), 8, 0, event, 2, 0])


def write(corpus, seeds):
    corpus.mkdir(parents=True, exist_ok=True)
    for old in corpus.iterdir():
        old.unlink()
    kept = sorted({seed for seed in seeds if len(seed) <= FILE_BYTES_MAX})
    for number, seed in enumerate(kept):
        (corpus / f"seed-{number}").write_bytes(seed)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("build", type=Path, help="the build's directory")
    parser.add_argument("corpora", type=Path)
    parser.add_argument("targets", nargs="+")
    arguments = parser.parse_args()
    for target in arguments.targets:
        write(arguments.corpora / target / "seeds", globals()[f"{target}_seeds"](arguments.build))


if __name__ == "__main__":
    main()
