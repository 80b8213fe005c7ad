"""Builds a view from the whole record: a scan from the oldest article on, one page being read while the ones before are indexed."""

import asyncio
import dataclasses
from collections.abc import Callable

import structlog

from search.adapters.mongo_record import MongoRecord, place_of, readable
from search.adapters.position_file import Position, PositionFile
from search.adapters.view_intake import ViewIntake
from search.ports import View
from shared.clock import Clock
from shared.mongo import Document

_log = structlog.get_logger()

PAGE = 500


class MongoScan:
    """One reading of the whole record into a view.

    Args:
        record: what to read.
        view: what to build.
        file: where the position is kept.
        clock: tells when to commit, and how long it took.
        tell: called with how many articles have been read so far.
    """

    def __init__(
        self, record: MongoRecord, view: View, file: PositionFile, clock: Clock, tell: Callable[[int], None]
    ) -> None:
        self._record = record
        self._view = view
        self._file = file
        self._clock = clock
        self._tell = tell

    async def run(self, position: Position, stop: asyncio.Event, *, count: int, fresh: bool) -> Position:
        """Read on from a position; return the one to follow from, or where it was when `stop` was set.

        Args:
            position: where to go on.
            stop: set when to end.
            count: about how many articles there are.
            fresh: whether the view is known to be empty, so that nothing in it need be replaced.

        Raises:
            MongoUnavailableError: MongoDB does not answer now.
            ViewNotWrittenError: the view cannot be written now; go on from the saved position.
            ViewDamagedError: the view cannot be trusted any more.
        """
        began = self._clock.monotonic()
        async with self._view.loading(count):
            position, read = await self._read_on(position, stop, replace=not fresh)
        seconds = round(self._clock.monotonic() - began, 3)
        _log.info("view_built", articles=read, seconds=seconds, outcome="cut" if stop.is_set() else "ok")
        return position

    async def _read_on(
        self, position: Position, stop: asyncio.Event, *, replace: bool
    ) -> tuple[Position, int]:
        """Read to the end or until `stop` is set; return the position and how many articles were read."""
        read, behind = 0, position.scanned or ""
        intake = ViewIntake(self._view, self._file, self._clock)
        coming = asyncio.create_task(self._record.page(behind, PAGE))
        try:
            while (page := await coming) and not stop.is_set():
                behind = place_of(page[-1])
                coming = asyncio.create_task(self._record.page(behind, PAGE))
                await intake.take(readable(page), replace=replace)
                read += len(page)
                self._tell(read)
                if intake.due():
                    position = dataclasses.replace(position, scanned=behind)
                    intake.keep(position)
            position = dataclasses.replace(position, scanned=behind if stop.is_set() else None)
            await intake.finish(position)
        finally:
            await intake.drop()
            await _dropped(coming)
        return position, read


async def _dropped(task: "asyncio.Task[list[Document]]") -> None:
    """End what nobody waits for any more; what it raises was raised already or matters no more."""
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
