"""Clients that book at full speed, insist on an answer, read it back, and remember everything."""

import os
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random

import httpx

from client import Client, slot
from process import wait_until

SEED = int(os.environ.get("WF_SEED", 20261121))
AGAIN = 100  # of each kind, in ask_again
AGAIN_S = 0.05  # between two attempts: a server that is away need not be hammered
UNSETTLED = (202, 503, 504)
WAIT_S = 90


@dataclass
class Load:
    """`threads` clients, each on one connection to one of `urls()`, one request at a time. Slots
    are never asked for twice but by every fourth command, which wants one that another wants too.
    A command without an answer is sent again with its key until it has one, as a real client does;
    every booking is read back with its position token, by which 404 would be a lie."""

    urls: Callable[[], list[str]]
    token: str
    chargers: list[str]
    threads: int = 12
    acknowledged: dict = field(default_factory=dict)  # key → (booking, body)
    refused: dict = field(default_factory=dict)  # key → (code, body)
    replayed: set = field(default_factory=set)  # keys: had been decided when they came again
    wrong: list = field(default_factory=list)  # answers no client should ever get
    positions: list = field(default_factory=list)  # how far each client has seen, once it stopped

    def __post_init__(self):
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._count = 0
        self._in_flight: set[str] = set()
        self._pool: list[threading.Thread] = []
        self._clients = [_Insisting(self, number) for number in range(self.threads)]

    def start(self) -> None:
        self._stop.clear()
        self._pool = [threading.Thread(target=self._run, args=(client,), daemon=True)
                      for client in self._clients]
        for thread in self._pool:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        until = time.monotonic() + WAIT_S
        for thread in self._pool:
            thread.join(timeout=max(0, until - time.monotonic()))
        assert not self._hanging(), self._hanging()

    def _hanging(self) -> list[str]:
        """What each client that has not stopped waits for."""
        return [client.waits_for for client, thread in zip(self._clients, self._pool, strict=True)
                if thread.is_alive()]

    def _wait_until(self, condition: Callable[[], bool], what: str, **over) -> None:
        try:
            wait_until(condition, WAIT_S, what, **over)
        except TimeoutError as error:
            raise TimeoutError(f"{error}: {self._hanging()}") from None

    def answered(self) -> int:
        return len(self.acknowledged) + len(self.refused)

    def wait_for(self, more: int) -> None:
        target = self.answered() + more
        self._wait_until(lambda: self.answered() >= target, f"{more} more answers", each=0.001)

    def in_flight(self) -> set[str]:
        """Keys of commands that were sent and have no answer yet."""
        with self._lock:
            return set(self._in_flight)

    def wait_answered(self, keys: set[str]) -> None:
        self._wait_until(lambda: not keys & self.in_flight(), "an answer to all in flight")

    def _next(self) -> dict:
        with self._lock:
            self._count += 1
            number = self._count - (1 if self._count % 4 == 0 else 0)
        where = self.chargers[number % len(self.chargers)]
        return slot(where, hour=1 + number // len(self.chargers) * 0.25, hours=0.25)

    def _run(self, client: "_Insisting") -> None:
        while not self._stop.is_set():
            key, body = str(uuid.uuid4()), self._next()
            with self._lock:
                self._in_flight.add(key)
            answer = client.until_settled("POST", "/bookings", body, key)
            self._note(key, body, answer)
            if answer.status_code == 201:
                self._read_back(client, answer.json()["id"], body)
        self.positions.append(client.position())

    def _note(self, key: str, body: dict, answer: httpx.Response) -> None:
        with self._lock:
            self._in_flight.discard(key)
            if answer.headers.get("idempotent-replayed") == "true":
                self.replayed.add(key)
            if answer.status_code == 201:
                self.acknowledged[key] = (answer.json()["id"], body)
            else:
                self.refused[key] = (answer.json()["code"], body)

    def _read_back(self, client: "_Insisting", booking: str, body: dict) -> None:
        answer = client.until_settled("GET", f"/bookings/{booking}")
        row = answer.json()
        if answer.status_code != 200 or any(row[name] != body[name] for name in body):
            self.wrong.append(answer.text)

    def ask_again(self, chance: Random) -> None:
        """Some of the settled commands, each with the body it had: the answer is the first one. For
        a load that was stopped."""
        client = _Insisting(self, 0)
        for key in chance.sample(sorted(self.acknowledged), min(AGAIN, len(self.acknowledged))):
            booking, body = self.acknowledged[key]
            answer = client.until_settled("POST", "/bookings", body, key)
            said = (answer.status_code, answer.json().get("id"))
            assert said == (201, booking), (booking, answer.text)
        for key in chance.sample(sorted(self.refused), min(AGAIN, len(self.refused))):
            code, body = self.refused[key]
            answer = client.until_settled("POST", "/bookings", body, key)
            assert answer.json().get("code") == code, (code, answer.text)

    def check(self, operator: Client) -> None:
        """Every acknowledged booking is there once, no slot was sold twice, and who was refused
        wanted one that was sold."""
        assert not self.wrong, self.wrong[:3]
        for operator.position in self.positions:  # which the answer waits for
            assert operator.get("/bookings", params={"limit": 1}).status_code == 200
        bookings = operator.pages("/bookings", limit=200)
        by_id = {row["id"]: row for row in bookings}
        assert len(by_id) == len(bookings), "a booking is listed twice"
        codes = {code for code, _ in self.refused.values()}
        assert codes <= {"slot_taken"}, codes
        wanted = [booking for booking, _ in self.acknowledged.values()]
        assert len(set(wanted)) == len(wanted), "two commands were answered with one booking"
        lost, strange = set(wanted) - set(by_id), set(by_id) - set(wanted)
        assert not lost and not strange, (len(lost), len(strange))
        for booking, body in self.acknowledged.values():
            assert {name: by_id[booking][name] for name in body} == body
        sold = Counter(map(_slot_of, bookings))
        assert not sold or max(sold.values()) == 1, "a slot was sold twice"
        free = [body for _, body in self.refused.values() if _slot_of(body) not in sold]
        assert not free, f"{len(free)} were refused what nobody has: {free[:3]}"

    def summary(self) -> str:
        """After check()."""
        return (f"{len(self.acknowledged)} acknowledged, {len(self.refused)} refused, lost 0, "
                "doubled 0")


def _slot_of(one: dict) -> tuple:
    """Of a booking or of who wants one: the load's slots are the same or do not overlap."""
    return one["charger"], one["connector"], one["start"]


class _Insisting:
    """One connection, made again when it breaks; one request, sent again until it is settled."""

    def __init__(self, load: Load, number: int):
        self._load = load
        self._number = number
        self._client = self._connect()
        self.waits_for = ""  # the request, and what came of it the last time

    def _connect(self, position: str = "") -> Client:
        urls = self._load.urls()
        client = Client(urls[self._number % len(urls)], self._load.token)
        client.position = position
        return client

    def position(self) -> str:
        return self._client.position

    def until_settled(self, *request) -> httpx.Response:
        what = self.waits_for = " ".join(map(str, request))
        while True:
            try:
                answer = self._client.request(*request)
                if answer.status_code not in UNSETTLED:
                    return answer
                came = f"{answer.status_code} {answer.text}"
            except httpx.TransportError as error:
                self._client, came = self._connect(self._client.position), repr(error)
            self.waits_for = f"{what} of {self._client.http.base_url}: {came}"
            time.sleep(AGAIN_S)
