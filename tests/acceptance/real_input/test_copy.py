"""All real input, decided on the embedded log and copied to Kafka, is decided there as it was."""

import json
import shutil

from deployment import DATA, Embedded, OnKafka
from process import wait_until
from real_input import convert, recompute
from real_input.run_import import run_import


def accepted(wayfold) -> list[str]:
    """Every accepted event with its order in its stream, but not its place in a partition."""
    place = {"offset", "partition", "epoch", "cause"}
    events = [json.loads(line) for line in wayfold.cli("replay", "--json").stdout.splitlines()]
    assert events
    return sorted(json.dumps({name: value for name, value in event.items() if name not in place},
                             sort_keys=True) for event in events)


def test_same_events_and_digests_G5(deploy, tmp_path):
    source, target = deploy("source", Embedded), deploy("target", OnKafka, start=False)
    expected = recompute.Expected(DATA)
    imported = run_import(source, convert.lines(DATA), tmp_path)
    assert imported["accepted"] == len(expected.titles) + 3 * len(expected.accepted)
    wait_until(source.caught_up, 300, "the source to be decided")

    target.found()
    shutil.copy(source.var / "secrets.json", target.var / "secrets.json")
    source.cli("copy", "--commands", source.config, target.config)
    target.start()
    wait_until(target.caught_up, 300, "the target to be decided", each=0.5)
    assert accepted(target) == accepted(source)
    assert target.digests() == source.digests()
