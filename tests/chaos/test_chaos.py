"""Everything that can fail does, at random, under load: nothing is lost, nothing is doubled.

A run goes through its happenings in an order its seed says, again and again, until its time is
over and each has been there. After each one every command that was in flight gets its answer. At
the end what the clients and subscribers were told is compared with what is there, and the tables
with their log.
scripts/chaos gives another seed, or longer runs.
"""

import os
import random
import time
from collections import Counter

import pytest

import happenings
from deployments import BehindProxies, OnBadDisk, SpreadBehindProxy
from follower import Follower
from load import SEED, Load

SECONDS = int(os.environ.get("WF_CHAOS_SECONDS", 150))
ANSWERS_PER_S = 1000  # more than the load gets here
BOOKINGS_MAX = 5000  # of a charger, that are still to come: live_bookings_max of the platform
CHARGERS = max(32, SECONDS * ANSWERS_PER_S // BOOKINGS_MAX)
FOLLOWED = 3
RUNS = {
    "embedded": (OnBadDisk, {}, happenings.EMBEDDED),
    "one_broker": (SpreadBehindProxy, {"kafka": {"session_timeout_ms": 1000}},
                   happenings.ONE_BROKER),
    "three_brokers": (BehindProxies, {"brokers": 3, "workers": 2,
                                      "kafka": {"session_timeout_ms": 1000}},
                      happenings.THREE_BROKERS),
}


def orders(happenings_: list, chance: random.Random):
    """Each happening once, then each once more in another order, for ever."""
    while True:
        yield from chance.sample(happenings_, len(happenings_))


@pytest.mark.parametrize("run", RUNS)
def test_nothing_is_lost_or_doubled(run, deploy, capsys):
    kind, config, what = RUNS[run]
    wayfold = deploy(kind=kind, **config)
    host, renter = wayfold.guest().register("host"), wayfold.guest().register("renter")
    chargers = [host.list_charger(title=f"{number}") for number in range(CHARGERS)]
    load = Load(wayfold.urls, renter.token, chargers)
    followers = [Follower(wayfold.urls, charger) for charger in chargers[:FOLLOWED]]
    for one in [load, *followers]:
        one.start()
    chance, happened = random.Random(SEED), Counter()
    until = time.monotonic() + SECONDS
    for happening in orders(what, chance):
        if time.monotonic() > until and len(happened) == len(what):
            break
        load.wait_for(chance.randrange(5, 60))
        print(happening.__name__, flush=True)  # shown if it fails
        happening(wayfold, chance)
        happened[happening.__name__] += 1
        load.wait_answered(load.in_flight())
    load.stop()
    load.ask_again(chance)
    operator = wayfold.staff("operator")
    load.check(operator)
    for follower in followers:
        follower.check(operator)
    wayfold.verify_all()
    with capsys.disabled():
        told = sum(follower.told for follower in followers)
        print(f"\nseed {SEED}, {dict(happened)}: {load.summary()}; {told} changes pushed")
