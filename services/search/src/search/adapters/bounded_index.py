"""Bounds what questions can cost: how long one may take, how many are answered at once, how many may wait.

A question that is over its time is given up for the reader but cannot be stopped in the index's thread: it keeps its
place until it has ended, so that given up questions can never be more than the places there are.
"""

import asyncio
from dataclasses import dataclass

from search.domain.bounds import is_costly
from search.domain.results import Ask, Found
from search.metrics import Metrics
from search.ports import ArticleIndex, IndexBusyError


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may be asked.

    Attributes:
        seconds: how long a reader waits for an answer, waiting for a place included.
        quick: plain questions answered at once.
        costly: costly ones answered at once, see `search.domain.bounds`.
        waiting: questions of either kind that may wait for a place.
    """

    seconds: float = 2.0
    quick: int = 3
    costly: int = 1
    waiting: int = 32


class _Lane:
    """Places for questions of one kind."""

    def __init__(self, places: int, waiting: int) -> None:
        self._free = asyncio.Semaphore(places)
        self._most_waiting = waiting
        self._waiting = 0

    async def enter(self) -> None:
        """Wait for a place.

        Raises:
            IndexBusyError: too many wait already.
        """
        if self._free.locked() and self._waiting >= self._most_waiting:
            raise IndexBusyError
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1

    def leave(self) -> None:
        """Give the place to the next one."""
        self._free.release()


class BoundedIndex:
    """An index that is never asked more than it can answer in time.

    Args:
        index: what is asked.
        limits: how much at once, and for how long.
        metrics: search's.
    """

    def __init__(self, index: ArticleIndex, limits: Limits, metrics: Metrics) -> None:
        self._index = index
        self._limits = limits
        self._metrics = metrics
        self._quick = _Lane(limits.quick, limits.waiting)
        self._costly = _Lane(limits.costly, limits.waiting)

    async def search(self, ask: Ask) -> Found:
        """Return what was asked for.

        Raises:
            IndexUnavailableError: the index cannot answer now.
            IndexBusyError: too much is asked at once, or this takes too long.
            WalkExpiredError: the cursor's order is no longer kept.
        """
        lane = self._costly if is_costly(ask) else self._quick
        try:
            async with asyncio.timeout(self._limits.seconds):
                await lane.enter()
                asked = asyncio.ensure_future(self._index.search(ask))
                asked.add_done_callback(lambda done: _ended(done, lane))
                return await asyncio.shield(asked)
        except TimeoutError as error:
            self._metrics.refused.labels("too_slow").inc()
            raise IndexBusyError from error
        except IndexBusyError:
            self._metrics.refused.labels("too_many").inc()
            raise


def _ended(asked: "asyncio.Future[Found]", lane: _Lane) -> None:
    lane.leave()
    if not asked.cancelled():
        asked.exception()  # looked at, so that asyncio does not report one that nobody waits for any more
