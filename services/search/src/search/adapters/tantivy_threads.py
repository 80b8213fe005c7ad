"""Lets Tantivy's threads stand back: merging always, and indexing while a backlog is worked off.

Tantivy works in threads of its own that the library gives no handle to; Linux knows them by name and lets each have a
priority of its own (setpriority(2): "the nice value is per thread"). Elsewhere nothing is done.
"""

import os
from pathlib import Path

MERGING_NICENESS = 15
"""A thirtieth of a core where others of usual priority want it all, and all of it where nobody does. Segments that wait
longer are merged more of them at once, which costs less for each."""

_MERGING = "merge_thread_"
_INDEXING = "thrd-tantivy-in"
"""As Linux cuts it. A commit ends such a thread and begins another one, of usual priority."""


def let_merging_yield() -> bool:
    """Lower the priority of this process's merging threads; False where there are none to be seen."""
    return _lowered(_MERGING, MERGING_NICENESS)


def let_indexing_yield(niceness: int) -> bool:
    """Lower the priority of this process's indexing threads; False where there are none to be seen."""
    return _lowered(_INDEXING, niceness)


def _lowered(name: str, niceness: int) -> bool:
    found = False
    for thread in Path("/proc/self/task").glob("*"):
        try:
            if not (thread / "comm").read_text(encoding="utf-8").startswith(name):
                continue
            os.setpriority(os.PRIO_PROCESS, int(thread.name), niceness)
        except OSError:
            continue
        found = True
    return found
