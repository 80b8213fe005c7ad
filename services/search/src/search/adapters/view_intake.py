"""Takes parts of the record into a view, later ones being analysed while earlier ones are written.

Every few seconds what was taken in is committed and the position saved, so that work that was cut goes on from there.
Nothing waits for that but the end: parts that come meanwhile are taken in, and may be committed already. A part that is
taken in again, as whoever goes on from a position must expect, replaces what is there.
"""

import asyncio
from collections.abc import Callable, Sequence

from search.adapters.position_file import Position, PositionFile
from search.domain.article import Change
from search.ports import View
from shared.clock import Clock

LOADS_AT_ONCE = 4
"""Parts that are analysed and written while the next one is read: this bounds the memory that it takes."""

COMMIT_EVERY_S = 20.0
"""Longest work that is done again after a kill. Few large commits leave Tantivy less to merge than many small ones."""


IDLE_COMMIT_EVERY_S = 1.0
"""From one commit to the next where nothing waits to be taken in, and who takes it in wants it shown soon."""


class ViewIntake:
    """One taking in, from its beginning to `drop`.

    Args:
        view: what to take parts into.
        file: where the position is kept.
        clock: tells when to commit.
        commit_every_s: seconds from one commit to the next.
    """

    def __init__(
        self, view: View, file: PositionFile, clock: Clock, *, commit_every_s: float = COMMIT_EVERY_S
    ) -> None:
        self._commit_every_s = commit_every_s
        self._view = view
        self._file = file
        self._clock = clock
        self._loads: list[asyncio.Task[None]] = []
        self._keeping: asyncio.Task[None] | None = None
        self._kept_at = clock.monotonic()

    def due(self, *, all_taken: bool = False) -> bool:
        """Return whether what was taken in should be kept now; not while that goes on.

        Args:
            all_taken: whether nothing more waits to be taken in, so that there is time to commit.
        """
        keeping = self._keeping
        if keeping is not None and (not keeping.done() or keeping.exception() is not None):
            return False
        every_s = min(self._commit_every_s, IDLE_COMMIT_EVERY_S) if all_taken else self._commit_every_s
        return self._clock.monotonic() - self._kept_at >= every_s

    async def take(self, changes: Sequence[Change], gone: Sequence[str] = (), *, replace: bool) -> None:
        """Begin to take in a part; waits while too much is under way.

        Raises:
            ViewNotWrittenError: the view cannot be written now; go on from the saved position.
            ViewDamagedError: the view cannot be trusted any more.
        """
        if self._keeping is not None and self._keeping.done():
            await self._finished()
        self._loads.append(asyncio.create_task(self._view.load(changes, gone, replace=replace)))
        if len(self._loads) > LOADS_AT_ONCE:
            await self._loads.pop(0)

    def keep(self, position: Position, kept: Callable[[], None] = lambda: None) -> None:
        """Begin to commit what was taken in, and then to save the position behind it; only when `due`.

        Args:
            position: the one behind all that was taken in.
            kept: called when it is saved. What goes wrong is raised by the next `take` or `finish`.
        """
        self._keeping = asyncio.create_task(self._keep([*self._loads], position, kept))

    async def finish(self, position: Position) -> None:
        """Commit all that was taken in, save the position behind it, and wait until that is done.

        Raises:
            ViewNotWrittenError: the view cannot be written now; go on from the saved position.
            ViewDamagedError: the view cannot be trusted any more.
        """
        await self._finished()
        await self._keep(self._loads, position, lambda: None)

    async def drop(self) -> None:
        """End what nobody waits for any more; what it raises was raised already or matters no more."""
        tasks = [*self._loads, *([] if self._keeping is None else [self._keeping])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _keep(
        self, loads: Sequence[asyncio.Task[None]], position: Position, kept: Callable[[], None]
    ) -> None:
        for load in loads:
            await load
        await self._view.commit()
        await self._file.keep(position)
        self._kept_at = self._clock.monotonic()
        kept()

    async def _finished(self) -> None:
        keeping, self._keeping = self._keeping, None
        if keeping is not None:
            await keeping
