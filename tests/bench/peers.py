"""The peers' harness (../shared/peers) and Wayfold by turns in one run, and their ratios beside the
targets. Each peer is started, measured once and stopped; then Wayfold is, at the same work."""
import contextlib
import json
import os
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import measures
import node as nodes
import people
import replays

SCRIPT = nodes.ROOT / "tests/bench/peers.sh"
WORKS = {"W1": ["fastapi", "emmett", "django", "pgbench"], "W2": ["nginx"], "W3": ["redis"],
         "W4": ["kafka-streams"], "R1": [], "L2": []}
PEERS = [peer for peers in WORKS.values() for peer in peers]
EVENTS = 1_000_000  # of W4, theirs and ours, and before R1
CHARGERS = 10_000  # as many as theirs have
WARM_SECONDS = 2  # likewise
OURS = [work for work in WORKS if work != "W3"]  # positions: not ours yet
REFUSED_SHARE_MAX = 0.01
TIME_WAIT = "06"  # in /proc/net/tcp
TIME_WAIT_MAX = 200


@dataclass(frozen=True)
class Target:
    """`ours` divided by `theirs`, or `ours` alone, and what it should be at least or at most."""
    ours: str
    theirs: str
    limit: float
    at_most: bool = False

    def holds(self, value):
        return value <= self.limit if self.at_most else value >= self.limit

    def name(self):
        return self.ours + (f" / {self.theirs[3:]}" if self.theirs else "")

    def wanted(self):
        return f"{'≤' if self.at_most else '≥'} {self.limit:g}"


TARGETS = [
    Target("W1 wayfold", "W1 fastapi", 8), Target("W1 wayfold", "W1 emmett", 12),
    Target("W1 wayfold", "W1 django", 30), Target("W1 wayfold", "W1 pgbench", 2.5),
    Target("W2 wayfold", "W2 nginx", 0.9),
    Target("W4 wayfold", "W4 kafka-streams changelog", 5),
    Target("W4 wayfold", "W4 kafka-streams no changelog", 4),
    Target("R1 seconds", "", 1, at_most=True), Target("L2 p99 ms", "", 80, at_most=True),
    Target("L2 p99 ms", "L2 bare loop p99 ms", 1, at_most=True)]


def wait_for_ports():
    """Closed connections, of L2 ten thousand, keep their ports for a minute, and a peer may have to
    listen on one of them."""
    until = time.monotonic() + 90
    while time.monotonic() < until:
        sockets = Path("/proc/net/tcp").read_text().splitlines()[1:]
        if sum(line.split()[3] == TIME_WAIT for line in sockets) <= TIME_WAIT_MAX:
            return
        time.sleep(1)


class Failed(Exception):
    """Of a peer: what is said is why."""


class Harness:
    def __init__(self, source, where, seconds):
        self.source, self.where = source.resolve(), where.resolve()
        self.rows = self.where / "results/all.jsonl"
        self.seconds = seconds

    def prepare(self):
        if not (self.source / "prepare").is_file():
            raise SystemExit(f"bench: {self.source} has no `prepare`: not the peers' folder")
        self.where.mkdir(parents=True, exist_ok=True)
        for folder in self.where.parents:
            if not folder.stat().st_mode & 0o001:  # PostgreSQL and nginx are other users
                raise SystemExit(f"bench: not everyone may enter {folder}: lay the peers elsewhere")
        for command in ([self.source / "prepare", self.where], [nodes.ROOT / "scripts/deps",
                                                                "peers"]):
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)

    def run(self, what, peer):
        env = {**os.environ, "SECS": str(self.seconds), "REPS": "1"}
        done = subprocess.run([SCRIPT, self.where, what, peer], env=env, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if done.returncode:
            lines = [line for line in done.stdout.splitlines() if line.strip()]
            raise Failed(f"{peer}: {what} failed: {' | '.join(lines[-3:]) or 'without a word'}")

    def measure(self, peer):
        """Rates by the name of what was measured, and whether others disturbed it."""
        before = self.rows.read_text().count("\n") if self.rows.exists() else 0
        self.run("measure", peer)
        rows = [json.loads(line) for line in self.rows.read_text().splitlines()[before:]]
        return dict(rate(row) for row in rows)  # of one tainted and repeated, the last


def rate(row):
    """What drive.py wrote down, as a name, and the rate and whether it was alone on the machine."""
    name = f"{row['work']} {row['peer']}"
    if row["work"] == "W4":
        name += " " + row["label"]
        if not row["complete"]:
            raise Failed(f"{name}: it did not come to the end")
    if "check" in row and row["check"].split(",")[1:] != ["0"]:
        raise Failed(f"{name}: bookings overlap, or could not be looked at: {row['check']!r}")
    if row.get("other", 0) + row.get("err", 0) > REFUSED_SHARE_MAX * row["requests"]:
        raise Failed(f"{name}: requests failed: {row}")
    return name, (row.get("accepted_s", row["req_s"]), row["tainted"])


class Ours:
    """Started for each of its turns, so that it is idle at no peer's."""

    def __init__(self, build, chosen, now, stack):
        self.build, self.chosen, self.now, self.stack = build, chosen, now, stack
        self.bookings = {}  # by what its node is for: a node with people, and where they book

    def made(self):
        return self.stack.enter_context(
            replays.MadeNode(self.build, self.chosen.set, EVENTS, self.now))

    def fresh(self):
        return self.stack.enter_context(nodes.Node(self.build, self.chosen.set))

    def booking(self, purpose, make, chargers):
        """Of a node that runs; what it needs is made the first time."""
        if purpose in self.bookings:
            self.bookings[purpose].node.start()
            return self.bookings[purpose]
        node = make()
        if not node.processes:
            node.start()
        people.make(node, chargers)
        node.wait_level()
        self.bookings[purpose] = measures.Booking(node)
        return self.bookings[purpose]

    def measure(self, work):
        if work == "W4":
            self.log = getattr(self, "log", None) or self.made()
            return {"W4 wayfold": replays.rebuild(self.log)["events/s"]}
        booking = (self.booking("R1", self.made, 1_000) if work == "R1"
                   else self.booking("load", self.fresh, CHARGERS))
        try:
            return self.under_load(work, booking)
        finally:
            booking.node.stop()

    def under_load(self, work, booking):
        seconds = self.chosen.seconds
        if work == "R1":
            return {"R1 seconds": measures.recover(booking.node, booking)["seconds"]}
        if work == "L2":
            figures = measures.announced(booking.node, self.build, self.chosen.subscribers, seconds,
                                         booking)
            return {f"L2 {name}": figures[name] for name in ("p99 ms", "bare loop p99 ms")}
        booking.run(WARM_SECONDS)
        if work == "W1":
            return {"W1 wayfold": booking.run(seconds)["accepted/s"]}
        measures.write_ids(booking.node)
        measures.read(booking.node, WARM_SECONDS)
        return {"W2 wayfold": measures.read(booking.node, seconds)["reads/s"]}


class Run:
    """Figures of every round by name; what failed is told at once, and is not tried again."""

    def __init__(self, harness, chosen):
        self.harness = harness
        self.works = chosen.what
        self.peers = [peer for work in self.works for peer in WORKS[work] if peer in chosen.peer]
        self.rounds, self.disturbed, self.failed = [], {}, []

    def fail(self, peer, why):
        print(f"NOT MEASURED: {why}", flush=True)
        self.failed.append(peer)

    def set_up(self):
        for peer in self.peers:
            try:
                self.harness.run("setup", peer)
            except Failed as why:
                self.fail(peer, why)
            else:
                print(f"set up: {peer}", flush=True)

    def round(self, ours):
        figures = {}
        for work in self.works:
            for peer in WORKS[work]:
                if peer in self.peers and peer not in self.failed:
                    figures |= told(self.of_peer, peer)
            if work in OURS:
                figures |= told(ours.measure, work)
        self.rounds.append(figures)

    def of_peer(self, peer):
        wait_for_ports()
        try:
            measured = self.harness.measure(peer)
        except Failed as why:
            self.fail(peer, why)
            return {}
        for name, (_, disturbed) in measured.items():
            self.disturbed[name] = self.disturbed.get(name, 0) + disturbed
        return {name: value for name, (value, _) in measured.items()}

    def of(self, name):
        return {number: figures[name] for number, figures in enumerate(self.rounds)
                if name in figures}

    def print_figures(self):
        print(f"\nmin / median / max of {len(self.rounds)} rounds")
        for name in dict.fromkeys(name for figures in self.rounds for name in figures):
            disturbed = self.disturbed.get(name, 0)
            print(f"  {name:<40} {spread(self.of(name).values())}"
                  + (f"  ({disturbed} of them while others were busy)" if disturbed else ""))

    def print_ratios(self):
        print("\nratios of each round, beside their targets")
        for target in TARGETS:
            ours, theirs = self.of(target.ours), self.of(target.theirs)
            values = [value / theirs[number] if target.theirs else value
                      for number, value in ours.items() if not target.theirs or number in theirs]
            if not values:
                continue
            held = "holds" if target.holds(statistics.median(values)) else "missed"
            print(f"  {target.name():<44} {target.wanted():>6}  {spread(values, 2):<32} {held}",
                  flush=True)


def told(measure, what):
    """Its figures, which are printed with how long they took to get."""
    started = time.monotonic()
    figures = measure(what)
    for name, value in figures.items():
        print(f"  {name:<40} {value:12,.1f}  after {time.monotonic() - started:.0f} s", flush=True)
    return figures


def spread(values, digits=0):
    values = list(values)
    return " / ".join(f"{value:,.{digits if abs(value) >= 100 else 2}f}"
                      for value in (min(values), statistics.median(values), max(values)))


def run(source, where, build, chosen, now):
    """Whether every peer asked for was set up and measured."""
    harness = Harness(source, where, chosen.seconds)
    harness.prepare()
    of_all = Run(harness, chosen)
    of_all.set_up()
    with contextlib.ExitStack() as stack:
        ours = Ours(build, chosen, now, stack)
        for number in range(chosen.runs):
            print(f"\nround {number + 1}, load average {os.getloadavg()[0]:.1f}", flush=True)
            of_all.round(ours)
    of_all.print_figures()
    of_all.print_ratios()
    for peer in of_all.failed:
        print(f"NOT MEASURED: {peer}, see above")
    return not of_all.failed
