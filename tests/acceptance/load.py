"""Clients that book at full speed, remember every answer, and repeat what was never answered."""

import threading
import uuid
from dataclasses import dataclass, field

import httpx

from client import Client, slot

UNANSWERED = (httpx.TransportError,)


@dataclass
class Load:
    """`threads` clients, each on one connection at a time; slots are never asked for twice but by
    every fourth command, which wants one that another client wants too."""

    url: str
    token: str
    chargers: list[str]
    threads: int = 8
    acknowledged: dict = field(default_factory=dict)  # key → (booking, body)
    refused: dict = field(default_factory=dict)  # key → code
    in_doubt: dict = field(default_factory=dict)  # key → body: sent, never answered

    def __post_init__(self):
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._count = 0
        self._pool: list[threading.Thread] = []

    def start(self) -> None:
        self._stop.clear()
        self._pool = [threading.Thread(target=self._run) for _ in range(self.threads)]
        for thread in self._pool:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._pool:
            thread.join(timeout=90)
            assert not thread.is_alive(), "a client hangs"

    def answered(self) -> int:
        return len(self.acknowledged) + len(self.refused)

    def _next(self) -> dict:
        with self._lock:
            self._count += 1
            number = self._count - (1 if self._count % 4 == 0 else 0)
        where = self.chargers[number % len(self.chargers)]
        return slot(where, hour=1 + number // len(self.chargers) * 0.25, hours=0.25)

    def _run(self) -> None:
        client = Client(self.url, self.token)
        while not self._stop.is_set():
            key, body = str(uuid.uuid4()), self._next()
            try:
                answer = client.post("/bookings", body, key)
            except UNANSWERED:
                with self._lock:
                    self.in_doubt[key] = body
                self._stop.wait(0.05)  # the server is away: no need to hammer
                client = Client(self.url, self.token)
                continue
            self._note(key, body, answer)

    def _note(self, key: str, body: dict, answer: httpx.Response) -> None:
        with self._lock:
            if answer.status_code == 201:
                self.acknowledged[key] = (answer.json()["id"], body)
            elif answer.status_code in (503, 504, 202):
                self.in_doubt[key] = body
            else:
                self.refused[key] = answer.json()["code"]

    def settle(self, client: Client) -> int:
        """Repeats what was in doubt; how many of them had been decided before."""
        replayed = 0
        for key, body in list(self.in_doubt.items()):
            answer = client.post("/bookings", body, key)
            assert answer.status_code in (201, 409), answer.text
            replayed += answer.headers.get("idempotent-replayed") == "true"
            del self.in_doubt[key]
            self._note(key, body, answer)
        return replayed

    def check(self, bookings: list[dict]) -> None:
        """Every acknowledged booking is there once, and no slot was sold twice."""
        by_id = {row["id"]: row for row in bookings}
        assert len(by_id) == len(bookings), "a booking is listed twice"
        assert set(self.refused.values()) <= {"slot_taken"}, set(self.refused.values())
        wanted = [booking for booking, _ in self.acknowledged.values()]
        assert len(set(wanted)) == len(wanted), "two commands were answered with one booking"
        assert set(wanted) == set(by_id), (len(set(wanted) - set(by_id)),
                                           len(set(by_id) - set(wanted)))
        for booking, body in self.acknowledged.values():
            assert {name: by_id[booking][name] for name in body} == body
        sold = [(row["charger"], row["connector"], row["start"]) for row in bookings]
        assert len(set(sold)) == len(sold), "a slot was sold twice"
