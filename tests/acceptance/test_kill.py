"""kill -9 of each process under load, and of the broker, at seeded points.

A point is a number of answers the load has got since the last start. What was in flight then is
sent again afterwards: an answer marked as replayed shows that the kill fell between the append and
the answer, and the test fails if none did.
"""

import random

import pytest

from load import Load
from process import wait_until

SEED = 20261121
POINTS = 20


def kill_web(wayfold):
    wayfold.web.kill()
    if wayfold.log_kind == "rocks":
        wayfold.start()
        return
    wayfold.start_web()
    wayfold.wait_ready(wayfold.web)


def kill_work(wayfold):
    wayfold.work[0].kill()
    wayfold.start_work()


def kill_broker(wayfold):
    wayfold.broker("kill")
    wayfold.broker("up")


VICTIMS = {"rocks": [kill_web], "kafka": [kill_web, kill_work, kill_broker]}


@pytest.fixture(scope="module")
def load(wayfold):
    host, renter = wayfold.guest().register("host"), wayfold.guest().register("renter")
    made = Load(wayfold.url, renter.token, [host.list_charger(title=f"{n}") for n in range(8)])
    yield made
    made.stop()


def answers_now(wayfold, client) -> bool:
    return client.get("/bookings", params={"limit": 1}).status_code == 200


def test_nothing_acknowledged_is_lost_or_doubled_BK1(wayfold, load):
    points, replayed = random.Random(SEED), 0
    for number in range(POINTS):
        victim = VICTIMS[wayfold.log_kind][number % len(VICTIMS[wayfold.log_kind])]
        target = load.answered() + points.randrange(5, 60)
        load.start()
        wait_until(lambda: load.answered() >= target, 60, f"{target} answers", each=0.001)
        if victim is kill_web:
            victim(wayfold)
            load.stop()
        else:  # the load goes on meanwhile, and is answered 503 or late
            victim(wayfold)
            recovered = load.answered() + 5
            wait_until(lambda: load.answered() >= recovered, 90, "answers after the kill")
            load.stop()
        load.url = wayfold.url
        client = wayfold.guest()
        client.token = load.token
        replayed += load.settle(client)
    assert replayed > 0, "no kill fell between the append and the answer"
    operator = wayfold.staff("operator")
    operator.position = client.position
    load.check(operator.pages("/bookings", limit=200))
    print(f"{len(load.acknowledged)} bookings, {len(load.refused)} refused, "
          f"{replayed} in flight had been decided")


def test_all_tables_agree_with_the_log_afterwards(wayfold):
    wayfold.verify()
