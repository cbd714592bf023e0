"""A deployment to measure: its configuration, its processes, what they use."""
import http.client
import json
import os
import resource
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
TICKS = os.sysconf("SC_CLK_TCK")
READY_SECONDS_MAX = 120


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def config(base, var, port, overrides):
    """A configuration of ours with rate limits out of the way."""
    process = json.loads((ROOT / "config" / base).read_text())
    process["var"] = str(var)
    process["http"]["port"] = port
    for limit in process["rate"]:
        process["rate"][limit] = 1_000_000
    process["http"]["connections_per_ip_max"] = process["http"]["connections_max"]
    for path, value in overrides:
        at = process
        *parents, last = path.split(".")
        for parent in parents:
            at = at[parent]
        at[last] = value
    return process


def cpu_of(pid):
    """Seconds of CPU a process has used, its threads and the kernel's part included."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def cpu_of_children():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def rss_mb(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def bytes_under(path):
    return sum(file.stat().st_blocks * 512 for file in Path(path).rglob("*") if file.is_file())


class Node:
    """One `wayfold run`; its data lasts as long as it."""

    base = "dev.json"

    def __init__(self, build, overrides=()):
        self.dir = Path(tempfile.mkdtemp(prefix="wayfold-bench-"))
        self.var = self.dir / "var"
        self.binary = str(build / "bin/wayfold")
        self.port = free_port()
        self.config = self.dir / "process.json"
        self.configure(overrides)
        self.processes = []

    def configure(self, overrides):
        self.config.write_text(json.dumps(config(self.base, self.var, self.port, overrides)))

    def commands(self):
        """Of every process there is to start."""
        return [self.arguments("run")]

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.dir)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def arguments(self, *words):
        return [self.binary, *words, "--config", str(self.config)]

    def start(self):
        self.launch()
        self.wait_until_ready()

    def launch(self):
        with open(self.dir / "errors.txt", "ab") as errors:
            for command in self.commands():
                self.processes.append(subprocess.Popen(
                    command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=errors))

    def wait_until_ready(self):
        until = time.monotonic() + READY_SECONDS_MAX
        while time.monotonic() < until:
            if any(process.poll() is not None for process in self.processes):
                break
            try:
                urllib.request.urlopen(self.url + "/readyz", timeout=2).close()
                return
            except (OSError, http.client.HTTPException):
                time.sleep(0.005)
        raise SystemExit("bench: wayfold does not get ready: " + self.errors())

    def errors(self):
        return (self.dir / "errors.txt").read_text()[-2000:]

    def stop(self, how=signal.SIGTERM):
        for process in reversed(self.processes):
            process.send_signal(how)
        for process in self.processes:
            process.wait(timeout=60)
        self.processes = []

    def cpu(self):
        return sum(cpu_of(process.pid) for process in self.processes)

    def cpu_of_broker(self):
        return 0.0

    def rss(self):
        return sum(rss_mb(process.pid) for process in self.processes)

    def answered(self, method, route, status):
        """How many requests the gateway answered so."""
        wanted = f'method="{method}",route="{route}",status="{status}"}} '
        with urllib.request.urlopen(self.url + "/metrics") as page:
            for line in page.read().decode().splitlines():
                if wanted in line:
                    return int(line.rpartition(" ")[2])
        return 0

    def tool(self, *words):
        """The output of a subcommand."""
        done = subprocess.run(self.arguments(*words), cwd=ROOT, capture_output=True, text=True)
        if done.returncode:
            raise SystemExit(f"bench: wayfold {' '.join(words)}: {done.stderr}")
        return done.stdout

    def wait_level(self, seconds=120):
        """Until every command is decided and every table has folded everything."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            slots = json.loads(self.tool("lag", "--json"))["slots"]
            if all(slot["decided"] == slot["commands_end"] and
                   all(offset == slot["events_end"] for offset in slot["tables"].values())
                   for slot in slots):
                return
            time.sleep(0.02)
        raise SystemExit("bench: the tables do not catch up")
