"""Gives memory that is free again back to the system, once much was taken for a while.

Building a view takes a gigabyte more than answering from it, and the C library keeps most of that for itself (docs/performance.md).
"""

import ctypes
from contextlib import suppress


def give_back() -> None:
    """Give back what is free (malloc_trim(3)); where the C library is not glibc it does nothing."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)
