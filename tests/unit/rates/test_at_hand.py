"""A reading that many share: as new as promised, and made once for all who ask at once."""

import asyncio

import pytest

from rates.api.at_hand import AtHand, BoardsAtHand
from rates.domain.board import Board
from rates.ports import StoreUnavailableError
from tests.suites.rates_builders import NBKR, SEEN_AT, line, observation
from tests.suites.rates_fakes import MemoryBoardStore


class Store:
    """Counts how often it is read; a reading lasts until it is let go on."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.readings = 0
        self.down = False
        self.goes_on = asyncio.Event()
        self.goes_on.set()

    async def read(self) -> int:
        self.readings += 1
        number = self.readings
        await self.goes_on.wait()
        if self.down:
            raise StoreUnavailableError("told to be down")
        return number

    def at_hand(self, fresh_s: float) -> AtHand[int]:
        return AtHand(self.read, fresh_s=fresh_s, now_s=lambda: self.now_s)


async def test_within_the_moment_one_reading_serves_all_and_after_it_another() -> None:
    store = Store()
    found = store.at_hand(0.25)
    assert [await found.get(), await found.get()] == [1, 1]
    store.now_s += 0.25
    assert [await found.get(), await found.get()] == [2, 2]


async def test_those_who_ask_at_once_share_a_reading() -> None:
    """A page that has just become popular is one question to the database."""
    store = Store()
    store.goes_on.clear()
    found = store.at_hand(0.25)
    asking = [asyncio.ensure_future(found.get()) for _ in range(20)]
    await asyncio.sleep(0)
    store.goes_on.set()
    assert await asyncio.gather(*asking) == [1] * 20


async def test_a_slow_reading_counts_from_when_it_was_begun() -> None:
    """What was added while it lasted may not be in it."""
    store = Store()
    store.goes_on.clear()
    found = store.at_hand(0.25)
    first = asyncio.ensure_future(found.get())
    await asyncio.sleep(0)
    store.now_s += 1
    late = asyncio.ensure_future(found.get())
    await asyncio.sleep(0)
    store.goes_on.set()
    assert (await first, await late) == (1, 2)


async def test_a_failure_is_told_to_who_asked_and_not_kept() -> None:
    store = Store()
    found = store.at_hand(0.25)
    store.down = True
    with pytest.raises(StoreUnavailableError):
        await found.get()
    store.down = False
    assert await found.get() == 2


async def test_boards_at_hand_are_those_of_the_store() -> None:
    kept = MemoryBoardStore()
    shown = line(NBKR, observation(NBKR, SEEN_AT.date(), "87.4500"))
    kept.boards["KGS/USD"] = Board(shown.fixing.pair, 1, shown, SEEN_AT)
    assert await BoardsAtHand(kept).every() == [kept.boards["KGS/USD"]]
