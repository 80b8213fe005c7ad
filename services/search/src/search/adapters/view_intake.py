"""Takes parts of the record into a view, later ones being analysed while earlier ones are written.

Every few seconds what was taken in is committed and the position saved, so that work that was cut goes on from there.
"""

import asyncio
from collections.abc import Sequence

from search.adapters.position_file import Position, PositionFile
from search.domain.article import Change
from search.ports import View
from shared.clock import Clock

LOADS_AT_ONCE = 4
"""Parts that are analysed and written while the next one is read: this bounds the memory that it takes."""

COMMIT_EVERY_S = 5.0
"""Longest work that is done again after a kill. A commit takes tens of milliseconds, and more of them more merging."""


class ViewIntake:
    """One taking in, from its beginning to `drop`.

    Args:
        view: what to take parts into.
        file: where the position is kept.
        clock: tells when to commit.
    """

    def __init__(self, view: View, file: PositionFile, clock: Clock) -> None:
        self._view = view
        self._file = file
        self._clock = clock
        self._loads: list[asyncio.Task[None]] = []
        self._kept_at = clock.monotonic()

    @property
    def due(self) -> bool:
        """Whether what was taken in should be kept now."""
        return self._clock.monotonic() - self._kept_at >= COMMIT_EVERY_S

    async def take(self, changes: Sequence[Change], gone: Sequence[str] = (), *, replace: bool) -> None:
        """Begin to take in a part; waits while too much is under way.

        Raises:
            ViewNotWrittenError: the view cannot be written now; go on from the saved position.
            ViewDamagedError: the view cannot be trusted any more.
        """
        self._loads.append(asyncio.create_task(self._view.load(changes, gone, replace=replace)))
        if len(self._loads) > LOADS_AT_ONCE:
            await self._loads.pop(0)

    async def keep(self, position: Position) -> None:
        """Commit what was taken in, and then save the position behind it.

        Raises:
            ViewNotWrittenError: the view cannot be written now; go on from the saved position.
            ViewDamagedError: the view cannot be trusted any more.
        """
        while self._loads:
            await self._loads.pop(0)
        await self._view.commit()
        await self._file.keep(position)
        self._kept_at = self._clock.monotonic()

    async def drop(self) -> None:
        """End what nobody waits for any more; what it raises was raised already or matters no more."""
        for load in self._loads:
            load.cancel()
        await asyncio.gather(*self._loads, return_exceptions=True)
