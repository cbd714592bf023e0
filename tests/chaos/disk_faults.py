"""Orders to disk_faults.cpp, for processes started with `env()`."""

import mmap
import os
from pathlib import Path

from deployment import BUILD

ORDER_BYTES = 4096


class DiskFaults:
    def __init__(self, file: Path):
        file.write_bytes(b"-".ljust(ORDER_BYTES, b"\0"))
        self._file = file
        with open(file, "r+b") as opened:
            self._orders = mmap.mmap(opened.fileno(), ORDER_BYTES)

    def env(self) -> list[str]:
        """A command's beginning, so that what follows it obeys."""
        library = BUILD / "lib/libdisk_faults.so"
        return ["env", f"LD_PRELOAD={library}", f"WF_DISK_FAULTS={self._file}"]

    def sync_fails(self, folder: Path) -> None:
        """fsync and fdatasync of what is in it: EIO."""
        self._order(b"s", folder)

    def disk_full(self, folder: Path) -> None:
        """Writes to what is in it: ENOSPC."""
        self._order(b"f", folder)

    def torn_write(self, folder: Path) -> None:
        """Half of the next write to what is in it reaches the file; then the process is killed."""
        self._order(b"t", folder)

    def mend(self) -> None:
        self._orders[0:1] = b"-"

    def _order(self, fault: bytes, folder: Path) -> None:
        self.mend()
        self._orders[1:] = os.fsencode(folder).ljust(ORDER_BYTES - 1, b"\0")
        self._orders[0:1] = fault
