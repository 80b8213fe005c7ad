"""What takes long to make: nobody waits for it twice, and nobody waits long who can have the one before."""

import asyncio
from contextlib import suppress

import pytest

from rates.api.made import Made
from rates.ports import StoreUnavailableError


class Workshop:
    """Makes `KEY at VERSION`, when it is let."""

    def __init__(self) -> None:
        self.made: list[str] = []
        self.goes_on = asyncio.Event()
        self.goes_on.set()
        self.down = False

    async def make(self, key: str, version: int) -> str:
        await self.goes_on.wait()
        if self.down:
            raise StoreUnavailableError("told to be down")
        self.made.append(f"{key} at {version}")
        return self.made[-1]


async def soon(task: "asyncio.Task[str]") -> str:
    async with asyncio.timeout(5):
        return await task


async def test_one_is_made_for_all_who_ask_until_the_version_moves() -> None:
    shop = Workshop()
    kept = Made(shop.make, most=2)
    assert await asyncio.gather(*(kept.get("KGS", 1) for _ in range(5))) == ["KGS at 1"] * 5
    assert [await kept.get("KGS", 1), await kept.get("KGS", 2)] == ["KGS at 1", "KGS at 2"]
    assert shop.made == ["KGS at 1", "KGS at 2"]


async def test_while_a_new_one_is_made_readers_get_the_one_before() -> None:
    """During a backfill of years every one is out of date at once, and pages must not hang."""
    shop = Workshop()
    kept = Made(shop.make, most=2, patience_s=0)
    await kept.get("KGS", 1)
    shop.goes_on.clear()
    assert [await kept.get("KGS", 2), await kept.get("KGS", 3)] == ["KGS at 1"] * 2
    waiting = asyncio.create_task(kept.newest("KGS", 3))
    await asyncio.sleep(0)
    shop.goes_on.set()
    assert await soon(waiting) == "KGS at 3"
    assert shop.made == ["KGS at 1", "KGS at 2", "KGS at 3"]


async def test_who_goes_away_ends_nothing_for_who_comes_back() -> None:
    """Thirty years may take longer than a reader waits; his second try has them."""
    shop = Workshop()
    shop.goes_on.clear()
    kept = Made(shop.make, most=2)
    gone = asyncio.create_task(kept.get("KGS", 1))
    await asyncio.sleep(0)
    gone.cancel()
    with suppress(asyncio.CancelledError):
        await gone
    back = asyncio.create_task(kept.get("KGS", 1))
    await asyncio.sleep(0)
    shop.goes_on.set()
    assert (await soon(back), shop.made) == ("KGS at 1", ["KGS at 1"])


async def test_a_failure_is_told_and_not_kept() -> None:
    shop = Workshop()
    kept = Made(shop.make, most=2)
    shop.down = True
    with pytest.raises(StoreUnavailableError):
        await kept.get("KGS", 1)
    shop.down = False
    assert await kept.get("KGS", 1) == "KGS at 1"


async def test_the_one_not_asked_for_longest_goes() -> None:
    shop = Workshop()
    kept = Made(shop.make, most=2)
    for key in ("KGS", "KZT", "KGS", "UZS", "KGS", "KZT"):
        await kept.get(key, 1)
    assert shop.made == ["KGS at 1", "KZT at 1", "UZS at 1", "KZT at 1"]
