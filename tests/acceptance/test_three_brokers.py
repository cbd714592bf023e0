"""Three brokers, three replicas, two of them in sync: one broker dies under load, then another."""

import json
import random
import subprocess

import pytest

from load import SEED
from process import wait_until


@pytest.fixture(scope="module")
def wayfold(deploy):
    return deploy(brokers=3)


def all_in_sync(wayfold) -> bool:
    done = subprocess.run(["kcat", "-L", "-J", "-b", wayfold.settings["kafka"]["bootstrap"]],
                          capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        return False
    partitions = [partition for topic in json.loads(done.stdout)["topics"]
                  for partition in topic["partitions"]]
    return all(len(partition["isrs"]) == 3 for partition in partitions)


def test_a_broker_that_dies_takes_nothing_acknowledged_with_it(wayfold, load, capsys):
    chance = random.Random(SEED)
    killed = chance.sample([1, 2, 3], 2)
    for number in killed:
        load.wait_for(chance.randrange(20, 100))
        wayfold.broker("kill", number)
        load.wait_answered(load.in_flight())
        load.wait_for(100)  # by two brokers
        wayfold.brokers_up()
        wait_until(lambda: all_in_sync(wayfold), 60, "three replicas in sync", each=0.5)
    load.stop()
    load.check(wayfold.staff("operator"))
    wayfold.verify()
    with capsys.disabled():
        print(f"\nseed {SEED}, killed brokers {killed}: {load.summary()}")
