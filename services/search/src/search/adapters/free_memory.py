"""How a process of ours looks for memory that is free again, and gives it back to the system."""

import ctypes
import gc
from contextlib import suppress

COLLECT_AFTER = (20_000, 10, 20)
"""Objects of each generation after which Python looks for cycles among them. With its own numbers (700, 10, 10) that took an
eighth of the time at 200 articles a second, in pauses of up to 200 ms."""


def collect_seldom() -> None:
    """Have Python look for cycles seldom, and never among what is loaded already, which stays for good."""
    gc.set_threshold(*COLLECT_AFTER)
    gc.freeze()


def give_back() -> None:
    """Give back what is free (malloc_trim(3)); where the C library is not glibc it does nothing.

    Building a view takes a gigabyte more than answering from it, and the C library keeps most of that for itself
    (docs/performance.md).
    """
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
