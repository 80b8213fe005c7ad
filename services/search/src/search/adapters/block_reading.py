"""Reads a large file once, from its beginning: what the system's memory holds of it from there, all else past it.

A file that is read the usual way is taken into that memory, page by page: for gigabytes that nobody is going to ask for soon
this takes seconds of a processor, which a start has better use for, and drives out what others need. 4 GB that were on the
disk alone took 2.7 to 3.9 s and 2.8 to 5.8 s of a processor, so 2.4 to 2.8 and 0.4 to 0.5 (docs/performance.md). Where Linux does not
know how, files are read the usual way.
"""

import mmap
import os
import sys
from collections.abc import Iterator
from io import BufferedReader

FROM_MEMORY_BYTES = 1 << 18
"""Read at once of what is in memory, always to the same place, which so stays in the processor's own."""

FROM_DISK_BYTES = 1 << 22


def blocks_of(file: BufferedReader) -> Iterator[memoryview]:
    """Yield the content of a file, which may have been removed, in blocks; each is good until the next one is asked for.

    Raises:
        OSError: it cannot be read.
    """
    # Memory of its own pages: what is read past the system's must lie so.
    room, done = memoryview(mmap.mmap(-1, FROM_DISK_BYTES)), 0
    direct = _opened_directly(file)
    try:
        while True:
            try:
                count = _read(file, direct, room, done)
            except OSError:
                if direct is None:
                    raise
                # Whatever it is: only what fails in the usual way says something of the file.
                os.close(direct)
                direct = None
                continue
            if count == 0:
                return
            yield room[:count]
            done += count
    finally:
        if direct is not None:
            os.close(direct)


def _opened_directly(file: BufferedReader) -> int | None:
    """Return another descriptor of an open file, to read it past the system's memory; None where that is not known."""
    if sys.platform != "linux" or not hasattr(os, "RWF_NOWAIT"):
        return None
    try:
        # By its descriptor, for its name may be gone.
        return os.open(f"/proc/self/fd/{file.fileno()}", os.O_RDONLY | os.O_DIRECT)
    except OSError:
        return None


def _read(file: BufferedReader, direct: int | None, room: memoryview, at: int) -> int:
    """Read what comes next into `room`; return how many bytes, 0 at the end."""
    small, count = room[:FROM_MEMORY_BYTES], 0
    if sys.platform == "linux" and direct is not None:
        try:
            # Of what it does not have the system reads what it was asked for: one page is enough to know.
            os.preadv(file.fileno(), [room[: mmap.PAGESIZE]], at, os.RWF_NOWAIT)
            count = os.preadv(file.fileno(), [small], at, os.RWF_NOWAIT)
        except BlockingIOError:
            count = os.preadv(direct, [room], at)
    if count == 0:
        # The end; or Linux 5.9 or 5.10, which may say so of what is not in memory (preadv2(2), Bugs).
        file.seek(at)
        count = file.readinto(small)
    return count
