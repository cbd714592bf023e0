"""kill -9 of every kind of process under load, and of the broker, at seeded points.

A point is a number of answers the load has got since the last recovery. Every client then waits for
one answer. A kill of what answers HTTP fell between append and answer if a command in flight turns
out to have been decided when it is sent again; a kill of the decider did if the log has commands
without an outcome behind it. The test fails if none did.
"""

import json
import random
from collections import Counter

import pytest

from deployment import KINDS, Embedded
from load import SEED
from spread import Spread

POINTS = 20
VICTIMS = {"rocks": ["run"], "kafka": ["serve", "gateway", "work", "project", "broker"]}


@pytest.fixture(scope="module")
def wayfold(deploy, request):
    if KINDS[request.config.getoption("--log")] is Embedded:
        return deploy()
    return deploy(kind=Spread, kafka={"session_timeout_ms": 1000})


def kill(wayfold, kind: str) -> None:
    if kind == "run":
        wayfold.kill()
    elif kind == "broker":
        wayfold.broker("kill")
    else:
        wayfold.nodes[kind].kill()


def start_again(wayfold, kind: str) -> None:
    if kind == "run":
        wayfold.start()
    elif kind == "broker":
        wayfold.brokers_up()
    else:
        wayfold.start_node(kind)


def undecided(wayfold) -> int:
    slots = json.loads(wayfold.cli("lag", "--json").stdout)["slots"]
    return sum(slot["commands_end"] - slot["decided"] for slot in slots)


def test_nothing_acknowledged_is_lost_or_doubled_BK1(wayfold, load, capsys):
    victims, chance = VICTIMS[wayfold.log_kind], random.Random(SEED)
    kills, in_flight, hits = Counter(), Counter(), Counter()
    for number in range(POINTS):
        victim = victims[number % len(victims)]
        load.wait_for(chance.randrange(5, 60))
        kill(wayfold, victim)
        kills[victim] += 1
        pending = load.in_flight()
        in_flight[victim] += len(pending)
        if victim == "work":
            hits[victim] += undecided(wayfold)
        start_again(wayfold, victim)
        load.wait_answered(pending)
        hits[victim] += len(pending & load.replayed)
    load.stop()
    load.ask_again(chance)
    for kind in {"run", "serve", "gateway", "work"} & set(victims):
        assert hits[kind] > 0, f"no kill of {kind} fell between an append and its answer"
    load.check(wayfold.staff("operator"))
    with capsys.disabled():
        print(f"\nseed {SEED}, kills {dict(kills)}, commands in flight {dict(in_flight)}, known to "
              f"be between append and answer {dict(hits)}: {load.summary()}")


def test_all_tables_agree_with_the_log_afterwards(wayfold, load):
    wayfold.verify_all()
