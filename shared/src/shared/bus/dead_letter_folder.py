"""The dead letters of the one-process form, looked after while it does not run; and their way back once it does.

A replay moves letters from `<queue>.dead.jsonl` to `<queue>.replay.jsonl`, in this order: written there, on disk,
then taken out here. The memory bus hears them from there as soon as a reader of the queue starts.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

import structlog

from shared.bus.dead_letter_choice import Letter
from shared.bus.dead_letter_file import DeadLetter, DeadLetterFile, ReplayFile
from shared.contracts.envelope import Envelope, UndecodableEventError, from_headers

TOGETHER = 128
"""How many letters are written, or heard again, at a time."""

_log = structlog.get_logger()


class DeadLetterFolder:
    """See `shared.bus.dead_letter_store.DeadLetterStore`. Reading is always safe; `replay` and `drop` rewrite files.

    So whoever replays or drops makes sure that no system runs on the folder meanwhile.

    Args:
        folder: where the memory bus keeps its dead letters.
    """

    paced = False

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def count(self, queue: str) -> int:
        """See `DeadLetterStore.count`."""
        return sum(1 for _ in DeadLetterFile(self._folder, queue).read())

    @asynccontextmanager
    async def walk(self, queue: str, most: int) -> AsyncIterator["FileWalk"]:
        """See `DeadLetterStore.walk`."""
        walk = FileWalk(self._folder, queue, most)
        try:
            yield walk
        finally:
            walk.finish()


class FileWalk:
    """See `shared.bus.dead_letter_store.Walk`."""

    def __init__(self, folder: Path, queue: str, most: int) -> None:
        self._queue = queue
        self._most = most
        self._dead = DeadLetterFile(folder, queue)
        self._again = ReplayFile(folder, queue)
        self._gone: set[int] = set()
        self._to_replay: list[Letter] = []

    @property
    def complete(self) -> bool:
        """See `Walk.complete`; it always comes to its end."""
        return True

    async def __aiter__(self) -> AsyncIterator[Letter]:
        """See `Walk.__aiter__`."""
        for place, letter in islice(self._dead.places(), self._most):
            yield Letter(place, self._queue, letter.headers, letter.body)

    async def keep(self, letter: Letter) -> None:
        """See `Walk.keep`."""

    async def replay(self, letter: Letter) -> None:
        """See `Walk.replay`."""
        self._to_replay.append(letter)
        if len(self._to_replay) == TOGETHER:
            self._hand_over()

    async def drop(self, letter: Letter) -> None:
        """See `Walk.drop`."""
        self._gone.add(letter.key)

    def finish(self) -> None:
        """Carry out what was said.

        Raises:
            OSError: the files cannot be written; what was not carried out is still a dead letter.
        """
        self._hand_over()
        self._dead.remove(self._gone)

    def _hand_over(self) -> None:
        if self._to_replay:
            # With their epitaphs, so that one which cannot be heard again goes back as it was.
            self._again.append(*(DeadLetter(letter.headers, letter.body) for letter in self._to_replay))
            self._gone.update(letter.key for letter in self._to_replay)
            self._to_replay.clear()


async def hear_again(folder: Path, queue: str, deliver: Callable[[Envelope], Awaitable[None]]) -> None:
    """Deliver what is to be replayed, and forget it once its reader has settled all of it.

    A process that ends before that delivers all of it again, which readers are made for.

    Args:
        folder: where the memory bus keeps its dead letters.
        queue: the work queue.
        deliver: returns once the queue's reader settled the event.

    Raises:
        PublishUnconfirmed: the bus was closed.
        OSError: a file cannot be read or written.
    """
    again = ReplayFile(folder, queue)
    if not again.path.exists():
        return
    letters = again.read()
    heard = 0
    while together := list(islice(letters, TOGETHER)):
        events = [event for letter in together if (event := _revive(letter, folder, queue)) is not None]
        await asyncio.gather(*(deliver(event) for event in events))
        heard += len(events)
    again.erase()
    _log.info("dead_letters_replayed", queue=queue, events=heard, outcome="ok")


def _revive(letter: DeadLetter, folder: Path, queue: str) -> Envelope | None:
    try:
        return from_headers(letter.headers, letter.body)
    except UndecodableEventError as error:
        DeadLetterFile(folder, queue).append(letter)
        _log.warning("dead_letter_not_replayed", queue=queue, reason=error.reason)
        return None
