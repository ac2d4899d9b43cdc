"""What this machine can do, beside every figure: a spin of the processor, a sync of the disk, stolen time."""

import os
import tempfile
import time
from pathlib import Path

import msgspec


class Calibration(msgspec.Struct, frozen=True):
    """One look at the machine.

    Attributes:
        cores: Processors.
        spin_ms: Milliseconds for a million additions in Python.
        fsync_us: Microseconds for writing and syncing one page, median of 200.
        stolen: Jiffies taken by the host since boot; the difference of two looks tells how quiet the run was.
    """

    cores: int
    spin_ms: float
    fsync_us: float
    stolen: int


def calibrate(folder: Path | None = None) -> Calibration:
    """Looks at the machine; takes about a second."""
    started = time.perf_counter()
    total = 0
    for number in range(1_000_000):
        total += number
    spin = (time.perf_counter() - started) * 1e3
    return Calibration(os.cpu_count() or 1, round(spin, 1), round(_fsync(folder), 1), _stolen())


def _fsync(folder: Path | None) -> float:
    times = []
    with tempfile.NamedTemporaryFile(dir=folder) as file:
        for _ in range(200):
            started = time.perf_counter()
            file.write(b"x" * 4096)
            file.flush()
            os.fdatasync(file.fileno())
            times.append((time.perf_counter() - started) * 1e6)
    return sorted(times)[len(times) // 2]


def _stolen() -> int:
    first = Path("/proc/stat").read_text(encoding="ascii").splitlines()[0].split()
    return int(first[8])
