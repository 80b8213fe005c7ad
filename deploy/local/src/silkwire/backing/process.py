"""Processes: the few things both backing servers and the supervisor need to know about them."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from silkwire.errors import StartError

PAUSE_S = 0.05
Found = TypeVar("Found")


def birth(pid: int) -> str | None:
    """When a process was born, as a mark that tells it from a later one with the same id; None once it is gone."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            fields = stat.read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            return None
        return None if fields[0] == "Z" else fields[19]
    listed = subprocess.run(
        ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return listed.stdout.strip() or None


class PidFile:
    """Remembers a process across our own death, so that the next start can end what was left behind."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, pid: int) -> None:
        """Remembers `pid`."""
        self._path.write_text(f"{pid} {birth(pid) or ''}\n", encoding="utf-8")

    def clear(self) -> None:
        """Forgets it: the process ended in order."""
        self._path.unlink(missing_ok=True)

    def end_leftover(self, timeout_s: float = 20.0) -> bool:
        """Ends the remembered process, and its group, if it still runs.

        Returns:
            Whether there was one.
        """
        try:
            number, _, mark = self._path.read_text(encoding="utf-8").strip().partition(" ")
            pid = int(number)
        except (OSError, ValueError):
            return False
        found = bool(mark) and birth(pid) == mark
        if found:
            end_group(pid, signal.SIGTERM)
            if not _gone(pid, mark, timeout_s):
                end_group(pid, signal.SIGKILL)
                _gone(pid, mark, timeout_s)
        self.clear()
        return found


def _gone(pid: int, mark: str, timeout_s: float) -> bool:
    pause = threading.Event()
    until = time.monotonic() + timeout_s
    while birth(pid) == mark:
        if time.monotonic() > until:
            return False
        pause.wait(PAUSE_S)
    return True


def end_group(pid: int, number: signal.Signals) -> None:
    """Signals a process that leads a group of its own, and all that it started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)


def spawn(command: list[str], *, env: dict[str, str], folder: Path, log: Path) -> subprocess.Popen[bytes]:
    """Starts a server in a process group of its own, so that Ctrl-C reaches only us, who stop it in order."""
    with log.open("ab") as output:
        return subprocess.Popen(
            command,
            env=env,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def wait_for(
    probe: Callable[[], Found | None],
    process: subprocess.Popen[bytes],
    *,
    name: str,
    log: Path,
    timeout_s: float,
    abandon: threading.Event | None = None,
) -> Found:
    """Waits until `probe` finds what it looks for.

    Raises:
        StartError: The process ended, the time ran out, or `abandon` was set; it shows the end of the log.
    """
    until = time.monotonic() + timeout_s
    while True:
        if abandon is not None and abandon.is_set():
            raise StartError(f"{name} was stopped while starting.")
        found = probe()
        if found is not None:
            return found
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = process.wait(PAUSE_S)
            raise StartError(
                f"{name} ended with code {code} while starting: {last_line(log)}", f"its log is {log}"
            )
        if time.monotonic() > until:
            raise StartError(
                f"{name} did not answer within {timeout_s:.0f} s: {last_line(log)}", f"its log is {log}"
            )


def last_line(log: Path) -> str:
    """The last line of a log that says something, for an error message."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return "no log"
    return next((line.strip()[:300] for line in reversed(lines) if line.strip()), "its log is empty")


def end(process: subprocess.Popen[bytes], timeout_s: float) -> None:
    """Asks a server to stop, and after `timeout_s` seconds ends its whole group."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            end_group(process.pid, signal.SIGKILL)
            process.wait(timeout_s)
