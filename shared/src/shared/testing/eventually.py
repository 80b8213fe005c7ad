"""Waiting for a condition instead of sleeping."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

Value = TypeVar("Value")


async def eventually(
    probe: Callable[[], Awaitable[Value]],
    *,
    within_s: float = 10.0,
    every_s: float = 0.02,
    what: str = "the condition",
) -> Value:
    """Call `probe` until it returns something true, and return that.

    An AssertionError of the probe counts as "not yet"; the last one is shown when the time is up.

    Raises:
        AssertionError: the condition did not come to hold within `within_s` seconds.
    """
    loop = asyncio.get_running_loop()
    deadline = loop.time() + within_s
    last: object = None
    while True:
        try:
            value = await probe()
        except AssertionError as error:
            last = error
        else:
            if value:
                return value
            last = value
        if loop.time() >= deadline:
            raise AssertionError(f"{what} did not hold within {within_s} s; last seen: {last!r}")
        await asyncio.sleep(every_s)
