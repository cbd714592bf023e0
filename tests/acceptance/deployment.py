"""Deployments of the real binary in a directory of their own: embedded, or on a Kafka broker."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import httpx

from client import Client
from process import ROOT, Process, wait_until
from secrets_file import make_secrets

BUILD = Path(os.environ.get("WF_BUILD") or ROOT / "build/dev")
BINARY = BUILD / "bin/wayfold"
DATA = Path(os.environ.get("WAYFOLD_DATA") or ROOT / "../shared/data").resolve()
START_S = 60
# One machine, one address: the limits on clients are the subject of a test of their own.
NO_RATE = {"per_principal_per_s": 1_000_000, "per_principal_burst": 1_000_000,
           "per_ip_per_s": 1_000_000, "per_ip_burst": 1_000_000, "auth_per_ip_per_min": 1_000_000,
           "importer_per_s": 1_000_000}


def merged(base: dict, over: dict) -> dict:
    both = base | over
    for key in base.keys() & over.keys():
        if isinstance(base[key], dict):
            both[key] = base[key] | over[key]
    return both


class Deployment:
    """What both kinds share. `self.web` answers HTTP; `self.config` is every process's file."""

    log_kind = "rocks"

    def __init__(self, directory: Path, **config):
        self.dir = directory
        self.dir.mkdir(parents=True, exist_ok=True)
        self.var = directory / "var"
        self.settings = merged({
            "platform": str(ROOT / "config/platforms/charge_mitra.json"), "var": str(self.var),
            "partitions": 4, "http": {"port": 0}, "rate": NO_RATE, "login": {"queue_max": 1000},
            "log": {"kind": self.log_kind}}, config)
        self.web: Process | None = None
        self.url = ""
        self._staff: dict[str, str] = {}

    @property
    def config(self) -> Path:
        path = self.dir / "config.json"
        text = json.dumps(self.settings, indent=1)
        if not path.exists() or path.read_text() != text:  # a process may be reading it
            path.write_text(text)
        return path

    def processes(self) -> list[Process]:
        return [self.web] if self.web else []

    def launch(self, *arguments, log: str) -> Process:
        return Process([BINARY, *arguments], self.dir / f"{log}.log")

    def wait_ready(self, process: Process) -> str:
        """Its URL, once it is ready."""
        url = process.wait_for(r"(https?://[\w.]+:\d+)", START_S).group(1)

        def ready():
            if not process.alive():
                raise RuntimeError(f"{process.arguments} ended:\n{process.output()[-2000:]}")
            try:
                return httpx.get(url + "/readyz", timeout=5).status_code == 200
            except httpx.TransportError:
                return False

        wait_until(ready, START_S, f"{url}/readyz")
        return url

    def urls(self) -> list[str]:
        """Of every process that answers HTTP."""
        return [self.url]

    # ---- the command line ----

    def cli(self, *arguments, check: bool = True, seconds: float = 120,
            text_in: str | None = None) -> subprocess.CompletedProcess:
        name, *rest = map(str, arguments)
        here = [] if name == "copy" else ["--config", self.config]  # which is told both places
        done = subprocess.run([BINARY, name, *here, *rest], text=True, capture_output=True,
                              timeout=seconds, input=text_in)
        if check and done.returncode != 0:
            raise RuntimeError(f"wayfold {name} {rest} ended with {done.returncode}:\n"
                               f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}")
        return done

    def vars_with_tables(self) -> list[Path]:
        return [self.var]

    def verify_all(self) -> None:
        for var in self.vars_with_tables():
            self.verify("--var", var)

    def verify(self, *where) -> list[dict]:
        """Every table's stored digest, its rows and a refold of the log agree, or this fails."""
        done = self.cli("verify", "--json", *where)
        tables = [json.loads(line) for line in done.stdout.splitlines()]
        assert len(tables) > 1 and all(table["ok"] for table in tables), tables
        return tables

    def digests(self) -> dict:
        return {table["table"]: (table["rows"], table["refolded"]) for table in self.verify()}

    def caught_up(self) -> bool:
        """Every command is decided."""
        return self.cli("lag", "--max", 0, check=False).returncode == 0

    def token(self, role: str) -> str:
        if role not in self._staff:
            done = self.cli("admin", "token", "--role", role, "--hours", 24, "--json")
            self._staff[role] = json.loads(done.stdout)["token"]
        return self._staff[role]

    # ---- clients ----

    def guest(self) -> Client:
        return Client(self.url)

    def staff(self, role: str = "operator") -> Client:
        return Client(self.url, self.token(role))

    def logs(self) -> str:
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')[-4000:]}"
                         for path in sorted(self.dir.glob("*.log")))


class Embedded(Deployment):
    def start(self) -> None:
        self.web = self.launch("run", "--config", self.config, log="run")
        self.url = self.wait_ready(self.web)

    def stop(self) -> None:
        if self.web:
            assert self.web.stop() == 0, self.logs()

    def kill(self) -> None:
        if self.web:
            self.web.kill()

    def delete_stores(self) -> None:
        """Everything but the log and the keys to it."""
        for folder in ("tables", "stores"):
            shutil.rmtree(self.var / folder)

    def destroy(self) -> None:
        self.kill()


class OnKafka(Deployment):
    """Topics, one `serve` and one or more `work`, on one broker or three of their own."""

    log_kind = "kafka"

    def __init__(self, directory: Path, workers: int = 1, brokers: int = 1, **config):
        kafka = {"bootstrap": "", "replication": brokers, "min_insync": min(2, brokers),
                 "session_timeout_ms": 3000}
        super().__init__(directory, **merged({"kafka": kafka}, config))
        self.brokers = brokers
        self.worker_count = workers
        self.work: list[Process] = []
        self.broker_dir = directory / "broker"

    def brokers_up(self) -> str:
        """Starts what does not run; where they listen."""
        return self.broker("up" if self.brokers == 1 else "up3").strip().removeprefix("bootstrap=")

    def broker(self, *action) -> str:
        done = subprocess.run([ROOT / "scripts/kafka", *map(str, action), "--dir", self.broker_dir],
                              capture_output=True, text=True, timeout=150)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def found(self) -> None:
        """The broker, the topics and the keys: all that must be there before a process starts."""
        self.settings["kafka"]["bootstrap"] = self.brokers_up()
        self.cli("topics")
        make_secrets(self.var / "secrets.json")

    def start(self) -> None:
        if not self.settings["kafka"]["bootstrap"]:
            self.found()
        self.start_web()
        self.start_work()
        self.url = self.wait_ready(self.web)

    def start_web(self) -> None:
        self.web = self.launch("serve", "--config", self.config, log="serve")

    def start_work(self) -> None:
        for number in range(self.worker_count):
            if number < len(self.work) and self.work[number].alive():
                continue
            self.work[number:number + 1] = [self.launch(
                "work", "--config", self.config, "--var", f"{self.var}-work{number}",
                log=f"work{number}")]

    def processes(self) -> list[Process]:
        return super().processes() + self.work

    def stop(self) -> None:
        codes = [process.stop() for process in self.processes()]
        assert not any(codes), f"{codes}\n{self.logs()}"

    def kill(self) -> None:
        for process in self.processes():
            process.kill()

    def delete_stores(self) -> None:
        shutil.rmtree(self.var / "tables")
        for folder in [self.var] + [Path(f"{self.var}-work{n}") for n in range(self.worker_count)]:
            shutil.rmtree(folder / "stores")

    def destroy(self) -> None:
        self.kill()
        if self.settings["kafka"]["bootstrap"]:
            for number in range(self.brokers):
                self.broker("kill", number + 1)


KINDS = {"embedded": Embedded, "kafka": OnKafka}
