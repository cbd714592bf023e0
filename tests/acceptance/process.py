"""A child process with its output in a file; every wait for it is bounded."""

import contextlib
import os
import re
import signal
import subprocess
import time
from pathlib import Path

POLL_S = 0.02
ROOT = Path(__file__).resolve().parents[2]


def wait_until(condition, seconds: float, what: str, each: float = POLL_S):
    """The condition's first true value; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while True:
        if found := condition():
            return found
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {seconds} s still waiting for {what}")
        time.sleep(each)


class Process:
    """It is started in its log's folder: nothing may depend on where a process stands."""

    def __init__(self, arguments: list, log: Path):
        self.arguments = [str(one) for one in arguments]
        self.log = log
        self._log_start = log.stat().st_size if log.exists() else 0
        with open(log, "ab") as out:
            self._child = subprocess.Popen(self.arguments, stdin=subprocess.DEVNULL, stdout=out,
                                           stderr=out, cwd=log.parent)

    @property
    def pid(self) -> int:
        return self._child.pid

    def alive(self) -> bool:
        return self._child.poll() is None

    def resident(self) -> int:
        """Its memory, in bytes."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return 1024 * int(status.split("VmRSS:")[1].split()[0])

    def sockets(self) -> int:
        """Open ones; not those that are closed while we count."""
        count = 0
        for descriptor in Path(f"/proc/{self.pid}/fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                count += os.readlink(descriptor).startswith("socket:")
        return count

    def output(self) -> str:
        """What this process printed, not those that wrote to the same log before it."""
        with open(self.log, "rb") as file:
            file.seek(self._log_start)
            return file.read().decode(errors="replace")

    def wait_for(self, pattern: str, seconds: float) -> re.Match:
        """A whole line of its output that contains the pattern."""
        wanted = re.compile(pattern)

        def look():
            for line in self.output().splitlines(keepends=True):
                if line.endswith("\n") and (match := wanted.search(line)):
                    return match
            if not self.alive():
                raise RuntimeError(f"{self.arguments[:3]} ended with {self._child.returncode}:\n"
                                   + self.output()[-2000:])
            return None

        return wait_until(look, seconds, f"{pattern!r} in {self.log}")

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def stop(self, seconds: float = 30) -> int:
        """SIGTERM; its exit code. One that does not end in time is killed and fails the test."""
        if self.alive():
            self._child.terminate()
        try:
            return self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill()
            raise TimeoutError(f"{self.arguments[:3]} did not stop within {seconds} s of SIGTERM:\n"
                               + self.output()[-2000:]) from None

    def ended(self, seconds: float) -> int:
        """Its exit code once it has ended by itself; -N: by signal N."""
        return self._child.wait(seconds)

    def kill(self) -> None:
        if self.alive():
            self._child.send_signal(signal.SIGKILL)
        self._child.wait()
