"""The look at the files of an index that is opened, beside what a start has to do otherwise.

Nothing is answered or committed before its end. What is written meanwhile can come of a damaged file only by a merge, which
Tantivy begins when its writer is full: that is noted beforehand, so that whoever comes after a kill does not trust it.
"""

import asyncio
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, suppress
from io import BufferedReader
from pathlib import Path

from search.adapters.tantivy_folder import fault_among, note_looked, note_unlooked
from search.ports import ViewDamagedError, ViewNotWrittenError

LOOKERS = 2
"""Files that are read at once."""


class FolderLook:
    """A look, from `begin` until `end` has told what came of it; there is none before, and none after.

    Args:
        folder: where the index lives.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._pool = ThreadPoolExecutor(LOOKERS, thread_name_prefix="search-look")
        self._task: asyncio.Task[str | None] | None = None
        self._noted = self._to_unnote = False

    @property
    def pending(self) -> bool:
        """Whether there is one whose end was not told yet."""
        return self._task is not None

    @property
    def going_on(self) -> bool:
        """Whether files are being read."""
        return self._task is not None and not self._task.done()

    def begin(self, files: Collection[BufferedReader], held: ExitStack) -> None:
        """Begin to read files, which `held` closes in the end."""
        # One that was killed may have left its note.
        self._noted, self._to_unnote = False, True
        self._task = asyncio.create_task(fault_among(files, held, self._pool))

    async def end(self) -> bool:
        """Wait for its end; return whether it was told here first.

        Raises:
            ViewDamagedError: a file is damaged.
        """
        task = self._task
        if task is None:
            return False
        # Whoever waits for it may be interrupted, and wait for it again.
        damage = await asyncio.shield(task)
        if task is not self._task:
            return False
        if damage is not None:
            raise ViewDamagedError(damage)
        self._task = None
        return True

    def forget(self) -> None:
        """Note that the index is made anew, the folder's notes with it."""
        self._task, self._noted, self._to_unnote = None, False, False

    async def close(self) -> bool:
        """Give it up; return whether there was one."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        self._pool.shutdown()
        return self.pending

    # In the writer's thread

    def note_before_writing(self) -> bool:
        """Note that files are not looked at; False where that cannot be noted."""
        if not self._noted:
            with suppress(OSError):
                note_unlooked(self._folder)
                self._noted = True
        return self._noted

    def note_soundness(self) -> None:
        """Note that all files have been looked at, if that can be noted."""
        with suppress(ViewNotWrittenError):
            self.note_before_committing()

    def note_before_committing(self) -> None:
        """Note that all files have been looked at.

        Raises:
            ViewNotWrittenError: it cannot be noted: the next start would not trust what is committed now.
        """
        if not self._to_unnote:
            return
        try:
            note_looked(self._folder)
        except OSError as error:
            raise ViewNotWrittenError(str(error)) from error
        self._to_unnote = False
