"""The wall clock is set back while a process runs: it goes on, and stops when it is told to."""

import mmap
import struct
import uuid
from pathlib import Path

from deployment import BINARY, BUILD, Embedded
from process import Process, wait_until

BACK_S = 3600


class OnSetClock(Embedded):
    def __init__(self, directory: Path, **config):
        super().__init__(directory, **config)
        file = directory / "clock_ahead"
        file.write_bytes(struct.pack("q", 0))
        with open(file, "r+b") as opened:
            self._ahead = mmap.mmap(opened.fileno(), 8)
        self._env = ["env", f"LD_PRELOAD={BUILD / 'lib/libclock_faults.so'}",
                     f"WF_CLOCK_AHEAD={file}"]

    def launch(self, *arguments, log: str) -> Process:
        return Process([*self._env, BINARY, *arguments], self.dir / f"{log}.log")

    def set_clock(self, ahead: int) -> None:
        self._ahead[:] = struct.pack("q", ahead)


def nobody_logs_in(wayfold) -> int:
    login = {"identifier": "nobody@example.org", "password": "a long password"}
    return wayfold.guest().post("/auth/login", login).status_code


def test_commands_are_decided_and_it_stops_after_the_clock_was_set_back(deploy):
    wayfold = deploy(kind=OnSetClock)
    wayfold.guest().register("host")
    for ahead in (-BACK_S, 0, -BACK_S):
        wayfold.set_clock(ahead)
        wait_until(lambda: nobody_logs_in(wayfold) == 401, 10, "the limits on an address")
        host = wayfold.guest().register("host")
        charger = host.list_charger()
        assert host.get(f"/chargers/{charger}").status_code == 200
    unknown = host.get(f"/commands/{uuid.uuid4()}")
    assert unknown.status_code == 404 and unknown.json()["code"] == "unknown_command"
    wayfold.set_clock(-2 * BACK_S)
    wayfold.stop()
    wayfold.set_clock(0)
    wayfold.start()
    assert wayfold.guest().register("renter").get("/bookings").status_code == 200
    wayfold.verify()
