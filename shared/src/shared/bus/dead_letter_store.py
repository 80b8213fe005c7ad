"""Where dead letters are kept, as who looks after them sees it: walk past them, and take out what is chosen.

Two implementations: the broker's queues (`dead_letter_queue`) and the files of the one-process form
(`dead_letter_folder`). Both pass tests/suites/dead_letter_suite.py.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from shared.bus.dead_letter_choice import Letter


class DeadLettersUnavailable(Exception):  # noqa: N818  says what is so; whoever looks may try again
    """The dead letters cannot be reached, or no longer. Whatever was not said to be done is still there.

    Attributes:
        reason: why, in a few words.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Walk(Protocol):
    """One pass over the dead letters of a queue, oldest first.

    Of every letter that it yields one of `keep`, `replay` and `drop` is said, at once or some letters later. Letters
    of which nothing was said by the end stay where they were.
    """

    def __aiter__(self) -> AsyncIterator[Letter]:
        """Yield the letters that were there at the start, none twice.

        Raises:
            DeadLettersUnavailable: the place was lost.
        """
        ...

    @property
    def complete(self) -> bool:
        """Whether all that was to be walked past has been; see the implementations for when a pass ends early."""
        ...

    async def keep(self, letter: Letter) -> None:
        """Leave it in its place."""
        ...

    async def replay(self, letter: Letter) -> None:
        """Give it back to the one queue it died in, alive, and only then take it out.

        A crash in between makes a repeat, which readers drop; never a loss.

        Raises:
            DeadLettersUnavailable: it could not be given back; it is still a dead letter.
        """
        ...

    async def drop(self, letter: Letter) -> None:
        """Take it out for good."""
        ...


class DeadLetterStore(Protocol):
    """The dead letters of every work queue in one place.

    Attributes:
        paced: whether a replay reaches a reader at once, so that its speed matters.
    """

    paced: bool

    async def count(self, queue: str) -> int:
        """Return how many dead letters a work queue has that nobody else has in hand.

        Raises:
            DeadLettersUnavailable: the place cannot be reached.
        """
        ...

    def walk(self, queue: str, most: int) -> AbstractAsyncContextManager[Walk]:
        """Open a pass over the first `most` dead letters of a work queue."""
        ...
