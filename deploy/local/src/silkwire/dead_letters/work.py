"""Walks past the dead letters of each queue and does what was asked to those that are meant.

Replaying is safe to cut off at any point and to run again: a letter is given back first and taken out second.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from shared.bus import dead_letters
from shared.bus.dead_letter_choice import Choice, Letter
from shared.bus.dead_letter_file import DeadLetter, LetterFile
from shared.bus.dead_letter_store import DeadLetterStore, Walk
from shared.bus.waiting import pause
from silkwire.dead_letters import words
from silkwire.dead_letters.tell import Tell

# Dropped letters are kept on disk this many at a time, so that a flood of them does not wait for the disk at each.
KEPT_TOGETHER = 32


@dataclass(frozen=True)
class Asked:
    """Which letters are meant.

    Attributes:
        queues: The work queues whose dead letters are looked at.
        choice: The filters.
        limit: The most letters; None for all.
        now: What ages are counted to, aware UTC.
    """

    queues: Sequence[str]
    choice: Choice
    limit: int | None
    now: datetime


@dataclass
class Tally:
    """What came of it.

    Attributes:
        total: How many letters there were at the start.
        done: How many were meant and dealt with, by queue and cause.
        unseen: How many were not looked at, because there were too many to hold or it took too long.
        began: When, on the monotonic clock.
    """

    total: int = 0
    done: Counter[tuple[str, str]] = field(default_factory=Counter)
    unseen: int = 0
    began: float = field(default_factory=time.monotonic)

    @property
    def seconds(self) -> float:
        """How long it has taken so far."""
        return time.monotonic() - self.began


class Action(Protocol):
    """What is done to a letter that is meant.

    Attributes:
        takes_out: Whether it is then no longer a dead letter.
    """

    takes_out: bool

    async def take(self, walk: Walk, letter: Letter) -> None:
        """Does it, or puts it aside until `settle`."""
        ...

    async def settle(self, walk: Walk) -> None:
        """Does what was put aside."""
        ...


async def work(
    store: DeadLetterStore,
    asked: Asked,
    action: Action,
    tally: Tally,
    *,
    tell: Tell,
    stop: asyncio.Event,
) -> None:
    """Does `action` to the letters that are meant, until `stop` is set.

    Only letters that were there at the start are walked past, so one that dies again meanwhile ends no run in a circle.

    Raises:
        DeadLettersUnavailable: The place was lost; `tally` tells what was done until then.
    """
    run = _Run(store, asked, action, tally, tell, stop)
    try:
        for queue in asked.queues:
            await run.queue(queue)
    finally:
        tell.end()


@dataclass(frozen=True)
class _Run:
    store: DeadLetterStore
    asked: Asked
    action: Action
    tally: Tally
    tell: Tell
    stop: asyncio.Event

    async def queue(self, queue: str) -> None:
        """Walks past one queue's letters: in one pass, or in several where letters cannot be held for so long."""
        left = await self.store.count(queue)
        self.tally.total += left
        while left and not self._enough():
            async with self.store.walk(queue, left) as walk:
                seen, taken_out = await self._pass(walk, self.tally.total - left)
            left -= taken_out
            if walk.complete or self._enough():
                return
            if not taken_out:
                self.tally.unseen += left - seen
                return

    async def _pass(self, walk: Walk, looked_at_before: int) -> tuple[int, int]:
        seen = taken_out = 0
        async for letter in walk:
            seen += 1
            if self.asked.choice.takes(letter, self.asked.now):
                await self.action.take(walk, letter)
                self.tally.done[letter.queue, letter.said.cause] += 1
                taken_out += self.action.takes_out
            else:
                await walk.keep(letter)
            self.tell.so_far(looked_at_before + seen, self.tally.total, self.tally.done.total())
            if self._enough():
                break
        await self.action.settle(walk)
        return seen, taken_out

    def _enough(self) -> bool:
        limit = self.asked.limit
        return self.stop.is_set() or (limit is not None and self.tally.done.total() >= limit)


class Show:
    """Prints each letter and leaves it where it is.

    Args:
        lines: What is printed of a letter.
        head: What is printed before the first.
    """

    takes_out = False

    def __init__(self, lines: "Lines", head: str | None = None) -> None:
        self._lines = lines
        self._head = head

    async def take(self, walk: Walk, letter: Letter) -> None:
        """See `Action.take`."""
        # In a thread: a reader that stands still, such as a pager, must not let the broker think us dead.
        printed = [self._head, *self._lines(letter)] if self._head else self._lines(letter)
        self._head = None
        await asyncio.to_thread(print, *printed, sep="\n")
        await walk.keep(letter)

    async def settle(self, walk: Walk) -> None:
        """See `Action.settle`."""


class Lines(Protocol):
    """What is printed of a letter."""

    def __call__(self, letter: Letter) -> Sequence[str]:
        """The lines."""
        ...


class Replay:
    """Has each letter heard again by the one queue it died in.

    Args:
        rate_per_s: The most letters a second; None for as fast as it goes.
        stop: Ends the waiting.
    """

    takes_out = True

    def __init__(self, rate_per_s: float | None, stop: asyncio.Event) -> None:
        self._rate_per_s = rate_per_s
        self._stop = stop
        self._next_at = time.monotonic()

    async def take(self, walk: Walk, letter: Letter) -> None:
        """See `Action.take`."""
        await walk.replay(letter)
        if self._rate_per_s is None:
            return
        # Time lost is not made up for: a burst after a slow moment is what the rate is there to prevent.
        self._next_at = max(self._next_at, time.monotonic()) + 1 / self._rate_per_s
        await pause(self._stop, self._next_at - time.monotonic())

    async def settle(self, walk: Walk) -> None:
        """See `Action.settle`."""


class Drop:
    """Takes letters out for good, each only once it is on disk in the backup.

    Args:
        backup: Where they are kept; None for nowhere.
    """

    takes_out = True

    def __init__(self, backup: Path | None) -> None:
        self._backup = None if backup is None else LetterFile(backup)
        self._aside: list[Letter] = []

    async def take(self, walk: Walk, letter: Letter) -> None:
        """See `Action.take`."""
        self._aside.append(letter)
        if len(self._aside) >= KEPT_TOGETHER:
            await self.settle(walk)

    async def settle(self, walk: Walk) -> None:
        """See `Action.settle`."""
        if self._backup is not None and self._aside:
            await asyncio.to_thread(self._backup.append, *map(_as_kept, self._aside))
        for letter in self._aside:
            await walk.drop(letter)
        self._aside.clear()


def _as_kept(letter: Letter) -> DeadLetter:
    return DeadLetter(dead_letters.to_headers(letter.headers, letter.said), letter.body)


def as_row(now: datetime) -> Lines:
    """A letter as a line of the table."""
    return lambda letter: [words.row(letter, now)]


def as_whole(letter: Letter) -> Sequence[str]:
    """A letter in full."""
    return [*words.whole(letter), ""]


def as_json_line(*, with_content: bool) -> Lines:
    """A letter as one line of JSON."""
    return lambda letter: [words.as_json(words.as_object(letter, with_content=with_content))]
