"""What benches read of the machine: processor time and memory of processes, sizes of folders, percentiles."""

import logging
import os
import platform
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import structlog

MIB = 2**20


def described() -> str:
    """Return the machine in a few words, for the head of a table."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} cores, {memory:.0f} GiB, load average {load:.1f}, Python {platform.python_version()}"


def cpu_s(pid: int) -> float:
    """Return the processor seconds of a process, its children and those that have ended."""
    ticks = 0
    for one in _family(pid):
        fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        ticks += sum(map(int, fields[11:15] if one == pid else fields[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def shared_mib(pid: int) -> float:
    """Return the memory of a process and its children, what they share counted once."""
    return sum(_pss_kib(one) for one in _family(pid)) / 1024


def own_mib(pid: int | None = None) -> float:
    """Return the memory that is a process's own: without the files that it has mapped, such as an index."""
    return _status_kib(pid, "RssAnon") / 1024


def peak_mib(pid: int | None = None) -> float:
    """Return the greatest memory that a process ever had, mapped files included."""
    return _status_kib(pid, "VmHWM") / 1024


def folder_bytes(folder: Path) -> int:
    """Return the size of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def begin() -> None:
    """Prepare a program that prints a table: only warnings are logged, and SIGTERM stops its servers before it ends."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    signal.signal(signal.SIGTERM, lambda number, _frame: sys.exit(128 + number))


def say(what: str, *, again: bool = False) -> None:
    """Tell a person what is going on, beside the table; `again` replaces the line before, on a terminal only."""
    if again and not sys.stderr.isatty():
        return
    print(f"\r\x1b[2K{what}" if again else what, end="" if again else "\n", file=sys.stderr, flush=True)


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _pss_kib(pid: int) -> int:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))


def _status_kib(pid: int | None, name: str) -> int:
    lines = Path(f"/proc/{pid or 'self'}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))
