"""Lets Tantivy merge segments only in time that nobody else wants: merging is never urgent, and an article that came is.

Tantivy merges in threads of its own that the library gives no handle to; Linux knows them by name and lets each have a
priority of its own (setpriority(2): "the nice value is per thread"). Elsewhere nothing is done.
"""

import os
from pathlib import Path

NICENESS = 15
"""A thirtieth of a core where others of usual priority want it all, and all of it where nobody does. Segments that wait
longer are merged more of them at once, which costs less for each."""

_NAME = "merge_thread_"


def let_merging_yield() -> bool:
    """Lower the priority of this process's merging threads; False where there are none to be seen."""
    found = False
    for thread in Path("/proc/self/task").glob("*"):
        try:
            if not (thread / "comm").read_text(encoding="utf-8").startswith(_NAME):
                continue
            os.setpriority(os.PRIO_PROCESS, int(thread.name), NICENESS)
        except OSError:
            continue
        found = True
    return found
