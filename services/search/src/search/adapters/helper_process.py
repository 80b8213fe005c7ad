"""Has long answers worked out in a process of low priority, so that whoever asks little need not wait for them.

In the service itself a thread that computes takes Python away from all others for a while, each time that one of them
needs it: a plain question a few times.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

import structlog

from search.adapters.bounded_index import Lane, Limits
from search.adapters.piped_process import PipedProcess, ProcessLostError, begin
from search.metrics import Metrics

_log = structlog.get_logger()

Value = TypeVar("Value")

NICENESS = 5
"""It gets a quarter of what others get of a processor that all want."""

_BEGUN_WITHIN_S = 60.0
_LOST_AFTER_S = 10.0
_AGAIN_AFTER_S = 10.0
"""Starting a process takes half a second of a processor."""


class HelperProcess:
    """A process, begun with the first work for it, and again some time after it was lost; made by `open_helper`.

    While there is none, work is done here, in a thread. One piece is done at a time either way.
    """

    def __init__(self, limits: Limits, metrics: Metrics) -> None:
        self._lane = Lane(1, limits, metrics)
        self._process: PipedProcess | None = None
        self._beginning: asyncio.Task[None] | None = None
        self._not_before_s = 0.0

    async def do(self, work: Callable[..., Value], *arguments: Any) -> Value:
        """Return what a function of a module returns.

        Raises:
            IndexBusyError: too much waits already, or this takes too long.
        """
        return await self._lane.do(lambda: self._done(work, arguments))

    async def close(self) -> None:
        """End the process."""
        if self._beginning is not None:
            self._beginning.cancel()
            await asyncio.wait([self._beginning])
        if self._process is not None:
            await self._process.end()

    async def _done(self, work: Callable[..., Value], arguments: tuple[Any, ...]) -> Value:
        process = self._process
        if process is None:
            self._begin(work, arguments)
            return await asyncio.to_thread(work, *arguments)
        try:
            async with asyncio.timeout(_LOST_AFTER_S):
                return await process.do(work, *arguments)
        except (ProcessLostError, TimeoutError) as error:
            _log.warning("helper_process_lost", reason=repr(error), outcome="done without")
            self._process = None
            process.kill()
            await process.end()
            return await asyncio.to_thread(work, *arguments)

    def _begin(self, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        now_s = asyncio.get_running_loop().time()
        if self._beginning is None and now_s >= self._not_before_s:
            self._not_before_s = now_s + _AGAIN_AFTER_S
            self._beginning = asyncio.create_task(self._begun(work, arguments))

    async def _begun(self, work: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        """Start a process, and have it do what is done here meanwhile: nobody waits while it brings in what that takes."""
        process = None
        try:
            process = await begin(NICENESS)
            async with asyncio.timeout(_BEGUN_WITHIN_S):
                await process.practise(work, *arguments)
        except (OSError, ProcessLostError, TimeoutError) as error:
            _log.warning("helper_process_lost", reason=repr(error), outcome="done without")
        else:
            self._process, process = process, None
        finally:
            self._beginning = None
            if process is not None:
                process.kill()
                await process.end()


@asynccontextmanager
async def open_helper(limits: Limits, metrics: Metrics) -> AsyncIterator[HelperProcess]:
    """Make a helper, and end its process with the block."""
    helper = HelperProcess(limits, metrics)
    try:
        yield helper
    finally:
        await helper.close()
