"""Tools do not wait for a process that stands still, and heed Ctrl-C at any time."""

import signal
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
