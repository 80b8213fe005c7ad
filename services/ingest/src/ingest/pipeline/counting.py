"""How many articles each source has brought: counted when somebody asks, and by far not each time.

Counting reads an index entry of every article, seconds of MongoDB's time for some million of them, and whoever opens the
page of sources asks for it.
"""

import asyncio
from collections.abc import Mapping

from ingest.ports import ItemStore
from shared.clock import Clock

KEEP_S = 5.0
"""How long a count is used at least."""

SHARE = 0.05
"""Share of the time, at most, that counting takes."""

PATIENCE_S = 1.0
"""How long a new count is waited for where there is an old one."""


class ArticleCounts:
    """Counts for the whole process; closed at its end.

    Args:
        items: where articles are stored.
        clock: how old a count is.
    """

    def __init__(self, items: ItemStore, clock: Clock) -> None:
        self._items = items
        self._clock = clock
        self._known: Mapping[str, int] | None = None
        self._until = 0.0
        self._counting: asyncio.Task[Mapping[str, int]] | None = None

    async def counts(self) -> Mapping[str, int]:
        """Return how many articles each source brought, by its id, as of some seconds ago.

        Raises:
            StoreDownError: the store does not answer, and never did.
        """
        if self._known is not None and self._clock.monotonic() < self._until:
            return self._known
        if self._counting is None or self._counting.done():
            self._counting = asyncio.create_task(self._count())
            self._counting.add_done_callback(_heard)
        counting = self._counting
        await asyncio.wait({counting}, timeout=None if self._known is None else PATIENCE_S)
        return counting.result() if self._known is None else self._known

    async def _count(self) -> Mapping[str, int]:
        started = self._clock.monotonic()
        known = await self._items.counts()
        ended = self._clock.monotonic()
        self._known, self._until = known, ended + max(KEEP_S, (ended - started) / SHARE)
        return known

    async def close(self) -> None:
        """Give up what is being counted."""
        if self._counting is not None:
            self._counting.cancel()
            await asyncio.gather(self._counting, return_exceptions=True)


def _heard(counting: asyncio.Task[Mapping[str, int]]) -> None:
    """A count that failed while an old one was good enough is nobody's error."""
    if not counting.cancelled():
        counting.exception()
