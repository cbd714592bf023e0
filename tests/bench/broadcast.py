"""L2: a row that changes once a second, to ten thousand WebSocket subscribers; and a plain loop of
sends to as many, which is the least it can cost on this machine."""
import asyncio
import json
import subprocess
import time

from client import Connection
from visible import body_of

MESSAGE_OVERHEAD = len('{"sequence":12,"row":}')


class Subscribers:
    """Beside what they listen to: a process of their own, which says when all have a message."""

    def __init__(self, build, port, path, count):
        self._process = subprocess.Popen(
            [str(build / "bin/subscribers"), str(port), path, str(count)], stdout=subprocess.PIPE,
            text=True)
        self._early = []  # lines nobody has waited for yet

    def line(self):
        text = self._process.stdout.readline()
        if not text:
            raise SystemExit("bench: a subscriber was dropped")
        return json.loads(text)

    def wait_for(self, what):
        for line in self._early:
            if what in line:
                self._early.remove(line)
                return line
        while what not in (line := self.line()):
            self._early.append(line)
        return line

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()


def latencies(rounds):
    """From pairs (when it was sent, when it arrived), in ms: the middle and the 99th of all
    messages of all rounds, and the greatest of the rounds' 99ths."""
    took = [[(at - sent) / 1e6 for at in line["percentiles"]] for sent, line in rounds]
    messages = sorted(one for each in took for one in each)
    return {"p50 ms": messages[len(messages) // 2 - 1],
            "p99 ms": messages[len(messages) * 99 // 100 - 1],
            "worst round's p99 ms": max(each[98] for each in took)}


def bare(build, count, size, rounds):
    loop = subprocess.Popen([str(build / "bin/bare_broadcast"), str(count), str(size)],
                            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    port = json.loads(loop.stdout.readline())["port"]
    with Subscribers(build, port, "/", count) as subscribers:
        subscribers.wait_for("ready")
        told = []
        for _ in range(rounds):
            time.sleep(1)
            loop.stdin.write("\n")
            loop.stdin.flush()
            sent = json.loads(loop.stdout.readline())["sent"]
            told.append((sent, subscribers.wait_for("broadcast")))
    loop.stdin.close()
    loop.wait()
    return latencies(told)


async def _change(port, token, charger, slot, rounds, subscribers, key):
    """Books the charger once a second: each time its row changes."""
    connection = await Connection.open(port)
    told = []
    for number in range(rounds):
        await asyncio.sleep(1)
        sent = time.monotonic_ns()
        answer = await connection.post("/bookings", f"{key}{number}", token,
                                       body_of(charger, slot + number))
        if answer.status != 201:
            raise SystemExit(f"bench: booking: {answer.status}")
        told.append((sent, subscribers.wait_for("broadcast")))
    size = len((await connection.get(f"/chargers/{charger}", token, "")).body)
    connection.close()
    return told, size


def run(node, build, count, rounds, token, charger, slot):
    with Subscribers(build, node.port, f"/ws/chargers/{charger}", count) as subscribers:
        started, before = time.monotonic(), node.cpu()
        subscribers.wait_for("ready")
        subscribing = {"subscribing s": time.monotonic() - started,
                       "subscribing CPU µs each": 1e6 * (node.cpu() - before) / count}
        subscribers.wait_for("broadcast")  # the row as it was
        before = node.cpu()
        told, size = asyncio.run(
            _change(node.port, token, charger, slot, rounds, subscribers, f"L2 {slot}-"))
        figures = {**latencies(told), "server CPU ms each": 1e3 * (node.cpu() - before) / rounds,
                   "RSS MB": node.rss(), **subscribing}
    figures |= {f"bare loop {name}": value
                for name, value in bare(build, count, size + MESSAGE_OVERHEAD, rounds).items()}
    return figures
