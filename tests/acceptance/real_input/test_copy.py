"""Commands of an embedded deployment, copied to Kafka, are decided there as they were."""

import json
import shutil

from deployment import DATA, Embedded, OnKafka
from process import wait_until
from real_input import convert
from real_input.run_import import run_import

SESSIONS = 400  # of each source


def accepted(wayfold) -> list[str]:
    """Every accepted event with its order in its stream, but not its place in a partition."""
    place = {"offset", "partition", "epoch", "cause"}
    events = [json.loads(line) for line in wayfold.cli("replay", "--json").stdout.splitlines()]
    assert events
    return sorted(json.dumps({name: value for name, value in event.items() if name not in place},
                             sort_keys=True) for event in events)


def test_same_events_and_digests_G5(deploy, tmp_path):
    source, target = deploy("source", Embedded), deploy("target", OnKafka, start=False)
    lines = convert.lines(DATA, SESSIONS)
    assert run_import(source, lines, tmp_path)["accepted"] > 3 * SESSIONS
    wait_until(source.caught_up, 60, "the source to be decided")

    target.found()
    shutil.copy(source.var / "secrets.json", target.var / "secrets.json")
    source.cli("copy", "--commands", source.config, target.config)
    target.start()
    wait_until(target.caught_up, 120, "the target to be decided", each=0.5)
    assert accepted(target) == accepted(source)
    assert target.digests() == source.digests()
