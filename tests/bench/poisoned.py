"""R3: one booking of a hundred is parked; whether the others are answered, and with what a client
has just seen, while W1 runs."""
import asyncio
import random
import subprocess
import threading
import time

import node as nodes
import people
import visible
from client import Connection

ONE_OF = 100
READERS = 16
FIRST_SLOT = 1_000  # of the bookings beside W1's: ten days after where its begin
BOOKED_EVERY = 0.05  # seconds; each gives the readers a newer position to ask for


def poison(node, build):
    """The node is stopped meanwhile."""
    node.stop()
    subprocess.run([str(build / "bin/poison"), str(node.config), str(ONE_OF),
                    str(node.dir / "poisoned.txt")], cwd=nodes.ROOT, check=True)
    node.start()
    node.wait_level()


class Reading:
    """Keys by chance, each as of a booking acknowledged just before; a thread beside the load."""

    def __init__(self, node, booking, seconds):
        self.node, self.seconds = node, seconds
        self.position = ""
        self.found, self.times = {}, []  # by key: the answer's status
        self.keys = [line.split() for line in (node.dir / "ids.txt").read_text().splitlines()]
        random.Random(booking.runs).shuffle(self.keys)
        self.charger = people.lines(node.dir / "chargers.txt")[booking.runs]  # not the last run's
        self.thread = threading.Thread(target=lambda: asyncio.run(self.run()))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.thread.join()

    async def run(self):
        until = time.monotonic() + self.seconds
        await self.book(0)
        keys = iter(self.keys)
        await asyncio.gather(self.book_on(until), *(self.read(keys, until)
                                                    for _ in range(READERS)))

    async def book(self, number):
        _, self.position = await visible.book(self.node.port, self.keys[0][0], self.charger,
                                              FIRST_SLOT + number, f"R3 {self.charger} {number}")

    async def book_on(self, until):
        number = 0
        while time.monotonic() < until:
            number += 1
            await self.book(number)
            await asyncio.sleep(BOOKED_EVERY)

    async def read(self, keys, until):
        connection = await Connection.open(self.node.port)
        while time.monotonic() < until and (key := next(keys, None)):
            started = time.perf_counter()
            answer = await connection.get(f"/bookings/{key[1]}", key[0], self.position)
            self.times.append(time.perf_counter() - started)
            self.found[key[1]] = answer.status
        connection.close()


def run(node, seconds, booking):
    """R3."""
    with Reading(node, booking, seconds) as reading:
        load = booking.run(seconds)
    poisoned = set(people.lines(node.dir / "poisoned.txt"))
    parked = [status for key, status in reading.found.items() if key in poisoned]
    sound = [status for key, status in reading.found.items() if key not in poisoned]
    if set(parked) != {503}:
        raise SystemExit(f"bench: R3: parked keys were answered {sorted(set(parked))}")
    times = sorted(reading.times)
    return {"keys asked": len(reading.found),
            "parked %": 100 * len(parked) / len(reading.found),
            "answered fresh %": 100 * sound.count(200) / len(reading.found),
            "others answered fresh %": 100 * sound.count(200) / len(sound),
            "p50 ms": 1e3 * times[len(times) // 2], "p99 ms": 1e3 * times[len(times) * 99 // 100],
            **{f"W1 {name}": load[name] for name in ("accepted/s", "p99 ms", "server CPU %")}}
