"""Work that is done one step at a time until the service stops."""

import asyncio
from collections.abc import Awaitable, Callable

from shared.bus.waiting import pause


async def one_by_one(step: Callable[[], Awaitable[float]], stop: asyncio.Event) -> None:
    """Do one step after the other until `stop` is set; a step that is in hand then is cut off.

    Args:
        step: does one, and returns the seconds to wait before the next; it raises nothing.
        stop: ends it all.
    """
    stopping = asyncio.ensure_future(stop.wait())
    while not stop.is_set():
        doing = asyncio.ensure_future(step())
        await asyncio.wait({doing, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if not doing.done():
            doing.cancel()
            await asyncio.wait({doing})
            break
        await pause(stop, doing.result())
    stopping.cancel()
