# SPDX-License-Identifier: Apache-2.0
"""CPU time and memory of a peer's processes: the one that we started and all its children."""
import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Memory:
    rss_mb: float
    pss_mb: float | None  # None where the kernel does not let us look


def cpu_seconds(pid: int) -> float:
    """User and system time; that of children which have ended counts too."""
    ticks = 0
    for member in _family(pid):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            fields = Path(f"/proc/{member}/stat").read_text(encoding="ascii").rpartition(")")[2]
            ticks += sum(int(value) for value in fields.split()[11:15])  # utime to cstime, proc(5)
    return ticks / TICKS_PER_SECOND


def memory(pid: int) -> Memory:
    family = _family(pid)
    rss = sum(_kilobytes(f"/proc/{member}/status", "VmRSS:") for member in family)
    try:
        pss = sum(_kilobytes(f"/proc/{member}/smaps_rollup", "Pss:") for member in family)
    except OSError:
        pss = None
    return Memory(rss / 1000, None if pss is None else pss / 1000)


def _kilobytes(path: str, key: str) -> float:
    """In units of 1000 bytes; the kernel's kB are 1024."""
    for line in Path(path).read_text(encoding="ascii").splitlines():
        if line.startswith(key):
            return int(line.split()[1]) * 1.024
    return 0


def _family(pid: int) -> list[int]:
    family = [pid]
    for member in family:  # grows while we walk it
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            for listed in Path(f"/proc/{member}/task").glob("*/children"):
                family += [int(child) for child in listed.read_text(encoding="ascii").split()]
    return family
