"""Builds a view from the whole record: a scan by `_id`, one page being read while the one before is indexed.

Every few seconds what was indexed is committed and the position saved, so that a scan that was cut goes on from there.
"""

import asyncio
import dataclasses
from collections.abc import Callable, Sequence
from typing import Any

import structlog

from search.adapters.mongo_record import MongoRecord, readable
from search.adapters.position_file import Position, PositionFile
from search.domain.article import Article
from search.ports import View
from shared.clock import Clock

_log = structlog.get_logger()

PAGE = 500
LOADS_AT_ONCE = 4
"""Pages that are analysed and written while the next one is read: this bounds the memory of a scan."""

COMMIT_EVERY_S = 5.0
"""Longest work that a killed scan does again. A commit takes tens of milliseconds, and more of them more merging."""


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
        committed_at, read, after = self._clock.monotonic(), 0, position.scanned or ""
        coming = asyncio.create_task(self._record.page(after, PAGE))
        loads: list[asyncio.Task[None]] = []
        try:
            while (page := await coming) and not stop.is_set():
                after = page[-1]["_id"]
                coming = asyncio.create_task(self._record.page(after, PAGE))
                articles = [one for one in readable(page) if isinstance(one, Article)]
                loads.append(asyncio.create_task(self._view.load(articles, replace=replace)))
                if len(loads) > LOADS_AT_ONCE:
                    await loads.pop(0)
                read += len(page)
                self._tell(read)
                if self._clock.monotonic() - committed_at >= COMMIT_EVERY_S:
                    position = await self._keep(dataclasses.replace(position, scanned=after), loads)
                    committed_at = self._clock.monotonic()
            position = await self._keep(
                dataclasses.replace(position, scanned=after if stop.is_set() else None), loads
            )
        finally:
            await _dropped([coming, *loads])
        return position, read

    async def _keep(self, position: Position, loads: "list[asyncio.Task[None]]") -> Position:
        """Commit what was loaded and save the position behind it."""
        while loads:
            await loads.pop(0)
        await self._view.commit()
        await self._file.keep(position)
        return position


async def _dropped(tasks: "Sequence[asyncio.Task[Any]]") -> None:
    """End what nobody waits for any more; what it raises was raised already or matters no more."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
