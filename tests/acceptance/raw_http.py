"""Bytes over TCP as no HTTP client would send them, and what came back."""

import re
import socket
from urllib.parse import urlsplit

WAIT_S = 20


def raw(wayfold, data: bytes, source: str = "127.0.0.1") -> socket.socket:
    where = urlsplit(wayfold.url)
    line = socket.create_connection((where.hostname, where.port), WAIT_S, (source, 0))
    try:
        line.sendall(data)
    except (ConnectionResetError, BrokenPipeError):
        pass  # refused before it was all sent: the answer, if any, can still be read
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


def statuses(answers: bytes) -> list[int]:
    """Of every answer in what came; bodies of ours never say `HTTP/1.1 `."""
    return [int(one) for one in re.findall(rb"HTTP/1\.1 (\d{3}) ", answers)]


def asked(wayfold, data: bytes) -> list[int]:
    """Every status sent until the server closes."""
    with raw(wayfold, data) as line:
        return statuses(rest(line))
