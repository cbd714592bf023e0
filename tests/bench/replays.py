"""What scripts/bench measures on a log that was made, not booked: W4 and R4. Each function runs one
repetition and returns its figures."""
import json
import os
import shutil
import subprocess
import tempfile
import time

import node as nodes

# The peers' three views: bookings, what they take of each charger, and what each day brought.
VIEWS = ["bookings", "chargers", "daily_bookings"]
CHARGERS = 10_000  # whose listing each log begins with


class MadeNode(nodes.Node):
    """A deployment whose log is made by make_log. Nothing runs until it is started."""

    def __init__(self, build, overrides, events, now, *how):
        super().__init__(build, overrides)
        self.build = build
        try:
            self.made = json.loads(self.run_tool("make_log", str(events), str(now), *how))
        except BaseException:
            shutil.rmtree(self.dir)
            raise

    def __enter__(self):
        return self

    def run_tool(self, name, *arguments):
        return subprocess.run([str(self.build / "bin" / name), str(self.config), *arguments],
                              cwd=nodes.ROOT, capture_output=True, text=True, check=True).stdout


def used_by(command):
    """What a process printed, its seconds, and the kernel's account of what it used."""
    started = time.monotonic()
    with tempfile.TemporaryFile("w+") as errors:
        process = subprocess.Popen(command, cwd=nodes.ROOT, stdout=subprocess.PIPE, stderr=errors,
                                   text=True)
        out = process.stdout.read()
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        process.stdout.close()
        errors.seek(0)
        if process.returncode:
            raise SystemExit(f"bench: {' '.join(command)}: {errors.read()[-2000:]}")
    return out, time.monotonic() - started, used


def rebuild(node):
    """W4: `wayfold rebuild` of the three tables from nothing, in one reading of the log; the
    process's start is included."""
    shutil.rmtree(node.var / "tables", ignore_errors=True)
    events = node.made["events"]
    out, seconds, used = used_by(node.arguments("rebuild", *VIEWS, "--json"))
    rebuilt = [json.loads(line) for line in out.splitlines()]
    if [one["events"] for one in rebuilt] != [events] * len(VIEWS):
        raise SystemExit(f"bench: not all {events} events were rebuilt: {out}")
    cpu = used.ru_utime + used.ru_stime
    return {"events/s": events / seconds,
            "CPU %": 100 * cpu / seconds / os.cpu_count(),
            "CPU µs each": 1e6 * cpu / events,
            "RSS MB, greatest": used.ru_maxrss / 1024,
            "bytes each, tables": nodes.bytes_under(node.var / "tables") / events,
            "bytes each, log": nodes.bytes_under(node.var / "log") / events}


def fold(node):
    """The live path into new stores: events/s, and the tables' digests."""
    scratch = node.dir / "projected"
    folded = json.loads(node.run_tool("table_bench", str(scratch), *VIEWS))
    shutil.rmtree(scratch)
    return node.made["events"] / folded["seconds"], folded["digests"]


def digests(node):
    """Of what was rebuilt, each proved equal to its scan and its refold."""
    return {proof["table"]: proof["stored"]
            for proof in map(json.loads, node.tool("verify", *VIEWS, "--json").splitlines())}


def doubled(clean, faulty):
    """R4: the same commands, once on a log whose every append to events is there twice, beside a
    zombie that answers each command otherwise, before its owner does."""
    figures = {}
    found = []
    for name, node in (("", clean), ("doubled, ", faulty)):
        figures[f"{name}rebuild events/s"] = rebuild(node)["events/s"]
        figures[f"{name}live events/s"], live = fold(node)
        found += [live, digests(node)]
    if any(one != found[0] for one in found):
        raise SystemExit(f"bench: R4: the digests differ: {found}")
    for path in ("rebuild", "live"):
        figures[f"{path}, share kept"] = (figures[f"doubled, {path} events/s"]
                                          / figures[f"{path} events/s"])
    return figures
