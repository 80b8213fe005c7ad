"""Tasks end when they are told to, also where a library stands in the way."""

import asyncio
from contextlib import suppress

from shared.bus.waiting import end


async def test_a_task_that_swallows_a_cancellation_is_cancelled_again() -> None:
    """Leaving a reader of the stream hung for ever when the library took the cancellation for its own."""
    begun, swallowed = asyncio.Event(), asyncio.Event()

    async def stubborn() -> None:
        begun.set()
        with suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        swallowed.set()
        await asyncio.Event().wait()

    task = asyncio.create_task(stubborn())
    await begun.wait()
    await asyncio.wait_for(end([task], again_s=0.01), 10)
    assert swallowed.is_set()
    assert task.cancelled()


async def test_tasks_that_are_done_need_nothing_and_one_that_failed_is_no_failure_of_the_end() -> None:
    async def fail() -> None:
        raise ValueError

    task = asyncio.create_task(fail())
    await asyncio.wait({task})
    await end([task])
    await end([])
