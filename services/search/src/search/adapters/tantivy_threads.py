"""Lets Tantivy's threads stand back: merging always, and indexing while a backlog is worked off.

Tantivy works in threads of its own that the library gives no handle to; Linux knows them by name and lets each have a
priority of its own (setpriority(2): "the nice value is per thread"). Elsewhere nothing is done.
"""

import os
from pathlib import Path

MERGING_NICENESS = 15
"""A thirtieth of a core where others of usual priority want it all, and all of it where nobody does. Segments that wait
longer are merged more of them at once, which costs less for each."""

BACKLOG_NICENESS = 10
"""Of who analyses and indexes while a backlog is worked off: they get a tenth of what others get of a processor that all want.
Answering comes first, and then storing: what is in the record is safe, and leaves the queue."""

_MERGING = "merge_thread_"
_INDEXING = "thrd-tantivy-in"
"""As Linux cuts it."""


class TantivyThreads:
    """The threads of this process's writer, used by the thread that writes.

    Attributes:
        in_backlog: whether a backlog is worked off; any thread may set it.
    """

    def __init__(self) -> None:
        self.in_backlog = self._merging_yields = self._indexing_yields = False

    def begun(self) -> None:
        """Note that a writer has begun threads of usual priority."""
        self._merging_yields = self._indexing_yields = False

    def given(self) -> None:
        """Let indexing stand back in a backlog. A thread that was just begun has no name yet: the next part finds it."""
        if self.in_backlog and not self._indexing_yields:
            self._indexing_yields = _lowered(_INDEXING, BACKLOG_NICENESS)

    def committed(self) -> None:
        """Let merging stand back; a commit ends the indexing thread and begins another one, of usual priority."""
        self._indexing_yields = False
        # The threads have their names by now, and none has merged before the first commit.
        self._merging_yields = self._merging_yields or _lowered(_MERGING, MERGING_NICENESS)


def _lowered(name: str, niceness: int) -> bool:
    """Lower the priority of the threads whose names begin so; False where there are none to be seen."""
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
