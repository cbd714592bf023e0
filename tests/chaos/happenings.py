"""What happens to deployments. Each happening ends with everything up and mended again."""

import os
import shutil
import signal
import time
from random import Random

from process import wait_until

DISK_IS_LOST = 70  # the exit code of a process that no longer knows what is on its disk
CORRUPT = 5
ENDS_S = 60


def pause(chance: Random, most_s: float) -> None:
    """How long a fault lasts."""
    time.sleep(chance.uniform(0.1, most_s))


# ---- the embedded log ----


def killed(wayfold, chance):
    wayfold.kill()
    wayfold.start()


def stopped_for_a_while(wayfold, chance):
    wayfold.web.signal(signal.SIGSTOP)
    pause(chance, 3)
    wayfold.web.signal(signal.SIGCONT)


def ended_politely(wayfold, chance):
    assert wayfold.web.stop() == 0, wayfold.logs()
    wayfold.start()


def killed_without_its_stores(wayfold, chance):
    wayfold.kill()
    for folder in chance.sample(["tables", "stores"], chance.choice([1, 2])):
        shutil.rmtree(wayfold.var / folder)
    wayfold.start()


def _log_fails(wayfold, fault):
    fault(wayfold.var / "log")
    assert wayfold.web.ended(ENDS_S) == DISK_IS_LOST, wayfold.logs()
    wayfold.disk.mend()
    wayfold.start()


def log_cannot_sync(wayfold, chance):
    _log_fails(wayfold, wayfold.disk.sync_fails)


def log_disk_full(wayfold, chance):
    _log_fails(wayfold, wayfold.disk.disk_full)


def power_lost_while_writing(wayfold, chance):
    """The log ends with half a batch."""
    wayfold.disk.torn_write(wayfold.var / "log")
    assert wayfold.web.ended(ENDS_S) == -signal.SIGKILL, wayfold.logs()
    wayfold.disk.mend()
    wayfold.start()


def disk_of_stores_full(wayfold, chance):
    """Of what can be made again: what needs it waits, or the process ends and says why."""
    wayfold.disk.disk_full(wayfold.var / chance.choice(["tables", "stores"]))
    pause(chance, 3)
    wayfold.disk.mend()
    if not wayfold.web.alive():
        wayfold.start()


def table_file_corrupted(wayfold, chance):
    """Read models are made of the log. verify notices what is broken, and then they are made again;
    if it does not, the rows are right: the byte was in a file that no longer counts, or the table
    was folded again at the start."""
    wayfold.kill()
    files = [path for path in (wayfold.var / "tables").rglob("*.sst") if path.stat().st_size > 4096]
    if files:
        with open(chance.choice(sorted(files)), "r+b") as file:
            file.seek(chance.randrange(512, 2048))
            byte = file.read(1)
            file.seek(-1, os.SEEK_CUR)
            file.write(bytes([byte[0] ^ 0xFF]))
    wayfold.start()
    if files and wayfold.cli("verify", check=False).returncode != 0:
        wayfold.kill()
        shutil.rmtree(wayfold.var / "tables")
        wayfold.start()


def _history(wayfold):
    """All the log holds, as a reader gets it, and how reading ended."""
    reads = [wayfold.cli("replay", "--all", *what, check=False) for what in ([], ["--commands"])]
    return [read.returncode for read in reads], [read.stdout for read in reads]


def log_byte_changed(wayfold, chance):
    """A log that is not what was written is never taken for a shorter one: whoever reads it says
    so, and goes on once the disk is mended. The byte may be one that nobody reads."""
    wayfold.kill()
    files = [path for path in (wayfold.var / "log").iterdir()
             if path.suffix in (".log", ".sst") and path.stat().st_size > 4096]
    path = chance.choice(sorted(files))
    with open(path, "r+b") as file:
        at = chance.randrange(512, path.stat().st_size - 512)

        def flip():
            file.seek(at)
            byte = file.read(1)
            file.seek(at)
            file.write(bytes([byte[0] ^ 0xFF]))
            file.flush()

        before = _history(wayfold)
        flip()
        damaged = _history(wayfold)
        assert CORRUPT in damaged[0] or damaged == before, f"{path}, byte {at}: {damaged[0]}"
        flip()
    wayfold.start()


EMBEDDED = [killed, stopped_for_a_while, ended_politely, killed_without_its_stores,
            log_cannot_sync, log_disk_full, power_lost_while_writing, disk_of_stores_full,
            table_file_corrupted, log_byte_changed]


# ---- on Kafka ----


def _node(wayfold, chance) -> tuple[str, object]:
    kind = chance.choice(sorted(wayfold.nodes))
    return kind, wayfold.nodes[kind]


def node_killed(wayfold, chance):
    kind, node = _node(wayfold, chance)
    node.kill()
    wayfold.start_node(kind)


def node_stopped_for_a_while(wayfold, chance):
    _, node = _node(wayfold, chance)
    node.signal(signal.SIGSTOP)
    pause(chance, 4)
    node.signal(signal.SIGCONT)


def worker_killed(wayfold, chance):
    chance.choice(wayfold.work).kill()
    pause(chance, 2)
    wayfold.start_work()


def worker_stopped_for_a_while(wayfold, chance):
    worker = chance.choice(wayfold.work)
    worker.signal(signal.SIGSTOP)
    pause(chance, 4)
    worker.signal(signal.SIGCONT)


def _some_broker(wayfold, chance) -> int:
    return chance.randrange(wayfold.brokers) + 1


def broker_killed(wayfold, chance):
    wayfold.broker("kill", _some_broker(wayfold, chance))
    pause(chance, 2)
    wayfold.brokers_up()


def broker_stopped_for_a_while(wayfold, chance):
    pid = wayfold.broker_pid(_some_broker(wayfold, chance))
    os.kill(pid, signal.SIGSTOP)
    pause(chance, 6)
    os.kill(pid, signal.SIGCONT)


def controller_killed(wayfold, chance):
    """Another broker takes over what the brokers agree on."""
    wayfold.broker("kill", wayfold.active_controller())
    pause(chance, 4)
    wayfold.brokers_up()


def _wire(wayfold, chance, fault, most_s):
    proxy = chance.choice(wayfold.proxies)
    fault(proxy)
    pause(chance, most_s)
    proxy.mend()


def broker_cut_off(wayfold, chance):
    _wire(wayfold, chance, lambda proxy: proxy.cut(), 5)


def broker_swallowed(wayfold, chance):
    _wire(wayfold, chance, lambda proxy: proxy.swallow(), 5)


def broker_slow(wayfold, chance):
    _wire(wayfold, chance, lambda proxy: proxy.slow(chance.uniform(0.02, 0.3)), 5)


def broker_disk_fails(wayfold, chance):
    """Its log cannot be written: a broker with one disk ends, and is started on a mended one."""
    number = _some_broker(wayfold, chance)
    wayfold.disk.disk_full(wayfold.broker_dir / str(number) / "data")
    wait_until(lambda: not wayfold.broker_pid(number), ENDS_S, f"the end of broker {number}")
    wayfold.disk.mend()
    wayfold.brokers_up()


def broker_cannot_sync(wayfold, chance):
    """What it acknowledged from memory the others have; with one broker the disk is mended before
    anything was lost. It ends when it notices."""
    number = _some_broker(wayfold, chance)
    wayfold.disk.sync_fails(wayfold.broker_dir / str(number) / "data")
    pause(chance, 5)
    wayfold.disk.mend()
    wayfold.broker("kill", number)
    wayfold.brokers_up()


BROKERS = [broker_killed, broker_stopped_for_a_while, broker_cut_off, broker_swallowed,
           broker_slow, broker_disk_fails, broker_cannot_sync]
ONE_BROKER = [node_killed, node_stopped_for_a_while, *BROKERS]
THREE_BROKERS = [worker_killed, worker_stopped_for_a_while, controller_killed, *BROKERS]
