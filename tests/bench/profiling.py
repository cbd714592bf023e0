"""Records what both CPUs do while something is measured, for `perf report` and flame graphs."""
import contextlib
import signal
import subprocess

HERTZ = 499  # no multiple of any timer of ours


@contextlib.contextmanager
def recorded(folder, name):
    """Writes folder/name.data, of all processes; does nothing without a folder."""
    if folder is None:
        yield
        return
    folder.mkdir(parents=True, exist_ok=True)
    perf = subprocess.Popen(
        ["perf", "record", "-q", "-a", "-g", "-F", str(HERTZ), "-e", "cpu-clock",
         "-o", str(folder / f"{name}.data")])
    try:
        yield
    finally:
        perf.send_signal(signal.SIGINT)
        perf.wait()
