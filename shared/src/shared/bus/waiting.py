"""Waiting for events, with a bound."""

import asyncio
from contextlib import suppress


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
