"""Bounds what questions can cost: how long one may take, how many are answered at once, how many may wait.

A question that is over its time is given up for the reader but cannot be stopped in the index's thread: it keeps its
place until it has ended, so that given up questions can never be more than the places there are.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, TypeVar

from search.domain.bounds import is_costly
from search.domain.results import Ask, Found
from search.metrics import Metrics
from search.ports import ArticleIndex, IndexBusyError

Value = TypeVar("Value")


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


class Lane:
    """Places for work of one kind.

    Args:
        places: pieces of work done at once.
        limits: how many more may wait, and for how long.
        metrics: search's.
    """

    def __init__(self, places: int, limits: Limits, metrics: Metrics) -> None:
        self._free = asyncio.Semaphore(places)
        self._limits = limits
        self._metrics = metrics
        self._waiting = 0

    async def do(self, work: Callable[[], Coroutine[Any, Any, Value]]) -> Value:
        """Return what comes of the work, once there is a place for it.

        Raises:
            IndexBusyError: too much waits already, or this takes too long.
        """
        try:
            async with asyncio.timeout(self._limits.seconds):
                await self._enter()
                done = asyncio.ensure_future(work())
                done.add_done_callback(self._leave)
                return await asyncio.shield(done)
        except TimeoutError as error:
            self._metrics.refused.labels("too_slow").inc()
            raise IndexBusyError from error
        except IndexBusyError:
            self._metrics.refused.labels("too_many").inc()
            raise

    async def _enter(self) -> None:
        if self._free.locked() and self._waiting >= self._limits.waiting:
            raise IndexBusyError
        self._waiting += 1
        try:
            await self._free.acquire()
        finally:
            self._waiting -= 1

    def _leave(self, done: "asyncio.Future[Any]") -> None:
        self._free.release()
        if not done.cancelled():
            done.exception()  # looked at, so that asyncio does not report one that nobody waits for any more


class BoundedIndex:
    """An index that is never asked more than it can answer in time.

    Args:
        index: what is asked.
        limits: how much at once, and for how long.
        metrics: search's.
    """

    def __init__(self, index: ArticleIndex, limits: Limits, metrics: Metrics) -> None:
        self._index = index
        self._quick = Lane(limits.quick, limits, metrics)
        self._costly = Lane(limits.costly, limits, metrics)

    async def search(self, ask: Ask) -> Found:
        """Return what was asked for.

        Raises:
            IndexUnavailableError: the index cannot answer now.
            IndexBusyError: too much is asked at once, or this takes too long.
            WalkExpiredError: the cursor's order is no longer kept.
        """
        lane = self._costly if is_costly(ask) else self._quick
        return await lane.do(lambda: self._index.search(ask))
