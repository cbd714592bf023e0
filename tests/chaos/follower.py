"""Subscribers who follow a charger through everything, and what they were told."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from websockets.exceptions import InvalidHandshake, WebSocketException
from websockets.sync.client import connect

from client import Client
from process import wait_until

AWAY = (OSError, TimeoutError, WebSocketException, InvalidHandshake)
AGAIN_S = 0.2
QUIET_S = 1.0  # without a message: time to look whether to stop
LEVEL_S = 60


@dataclass
class Follower:
    """Reconnects whenever it is cut off, from the last message it had. Each message of a connection
    must be newer than the one before, and the last one what can be read in the end. The first of a
    connection may be older, as the node may be behind the one before."""

    urls: Callable[[], list[str]]
    charger: str
    told: int = 0
    sequence: int = 0
    row: dict = field(default_factory=dict)
    wrong: list = field(default_factory=list)

    def __post_init__(self):
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def check(self, reader: Client) -> None:
        """Once nothing changes any more."""
        answer = reader.get(f"/chargers/{self.charger}")
        assert answer.status_code == 200, answer.text
        revision = answer.json()["revision"]
        wait_until(lambda: self.row.get("revision") == revision, LEVEL_S,
                   f"revision {revision} of {self.charger}, not {self.row.get('revision')}")
        self._stop.set()
        self._thread.join(timeout=LEVEL_S)
        assert not self._thread.is_alive(), "a subscriber hangs"
        assert not self.wrong, self.wrong[:3]

    def _run(self) -> None:
        attempts = 0
        while not self._stop.is_set():
            urls = self.urls()
            url = urls[attempts % len(urls)].replace("http", "ws", 1)
            attempts += 1
            try:
                with connect(f"{url}/ws/chargers/{self.charger}?since={self.sequence}",
                             open_timeout=LEVEL_S, close_timeout=1) as socket:
                    self._listen(socket)
            except AWAY:
                time.sleep(AGAIN_S)

    def _listen(self, socket) -> None:
        first = True
        while not self._stop.is_set():
            try:
                message = json.loads(socket.recv(timeout=QUIET_S))
            except TimeoutError:
                continue
            behind = first and message["sequence"] < self.sequence
            if message["sequence"] <= self.sequence and not behind:
                self.wrong.append((self.sequence, message))
            first = False
            self.sequence, self.row = message["sequence"], message["row"]
            self.told += 1
