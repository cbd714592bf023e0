"""What scripts/bench measures: each function runs one repetition and returns its figures."""
import asyncio
import json
import os
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import broadcast
import node as nodes
import people
import visible
from client import Connection

HERE = Path(__file__).resolve().parent
CONNECTIONS = 64
IDS_PER_RENTER = 2_000


def wrk(node, seconds, script, *arguments):
    """Runs one load generator thread; its figures and both sides' seconds of CPU."""
    before, children = node.cpu(), nodes.cpu_of_children()
    done = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "--timeout", "10", "-s",
         str(HERE / script), node.url, "--", *map(str, arguments)],
        cwd=node.dir, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout.splitlines()[-1])
    figures["server_cpu"] = node.cpu() - before
    figures["client_cpu"] = nodes.cpu_of_children() - children
    return figures


def machine_share(seconds_of_cpu, seconds):
    return 100 * seconds_of_cpu / seconds / os.cpu_count()


def common(figures, count):
    return {"p50 ms": figures["p50_ms"], "p99 ms": figures["p99_ms"],
            "server CPU %": machine_share(figures["server_cpu"], figures["seconds"]),
            "client CPU %": machine_share(figures["client_cpu"], figures["seconds"]),
            "server CPU µs each": 1e6 * figures["server_cpu"] / max(count, 1)}


class Booking:
    """W1. Slots go on where the last run ended, so they do not run out."""

    def __init__(self, node):
        self.node = node
        self.slot = 0
        self.runs = 0
        self.chargers = len(people.lines(node.dir / "chargers.txt"))

    def run(self, seconds):
        node = self.node
        before = node.answered("POST", "/bookings", 201)
        self.runs += 1
        figures = wrk(node, seconds, "book.lua", "tokens.txt", "chargers.txt", self.slot,
                      f"run {self.runs}-")
        self.slot += (figures["requests"] + CONNECTIONS) // self.chargers + 1
        accepted = node.answered("POST", "/bookings", 201) - before
        row = {"accepted/s": accepted / figures["seconds"], **common(figures, accepted)}
        row["refused"] = figures["refused"] + figures["broken"]
        row["RSS MB"] = node.rss()
        started = time.monotonic()
        node.wait_level()
        row["tables level after s"] = time.monotonic() - started
        return row


def write_ids(node):
    """Bookings with the renter who may read each."""
    async def collect():
        connection = await Connection.open(node.port)
        lines = []
        for token in people.lines(node.dir / "tokens.txt"):
            path, found = "/bookings?limit=200", 0
            while path and found < IDS_PER_RENTER:
                page = json.loads((await connection.get(path, token, "")).body)
                lines += [f"{token} {row['id']}\n" for row in page["items"]]
                found += len(page["items"])
                cursor = page.get("next")
                path = cursor and f"/bookings?limit=200&cursor={cursor}"
        connection.close()
        return lines
    (node.dir / "ids.txt").write_text("".join(asyncio.run(collect())))


def read(node, seconds):
    """W2."""
    figures = wrk(node, seconds, "read.lua", "ids.txt")
    answered = figures["requests"] - figures["refused"]
    return {"reads/s": answered / figures["seconds"], **common(figures, answered),
            "refused": figures["refused"] + figures["broken"], "RSS MB": node.rss()}


def visible_after(node, build, seconds, rate, booking):
    """L1: from the moment a command was due to be sent until a read with its token shows it."""
    before, broker, own = node.cpu(), node.cpu_of_broker(), nodes.cpu_of_children()
    started = time.monotonic()
    done = subprocess.run(
        [str(build / "bin/paced_bookings"), *map(str, (node.port, rate, seconds, booking.slot)),
         f"L1 {booking.slot}-"], cwd=node.dir, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    booking.slot += rate * seconds // booking.chargers + 1
    seconds = time.monotonic() - started  # longer than asked for if the rate was not held
    server = node.cpu() - before
    return {"commands/s": figures["seen"] / seconds,
            "p50 ms": figures["p50_ms"], "p99 ms": figures["p99_ms"],
            "server CPU %": machine_share(server, seconds),
            "server CPU µs each": 1e6 * server / max(figures["seen"], 1),
            "client CPU %": machine_share(nodes.cpu_of_children() - own, seconds),
            "broker CPU %": machine_share(node.cpu_of_broker() - broker, seconds),
            "refused": figures["wrong"]}


def announced(node, build, count, seconds, booking):
    """L2: once a second to `count` subscribers."""
    charger = people.lines(node.dir / "chargers.txt")[0]
    token = people.lines(node.dir / "tokens.txt")[0]
    figures = broadcast.run(node, build, count, seconds, token, charger, booking.slot)
    booking.slot += seconds
    return figures


def rebuilt_under_load(node, seconds, booking):
    """R2: W1 while the process it runs on builds both tables anew, again and again, and swaps."""
    rebuilds, stop = [], threading.Event()

    def rebuild_on():
        while not stop.is_set():
            started = time.monotonic()
            lines = node.tool("rebuild", "bookings", "daily_bookings", "--json").splitlines()
            events = max(json.loads(line)["events"] for line in lines)
            rebuilds.append((events, time.monotonic() - started))

    rebuilding = threading.Thread(target=rebuild_on)
    rebuilding.start()
    row = booking.run(seconds)
    stop.set()
    rebuilding.join()
    row["rebuilds"] = len(rebuilds)
    row["rebuilt, of all events/s"] = sum(e for e, _ in rebuilds) / sum(s for _, s in rebuilds)
    return row


def timed_tool(node, *words, out=subprocess.PIPE):
    before, started = nodes.cpu_of_children(), time.monotonic()
    done = subprocess.run(node.arguments(*words), cwd=nodes.ROOT, stdout=out, check=True)
    return done.stdout, time.monotonic() - started, nodes.cpu_of_children() - before


def rates(folded, history, seconds, cpu):
    """`folded`: events both tables fold; `history`: all that had to be read for them."""
    return {"events/s": folded / seconds, "of all events/s": history / seconds,
            "CPU µs each": 1e6 * cpu / folded}


def rebuild(node, folded):
    """Both tables in one reading of the log, the process stopped."""
    out, seconds, cpu = timed_tool(node, "rebuild", "bookings", "daily_bookings", "--json")
    history = max(json.loads(line)["events"] for line in out.splitlines())
    return {**rates(folded, history, seconds, cpu), "events": history}


def replay(node, history):
    with open(os.devnull, "wb") as null:
        _, seconds, cpu = timed_tool(node, "replay", out=null)
    return {"events/s": history / seconds, "CPU µs each": 1e6 * cpu / history}


def project(node, build):
    """The live path's speed when there is always more to fold: bookings and daily_bookings."""
    before = nodes.cpu_of_children()
    scratch = node.dir / "projected"
    done = subprocess.run([str(build / "bin/table_bench"), str(node.config), str(scratch)],
                          cwd=nodes.ROOT, capture_output=True, text=True, check=True)
    shutil.rmtree(scratch)
    figures = json.loads(done.stdout)
    cpu = nodes.cpu_of_children() - before
    folded = figures["folded"]
    return {**rates(folded, figures["history"], figures["seconds"], cpu), "folded": folded}


def recover(node, booking):
    """R1: kill -9 under load; until the booking acknowledged last is read back right."""
    load = subprocess.Popen(
        ["wrk", "-t1", f"-c{CONNECTIONS}", "-d4", "-s", str(HERE / "book.lua"), node.url, "--",
         "tokens.txt", "chargers.txt", str(booking.slot), f"R1 {booking.slot}-"],
        cwd=node.dir, stdout=subprocess.DEVNULL)
    booking.slot += 100
    time.sleep(2)
    token = people.lines(node.dir / "tokens.txt")[0]
    charger = people.lines(node.dir / "chargers.txt")[0]
    made, position = asyncio.run(visible.book(node.port, token, charger, booking.slot, "R1 last"
                                              f" {booking.slot}"))
    booking.slot += 1
    node.stop(signal.SIGKILL)
    started = time.monotonic()
    load.wait()
    waited = time.monotonic() - started  # the generator ends before its successor's clock starts
    started = time.monotonic()
    node.launch()
    row = asyncio.run(visible.read_until_there(node.port, token, made, position))
    seconds = time.monotonic() - started
    node.wait_until_ready()
    ready = time.monotonic() - started
    if row["charger"] != charger or row["status"] != "confirmed":
        raise SystemExit(f"bench: a wrong answer after the restart: {row}")
    return {"seconds": seconds, "ready s": ready, "load ended s": waited}


def disk(node, events):
    """Bytes per event on disk; call it with the process stopped."""
    return {"log": nodes.bytes_under(node.var / "log") / events,
            "tables": nodes.bytes_under(node.var / "tables") / events,
            "stores": nodes.bytes_under(node.var / "stores") / events}
