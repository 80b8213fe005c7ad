"""Watches how many events wait to be published, by all replicas, so that polling can pause before they pile up."""

import asyncio

from ingest.domain.rhythm.backlog import BacklogLimit
from ingest.metrics import Metrics
from ingest.ports import ItemStore, StoreDownError
from shared.bus.waiting import pause

REASON = "outbox_full"
LOOK_EVERY_S = 5.0


class Backlog:
    """Looks every few seconds; while the store does not answer the last look counts.

    Args:
        items: whose events wait.
        limit: how many may.
        metrics: numbers.
        every_s: seconds between two looks.
    """

    def __init__(self, items: ItemStore, limit: BacklogLimit, metrics: Metrics, *, every_s: float) -> None:
        self._items = items
        self._limit = limit
        self._metrics = metrics
        self._every_s = every_s
        self._full = False

    def hold(self) -> str | None:
        """Return the reason not to poll any source now, None where there is none."""
        return REASON if self._full else None

    def has_room(self) -> bool:
        """Return whether further events may be made."""
        return not self._full

    async def run(self, stop: asyncio.Event) -> None:
        """Watch until `stop` is set."""
        while not stop.is_set():
            await self._look()
            await pause(stop, self._every_s)

    async def _look(self) -> None:
        try:
            waiting = await self._items.waiting(self._limit.most)
        except StoreDownError:
            return
        self._metrics.waiting.set(waiting)
        self._full = self._limit.full(waiting, self._full)
