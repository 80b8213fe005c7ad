"""Waiting for events, with a bound, and for tasks to end."""

import asyncio
from collections.abc import Iterable
from contextlib import suppress

CANCEL_AGAIN_S = 6.0
"""A cancelled task may take this long to close its connection (5 s at most) before it is cancelled again."""


async def pause(halt: asyncio.Event, seconds: float) -> bool:
    """Wait `seconds`, or until `halt` is set if that is sooner; return whether it is set."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await halt.wait()
    return halt.is_set()


async def either(*events: asyncio.Event) -> None:
    """Wait until one of the events is set."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()


async def end(tasks: Iterable[asyncio.Task[None]], *, again_s: float = CANCEL_AGAIN_S) -> None:
    """Cancel the tasks until all are done.

    Once is not enough: cancelled within a call to the broker, the library may raise an error of its own instead, for
    which our loops have an answer. Seen in 3 of 60 readers that were left while they asked the broker something.
    """
    tasks = list(tasks)
    left = {task for task in tasks if not task.done()}
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=again_s)
    await asyncio.gather(*tasks, return_exceptions=True)
