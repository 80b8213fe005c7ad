"""The page of sources tells how many articles each has, and costs MongoDB little however often it is opened."""

import asyncio

import pytest

from ingest.pipeline.counting import KEEP_S, SHARE, ArticleCounts
from ingest.ports import StoreDownError
from shared.testing.clock import FixedClock
from shared.testing.eventually import eventually
from tests.suites.ingest_fakes import MemoryItemStore
from tests.suites.ingest_stores import NOW


class SlowItems(MemoryItemStore):
    """A store that takes its time to count."""

    def __init__(self, clock: FixedClock) -> None:
        super().__init__()
        self.clock = clock
        self.asked = 0
        self.takes_s = 0.0
        self.go = asyncio.Event()
        self.go.set()

    async def counts(self) -> dict[str, int]:
        self.asked += 1
        await self.go.wait()
        if self.down:
            raise StoreDownError("down for the test")
        self.clock.advance(self.takes_s)
        return {"a": self.asked}


@pytest.fixture
def items() -> SlowItems:
    return SlowItems(FixedClock(NOW))


@pytest.fixture
def counted(items: SlowItems) -> ArticleCounts:
    return ArticleCounts(items, items.clock)


async def test_whoever_asks_at_once_shares_one_count(items: SlowItems, counted: ArticleCounts) -> None:
    """Anybody may open the page of sources, a thousand times a second."""
    assert await asyncio.gather(*(counted.counts() for _ in range(20))) == [{"a": 1}] * 20
    assert items.asked == 1
    items.clock.advance(KEEP_S)
    assert await counted.counts() == {"a": 2}


async def test_counting_takes_a_twentieth_of_the_time_at_most(
    items: SlowItems, counted: ArticleCounts
) -> None:
    items.takes_s = 3.0
    await counted.counts()
    items.clock.advance(3.0 / SHARE - 1)
    await counted.counts()
    assert items.asked == 1
    items.clock.advance(1)
    await counted.counts()
    assert items.asked == 2


async def test_a_count_that_outlasts_its_reader_is_there_for_the_next(
    items: SlowItems, counted: ArticleCounts
) -> None:
    """With many millions of articles the page would otherwise be an error for ever."""
    items.go.clear()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await counted.counts()
    items.go.set()

    async def there() -> bool:
        return await counted.counts() == {"a": 1}

    await eventually(there, within_s=5)
    assert items.asked == 1


async def test_while_the_store_is_away_the_last_count_is_good_enough(
    items: SlowItems, counted: ArticleCounts
) -> None:
    items.down = True
    with pytest.raises(StoreDownError):
        await counted.counts()
    items.down = False
    assert await counted.counts() == {"a": 2}
    items.clock.advance(KEEP_S)
    items.down = True
    assert await counted.counts() == {"a": 2}


async def test_a_count_that_hangs_holds_up_no_exit(items: SlowItems, counted: ArticleCounts) -> None:
    items.go.clear()
    asking = asyncio.create_task(counted.counts())
    await asyncio.wait({asking}, timeout=0.01)
    await asyncio.wait_for(counted.close(), 5)
    with pytest.raises(asyncio.CancelledError):
        await asking
