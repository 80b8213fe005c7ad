"""What a document may make a worker do; run as a module, a service that dies while a document is being read."""

import asyncio
import os
import socket
import sys
from pathlib import Path

from ingest.adapters.workers import WorkerLimits, WorkerPool
from ingest.domain.fetching.outcomes import Reason, UnreadableFeedError

MODULE = "tests.suites.worker_tasks"


def length(document: bytes) -> int:
    """Behave."""
    return len(document)


def repeat(document: bytes) -> bytes:
    """Say much more than was read."""
    return document * 1_000_000


def spin(_document: bytes) -> None:
    """Never come to an end."""
    while True:
        pass


def swallow(document: bytes) -> int:
    """Take ever more memory."""
    taken = []
    while True:
        taken.append(bytearray(document * 1000))


def die(_document: bytes) -> None:
    """End the process, as a fault in a library of machine code would."""
    os.abort()


def refuse(document: bytes) -> None:
    """Say that the document is no feed."""
    raise UnreadableFeedError(Reason.NOT_A_FEED, document.decode())


def stumble(_document: bytes) -> float:
    """Be wrong."""
    return 1 / 0


def open_file(document: bytes) -> str:
    """Read the file that a document names."""
    return Path(os.fsdecode(document)).read_text()


def write_file(document: bytes) -> int:
    """Write the file that a document names."""
    return Path(os.fsdecode(document)).write_text("written")


def call(document: bytes) -> None:
    """Connect to the port that a document names."""
    socket.create_connection(("127.0.0.1", int(document)), timeout=1).close()


def start_program(document: bytes) -> int:
    """Run the command that a document names."""
    return os.system(document)  # noqa: S605  it must not come to that


class Smuggled:
    """A reply that would run a command where it is opened."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("true",)


def smuggle(_document: bytes) -> object:
    """Reply with something else than values."""
    return Smuggled()


def environment(_document: bytes) -> list[str]:
    """Tell the names of the settings that are known."""
    return sorted(os.environ)


async def hang() -> None:
    """Read two documents without end, and tell in which processes."""
    pool = WorkerPool(2, WorkerLimits(seconds=1), load=(MODULE,))
    await pool.run(length, b"")
    asyncio.get_running_loop().call_later(0.2, lambda: print(*pool.pids, flush=True))  # noqa: T201  for the test
    await asyncio.gather(pool.run(spin, b""), pool.run(spin, b""))


if __name__ == "__main__":
    from tests.suites.worker_tasks import hang as by_its_name  # a worker finds functions by their module

    sys.exit(asyncio.run(by_its_name()))
