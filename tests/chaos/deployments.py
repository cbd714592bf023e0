"""Deployments whose disks and brokers' wires can be made to fail."""

import re
import subprocess
from pathlib import Path

from deployment import BINARY, Embedded, OnKafka
from disk_faults import DiskFaults
from process import ROOT, Process
from proxy import Proxy
from spread import Spread


class OnBadDisk(Embedded):
    """The embedded log; `disk` fails where it is told to."""

    def __init__(self, directory: Path, **config):
        super().__init__(directory, **config)
        self.disk = DiskFaults(directory / "disk_faults")

    def launch(self, *arguments, log: str) -> Process:
        return Process([*self.disk.env(), BINARY, *arguments], self.dir / f"{log}.log")


class BehindProxies(OnKafka):
    """Brokers that everybody reaches through a proxy each, and whose disks can fail."""

    def __init__(self, directory: Path, **config):
        super().__init__(directory, **config)
        self.disk = DiskFaults(directory / "disk_faults")
        self.proxies = [Proxy() for _ in range(self.brokers)]

    def brokers_up(self) -> str:
        ports = [str(proxy.port) for proxy in self.proxies]
        self.broker("up" if self.brokers == 1 else "up3", "--advertise", ",".join(ports))
        for proxy, line in zip(self.proxies, self.broker_lines(), strict=True):
            proxy.target = int(line.split()[1].rsplit(":", 1)[1])
        return ",".join(f"127.0.0.1:{port}" for port in ports)

    def broker_lines(self) -> list[str]:
        return self.broker("status").splitlines()

    def broker_pid(self, number: int) -> int:
        """0: it does not run."""
        state = self.broker_lines()[number - 1].split()[-1]
        return int(state.removeprefix("pid=")) if state.startswith("pid=") else 0

    def active_controller(self) -> int:
        """The broker that was the last to become it."""
        claims = {}
        for number in range(1, self.brokers + 1):
            log = (self.broker_dir / str(number) / "server.log").read_text(errors="replace")
            epochs = re.findall(r"Becoming the active controller at epoch (\d+)", log)
            claims[number] = max(map(int, epochs), default=0)
        return max(claims, key=claims.get)

    def broker(self, *action) -> str:
        command = [*self.disk.env(), ROOT / "scripts/kafka", *map(str, action), "--dir",
                   self.broker_dir]
        done = subprocess.run(command, capture_output=True, text=True, timeout=150,
                              cwd=self.dir)
        fine = (0, 3) if action == ("status",) else (0,)  # 3: not all run
        assert done.returncode in fine, done.stderr
        return done.stdout

    def destroy(self) -> None:
        super().destroy()
        for proxy in self.proxies:
            proxy.close()


class SpreadBehindProxy(BehindProxies, Spread):
    """One broker, and a process of every kind."""
