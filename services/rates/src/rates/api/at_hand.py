"""Readings of the store that all who ask within a fraction of a second share."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from rates.domain.board import Board
from rates.ports import ReadsBoards

FRESH_S = 0.25
"""Rates move a few times a day; a reading so old is as good as a new one, and costs nothing."""

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class _Reading(Generic[Found]):
    begun_s: float
    found: Found


class AtHand(Generic[Found]):
    """One reading, made again when it is older than it may be.

    Args:
        read: makes it.
        fresh_s: how old it may be, counted from when it was begun; 0 makes one for everybody who asks.
        now_s: a clock that only goes on.
    """

    def __init__(
        self,
        read: Callable[[], Awaitable[Found]],
        *,
        fresh_s: float,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._read = read
        self._fresh_s = fresh_s
        self._now_s = now_s
        self._kept: _Reading[Found] | None = None
        self._reading = asyncio.Lock()

    async def get(self) -> Found:
        """Return the reading at hand; whatever the store raises, whoever needs a new one gets."""
        asked_s = self._now_s()
        if self._kept is None or asked_s - self._kept.begun_s >= self._fresh_s:
            async with self._reading:
                # Somebody may have begun one while we waited.
                since_s = min(asked_s, self._now_s() - self._fresh_s)
                if self._kept is None or self._kept.begun_s <= since_s:
                    begun_s = self._now_s()
                    self._kept = _Reading(begun_s, await self._read())
        return self._kept.found


class BoardsAtHand:
    """Boards, as they were a moment ago.

    Args:
        boards: where they are.
        fresh_s: how old they may be.
    """

    def __init__(self, boards: ReadsBoards, *, fresh_s: float = FRESH_S) -> None:
        self._at_hand: AtHand[Sequence[Board]] = AtHand(boards.every, fresh_s=fresh_s)

    async def every(self) -> Sequence[Board]:
        """Return all boards, in no particular order.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        return await self._at_hand.get()
