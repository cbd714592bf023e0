"""A decider that stands still (SIGSTOP), is replaced, and goes on (SIGCONT) as if nothing were."""

import json
import random
import signal

import pytest

from load import SEED
from process import wait_until

ROUNDS = 6
# Until a stop has fallen between deciding and appending, which is chance.
ROUNDS_MAX = 40
# More answers than can be had without the partitions of a worker that stands still: half of the
# chargers are in them, and each of the load's clients waits for its answer.
TAKEN_OVER = 100


@pytest.fixture(scope="module")
def wayfold(deploy):
    return deploy(workers=2, kafka={"session_timeout_ms": 1000})


def history(wayfold) -> dict:
    """How often the partitions changed hands, and what the fence kept out, over all of them."""
    lines = wayfold.cli("inspect", "log", "--json").stdout.splitlines()
    slots = [json.loads(line) for line in lines]
    return {what: sum(slot[what] for slot in slots) for what in ("epochs", "skipped")}


def test_a_replaced_decider_does_no_harm_when_it_wakes(wayfold, load, capsys):
    chance = random.Random(SEED)
    for number in range(ROUNDS_MAX):
        victim = wayfold.work[number % 2]
        load.wait_for(chance.randrange(20, 100))
        victim.signal(signal.SIGSTOP)
        load.wait_for(TAKEN_OVER)
        stopped = history(wayfold)["epochs"]
        victim.signal(signal.SIGCONT)
        wait_until(lambda: history(wayfold)["epochs"] > stopped, 60, "the first one's return")
        assert victim.alive()
        load.wait_for(20)
        if number + 1 >= ROUNDS and history(wayfold)["skipped"] > 0:
            break
    load.stop()
    seen = history(wayfold)
    assert seen["skipped"] > 0, "no stop fell between deciding and appending"
    load.check(wayfold.staff("operator"))
    wayfold.verify()
    with capsys.disabled():
        print(f"\nseed {SEED}, {number + 1} stops, {seen}: {load.summary()}")
