"""A view that catches up with the record takes in what was missed in parts, and stops when it is told to."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from search.adapters import mongo_follower
from search.adapters.mongo_catching_up import AT_ONCE, MANY, CatchingUp
from search.adapters.mongo_follower import MongoFollower
from search.adapters.mongo_heard import Heard
from search.adapters.position_file import Position
from search.metrics import Metrics
from shared.mongo import Timestamp
from shared.testing.clock import FixedClock
from tests.suites.article_builders import NOON


class Silence:
    """A record in which nothing has changed, and a view of it; the service is told to stop as that is heard."""

    def __init__(self, stop: asyncio.Event, *, slow: bool) -> None:
        self._stop = stop
        self._slow = slow
        self.kept: list[Position] = []

    async def at_hand(self, _stream: object, _most: int) -> list[dict[str, Any]]:
        """Return that nothing has changed."""
        self._stop.set()
        return []

    @asynccontextmanager
    async def changes(self, *_place: object) -> AsyncIterator[SimpleNamespace]:
        """Return the stream."""
        yield SimpleNamespace(resume_token={"_data": "end"})

    async def time(self) -> Timestamp:
        """Return the record's time."""
        return Timestamp(1, 1)

    def load(self) -> Position:
        """Return where to follow from."""
        return Position("1", "store", {"_data": "begin"}, (1, 0))

    async def keep(self, position: Position) -> None:
        """Note how far it came."""
        self.kept.append(position)

    async def check(self) -> None:
        """Find nothing damaged in the view, or read on and on where it is slow."""
        if self._slow:
            await asyncio.Event().wait()

    unsaved = 0

    async def resume(self) -> None:
        """Have lost nothing."""

    async def commit(self) -> None:
        """Have nothing to commit."""


@pytest.mark.parametrize("slow", [False, True], ids=["the view was looked at", "the view is being looked at"])
async def test_a_stop_that_is_heard_of_with_the_last_step_ends_the_following(
    monkeypatch: pytest.MonkeyPatch, *, slow: bool
) -> None:
    """Else it waits for a stream that has ended, or for gigabytes to be read, until the service is killed."""
    stop = asyncio.Event()
    silence: Any = Silence(stop, slow=slow)
    monkeypatch.setattr(mongo_follower, "MongoRecord", lambda _database: silence)
    monkeypatch.setattr(mongo_follower, "changes_at_hand", silence.at_hand)
    follower = MongoFollower(
        silence,
        schema="1",
        view=silence,
        file=silence,
        clock=FixedClock(NOON),
        metrics=Metrics(CollectorRegistry()),
        on_visible=lambda _ids: None,
    )
    await asyncio.wait_for(follower.run("store", stop), 5)
    assert [position.token for position in silence.kept] == [{"_data": "end"}]


class Missed:
    """A record of which much was missed, and a view that takes it in."""

    def __init__(self) -> None:
        self.parts: list[list[str]] = []
        self.helped = 0

    async def by_ids(self, _ids: Sequence[str]) -> list[dict[str, Any]]:
        """Have none of the articles any more."""
        return []

    async def load(self, changes: Sequence[object], gone: Sequence[str], *, replace: bool) -> None:
        """Take in a part."""
        assert replace
        assert not changes
        self.parts.append([*gone])

    @asynccontextmanager
    async def loading(self, _count: int | None) -> AsyncIterator[None]:
        """Make ready for many."""
        self.helped += 1
        yield

    async def commit(self) -> None:
        """Have it on disk."""

    async def keep(self, _position: Position) -> None:
        """Save the position."""


async def test_what_was_missed_is_taken_in_in_small_parts_with_help() -> None:
    """A thousand at once would be written only when all were analysed, and the last thousand beside nothing."""
    missed: Any = Missed()
    clock = FixedClock(NOON)
    ids = [f"a{number:04}" for number in range(MANY + AT_ONCE)]
    queue: asyncio.Queue[Heard | None] = asyncio.Queue()
    for one in ids:
        queue.put_nowait(Heard(one, {"_data": one}, 0.0, Timestamp(2, 1), news=True))
    shown = set[str]()
    catching_up = CatchingUp(missed, missed, missed, clock, lambda ids, _last: shown.update(ids))
    position, goes_on = await catching_up.run(
        Position("1", "store", None, (1, 0)), queue, until=Timestamp(2, 1)
    )
    assert goes_on
    assert position.token == {"_data": ids[-1]}
    assert shown == set(ids)
    assert [one for part in missed.parts for one in part] == ids
    assert max(map(len, missed.parts)) == AT_ONCE
    assert missed.helped == 1
