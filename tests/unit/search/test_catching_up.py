"""A view that catches up with the record stops when it is told to, whatever it has heard by then."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from search.adapters import mongo_follower
from search.adapters.mongo_follower import MongoFollower
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
