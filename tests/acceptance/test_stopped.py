"""Tools do not wait for a process that stands still, and heed Ctrl-C at any time."""

import signal
import socket
import struct
import time

import pytest

from deployment import BINARY
from process import Process, wait_until

ANSWER_S = 5  # how long a tool waits for the process to say hello


@pytest.fixture
def stopped(wayfold):
    wayfold.web.signal(signal.SIGSTOP)
    yield wayfold
    wayfold.web.signal(signal.SIGCONT)


@pytest.mark.parametrize("tool", [["lag"], ["inspect", "log"], ["replay"]])
def test_a_tool_says_that_nobody_answers(stopped, tool):
    done = stopped.cli(*tool, check=False, seconds=ANSWER_S + 20)
    assert done.returncode == 3
    assert "does not answer" in done.stderr


def test_interrupted_while_it_waits(stopped):
    tool = Process([BINARY, "lag", "--config", stopped.config], stopped.dir / "lag.log")
    wait_until(tool.sockets, 30, "its question")
    tool.signal(signal.SIGINT)
    assert tool.ended(ANSWER_S - 1) == 130


def test_interrupted_in_the_midst_of_an_answer(wayfold, host):
    tool = Process([BINARY, "replay", "--follow", "--config", wayfold.config],
                   wayfold.dir / "replay.log")
    wait_until(tool.output, 30, "an event")
    wayfold.web.signal(signal.SIGSTOP)
    time.sleep(1)
    tool.signal(signal.SIGINT)
    try:
        assert tool.ended(10) in (0, 130)  # 0: it stood between two questions
    finally:
        wayfold.web.signal(signal.SIGCONT)


def frame(sock) -> bytes:
    """What comes next on a control socket; empty: nothing more will be sent."""
    head = sock.recv(4, socket.MSG_WAITALL)
    return sock.recv(struct.unpack("<I", head)[0], socket.MSG_WAITALL) if head else b""


def answer(sock, tone: int, text: bytes = b"") -> None:
    sock.sendall(struct.pack("<I", 1 + len(text)) + bytes([tone]) + text)


def test_interrupted_after_all_was_rebuilt(tmp_path):
    """By a process that says so once the tool has heeded Ctrl-C."""
    done, more = 0, 2
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "control.sock"))
        listener.listen()
        listener.settimeout(30)
        tool = Process([BINARY, "rebuild", "chargers", "--var", tmp_path], tmp_path / "rebuild.log")
        listener.accept()[0].close()  # it looks whether somebody is there
        with listener.accept()[0] as asked:
            asked.settimeout(30)
            frame(asked)  # hello
            answer(asked, done)
            frame(asked)  # rebuild
            tool.signal(signal.SIGINT)
            answer(asked, more, b'{"records":1,"events":1,"total":1}')
            assert frame(asked) == b""
            answer(asked, done)
            assert tool.ended(10) == 0
    assert "too late" in tool.output().splitlines()[-1]
