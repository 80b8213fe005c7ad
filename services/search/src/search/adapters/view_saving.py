"""Commits what a view shows, and then saves the position behind it: beside the applying of changes, which goes on."""

import asyncio
from collections.abc import Callable

from search.adapters.position_file import Position, PositionFile
from search.ports import View
from shared.clock import Clock

SAVE_EVERY_S = 5.0
"""Longest work that is done again after a kill. Seldom, since few large commits cost Tantivy far less than many small ones."""

MOST_UNSAVED = 1000
"""Articles in memory from which on they are committed sooner: each search looks at all of them."""

_IDLE_SAVE_S = 10.0


class ViewSaving:
    """One saving of what is applied, from its beginning to `drop`.

    Args:
        view: what to commit.
        file: where the position is kept.
        clock: tells when.
        saved: the position that is saved already.
        kept: called when a position was saved.
    """

    def __init__(
        self, view: View, file: PositionFile, clock: Clock, *, saved: Position, kept: Callable[[], None]
    ) -> None:
        self._view = view
        self._file = file
        self._clock = clock
        self._saved = saved
        self._kept = kept
        self._begun_at = clock.monotonic()
        self._saving: asyncio.Task[None] | None = None

    async def go_on(self, position: Position) -> None:
        """Begin to save, if it is time to. Waits for it only where too much is in memory.

        Args:
            position: the one behind all that was applied.

        Raises:
            ViewNotWrittenError: the view cannot be written now; go on from the saved position.
        """
        if self._saving is not None and self._saving.done():
            await self._finished()
        if self._saving is None and self._due():
            self._begin(position)
        if self._view.unsaved >= 2 * MOST_UNSAVED:
            await self._finished()

    async def finish(self, position: Position) -> None:
        """Save a position now, unless it is saved.

        Raises:
            ViewNotWrittenError: the view cannot be written now.
        """
        await self._finished()
        if self._view.unsaved or position != self._saved:
            self._begin(position)
            await self._finished()

    async def drop(self) -> None:
        """End; a commit that has begun has its end, but what it raises was raised already or matters no more."""
        if self._saving is not None:
            self._saving.cancel()
            await asyncio.gather(self._saving, return_exceptions=True)

    def _due(self) -> bool:
        since_s = self._clock.monotonic() - self._begun_at
        unsaved = self._view.unsaved
        return unsaved >= MOST_UNSAVED or since_s >= (SAVE_EVERY_S if unsaved else _IDLE_SAVE_S)

    def _begin(self, position: Position) -> None:
        self._begun_at = self._clock.monotonic()
        self._saving = asyncio.create_task(self._save(position))

    async def _save(self, position: Position) -> None:
        if self._view.unsaved:
            await self._view.commit()
        await self._file.keep(position)
        self._saved = position
        self._kept()

    async def _finished(self) -> None:
        saving, self._saving = self._saving, None
        if saving is not None:
            await saving
