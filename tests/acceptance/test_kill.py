"""kill -9 of every kind of process under load, and of the broker, at seeded points.

A point is a number of answers the load has got since the last recovery. Every client then waits for
one answer. A kill of what answers HTTP fell between append and answer if a command in flight turns
out to have been decided when it is sent again; a kill of the decider fell between append and
outcome if a command had come before it and was decided by an owner that opened after it. The test
fails if none did.
"""

import json
import random
from collections import Counter
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace

import pytest

from deployment import KINDS, Embedded
from load import SEED
from spread import Spread

POINTS = 20  # of each kind
APPENDED = timedelta(milliseconds=5)  # after a gateway took a command, it is in the log
VICTIMS = {"rocks": ["run"],
           "kafka": ["serve", "gateway", "work", "forwarders", "project", "broker"]}


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


def undecided(wayfold, kills: list[datetime]) -> int:
    """Bookings that were in the log at one of these kills of the decider, and without an outcome:
    one machine, one clock."""
    records = list(map(json.loads, wayfold.cli("replay", "--all", "--json").stdout.splitlines()))
    opened = {(one["source"], one["partition"], one["offset"]): datetime.fromisoformat(one["time"])
              for one in records if one.get("kind") == "opened"}
    decided = [(datetime.fromisoformat(one["time"]) + APPENDED,
                opened[one["source"], one["partition"], one["epoch"]])
               for one in records if one["type"] == "booking.Reserved" and one["accepted"] == "yes"]
    return sum(any(came < kill < owner for kill in kills) for came, owner in decided)


@pytest.mark.parametrize(("came", "hits"), [("09.900", 1), ("10.000", 0), ("10.500", 0)])
def test_what_comes_after_the_kill_of_an_idle_decider_is_no_hit(came, hits):
    def record(second: str, offset: int, epoch: int, **over) -> str:
        return json.dumps({"source": "/events.bookings", "partition": 0, "offset": offset,
                           "epoch": epoch, "time": f"2026-11-21T09:00:{second}Z"} | over)

    opened, reserved = {"type": "opened", "kind": "opened"}, {"type": "booking.Reserved"}
    lines = [record("00.000", 0, 0, **opened), record("09.800", 1, 0, **reserved, accepted="yes"),
             record("10.100", 2, 2, **opened), record(came, 3, 2, **reserved, accepted="yes")]
    replayed = SimpleNamespace(stdout="\n".join(lines))
    kill = datetime.fromisoformat("2026-11-21T09:00:10Z")
    assert undecided(SimpleNamespace(cli=lambda *_: replayed), [kill]) == hits


def test_nothing_acknowledged_is_lost_or_doubled_BK1(wayfold, load, capsys):
    victims, chance = VICTIMS[wayfold.log_kind], random.Random(SEED)
    kills, in_flight, hits = {victim: [] for victim in victims}, Counter(), Counter()
    for victim in victims * POINTS:
        load.wait_for(chance.randrange(5, 60))
        kills[victim].append(datetime.now(timezone.utc))
        kill(wayfold, victim)
        pending = load.in_flight()
        in_flight[victim] += len(pending)
        start_again(wayfold, victim)
        load.wait_answered(pending)
        if victim != "work":  # while it is away gateways append
            hits[victim] += len(pending & load.replayed)
    load.stop()
    if "work" in kills:
        hits["work"] = undecided(wayfold, kills["work"])
    load.ask_again(chance)
    for kind in {"run", "serve", "gateway", "work"} & set(victims):
        assert hits[kind] > 0, f"no kill of {kind} fell between an append and its answer"
    load.check(wayfold.staff("operator"))
    with capsys.disabled():
        counts = {victim: len(when) for victim, when in kills.items()}
        print(f"\nseed {SEED}, kills {counts}, commands in flight {dict(in_flight)}, known to be "
              f"between append and answer {dict(hits)}: {load.summary()}")


def test_all_tables_agree_with_the_log_afterwards(wayfold, load):
    wayfold.verify_all()
