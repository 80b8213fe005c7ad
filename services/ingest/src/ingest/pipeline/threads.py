"""Threads for work that cannot be cancelled, which the end of the process does not wait for."""

import asyncio
import contextvars
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TypeVar

Value = TypeVar("Value")


class BackgroundThreads:
    """Runs CPU work beside the event loop in daemon threads; a pool's threads would hold up the exit.

    Args:
        most: threads at the same time; work that was given up counts until it ends.
    """

    def __init__(self, most: int) -> None:
        self._free = asyncio.Semaphore(most)

    async def run(self, work: Callable[[], Value]) -> Value:
        """Return what `work` returns; a cancelled caller leaves it to end unheard."""
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Value] = loop.create_future()
        context = contextvars.copy_context()

        def settle(tell: Callable[[], None]) -> None:
            self._free.release()
            if not answer.done():
                tell()

        def body() -> None:
            try:
                value = context.run(work)
            except Exception as error:  # noqa: BLE001  whatever it is belongs to the caller
                fault = error
                tell = lambda: answer.set_exception(fault)  # noqa: E731  one of two ways to answer
            else:
                tell = lambda: answer.set_result(value)  # noqa: E731  one of two ways to answer
            with suppress(RuntimeError):  # the loop was closed meanwhile: nobody listens
                loop.call_soon_threadsafe(settle, tell)

        threading.Thread(target=body, name="background", daemon=True).start()
        return await answer
