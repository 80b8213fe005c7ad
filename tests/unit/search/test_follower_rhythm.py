"""How often a view takes in what it hears: at once, every 50 ms under a steady flow, four times a second in a flood."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from search.adapters import mongo_catching_up, mongo_follower
from search.adapters.mongo_follower import APPLY_GAP_S, AT_ONCE, FLOOD_GAP_S, MongoFollower
from search.adapters.position_file import Position
from search.domain.article import Change
from search.domain.backlog import FLOOD_PER_S
from search.metrics import Metrics
from shared.mongo import Timestamp
from shared.testing.clock import FixedClock
from tests.suites.article_builders import NOON

HEARD = 1000
"""Changes that are heard of before they are applied, at most."""


class Flow:
    """A record in which so many articles change in each tenth of a second, as often as its reader pauses."""

    def __init__(
        self, clock: FixedClock, per_tenth: int, batches: int, ebbs_after: int | None = None
    ) -> None:
        self._clock = clock
        self._ebbs_after = ebbs_after
        self._per_tenth = per_tenth
        self._batches = batches
        self._news = asyncio.Event()
        self._waiting: list[int] = []
        self._told = 0
        self._stop = asyncio.Event()
        self.taken: list[int] = []
        """All changes that the view has, in the order in which it got them."""
        self.parts: list[list[str]] = []
        """What was taken in in large parts."""
        self.answering: list[bool] = []
        self._in_backlog = False
        self.applied: list[tuple[float, int]] = []
        """When the view took a batch in, in seconds since the beginning, and how many changes."""
        self._arrive(1)

    def _arrive(self, count: int) -> None:
        self._waiting += range(self._told, self._told + count)
        self._told += count
        if count:
            self._news.set()

    async def pause(self, stop: asyncio.Event, seconds: float) -> bool:
        """Let time pass, and what arrives in it be heard."""
        # A rest of the sum that is too small to move the clock would be waited for without end.
        self._clock.advance(max(seconds, 1e-6))
        self._arrive(round(self._per_tenth * seconds / 0.1))
        for _ in range(50):
            await asyncio.sleep(0)
        return stop.is_set()

    async def at_hand(self, _stream: object, most: int) -> list[dict[str, Any]]:
        """Return what has changed, as the stream tells it; nothing where a backlog has come to its end."""
        if not self._in_backlog:
            await self._news.wait()
        self._in_backlog = self._in_backlog and bool(self._waiting)
        now, self._waiting = self._waiting[:most], self._waiting[most:]
        if not self._waiting and not self._stop.is_set():
            self._news.clear()
        return [
            {
                "operationType": "insert",
                "documentKey": {"_id": f"n{number}"},
                "_id": {"_data": f"{number}"},
                "clusterTime": Timestamp(1, number + 1),
            }
            for number in now
        ]

    @asynccontextmanager
    async def changes(self, *_place: object) -> AsyncIterator[SimpleNamespace]:
        """Return the stream."""
        yield SimpleNamespace(resume_token={"_data": "end"})

    async def time(self) -> Timestamp:
        """Return the record's time."""
        return Timestamp(1, 1)

    async def by_ids(self, _ids: Sequence[str]) -> list[dict[str, Any]]:
        """Return what they are now: gone already, which is as good as anything."""
        return []

    def saved(self) -> Position:
        """Return where to follow from."""
        return Position("1", "store", {"_data": "begin"}, (1, 0))

    async def keep(self, _position: Position) -> None:
        """Forget how far it came."""

    unsaved = 0

    async def resume(self) -> None:
        """Have lost nothing."""

    async def commit(self) -> None:
        """Have nothing to commit."""

    async def check(self) -> None:
        """Find nothing damaged in the view."""

    def _note(self, ids: Sequence[str]) -> None:
        self.taken += [int(one.removeprefix("n")) for one in ids]

    @asynccontextmanager
    async def loading(self, _count: int | None, *, answering: bool = False) -> AsyncIterator[None]:
        """Make ready for many."""
        self.answering.append(answering)
        self._in_backlog = True
        self._news.set()
        yield
        self._per_tenth = 2
        self._arrive(1)

    async def load(self, _changes: Sequence[Change], gone: Sequence[str], *, replace: bool) -> None:
        """Take in a part."""
        assert replace
        self.parts.append([*gone])
        self._note(gone)

    async def apply(self, _changes: Sequence[Change], gone: Sequence[str] = ()) -> None:
        """Note a batch; the last one ends it all."""
        if self._stop.is_set():
            return
        self.applied.append((self._clock.monotonic(), len(gone)))
        self._note(gone)
        if len(self.applied) == self._ebbs_after:
            self._per_tenth = 2
        if len(self.applied) == self._batches:
            self._stop.set()
            self._news.set()

    async def followed(self, monkeypatch: pytest.MonkeyPatch) -> list[float]:
        """Follow until all batches are made, and return the seconds between them."""
        monkeypatch.setattr(mongo_follower, "MongoRecord", lambda _database: self)
        monkeypatch.setattr(mongo_follower, "changes_at_hand", self.at_hand)
        monkeypatch.setattr(mongo_follower, "pause", self.pause)
        database: Any = None
        view: Any = self
        file: Any = SimpleNamespace(load=self.saved, keep=self.keep)
        follower = MongoFollower(
            database,
            schema="1",
            view=view,
            file=file,
            clock=self._clock,
            metrics=Metrics(CollectorRegistry()),
            on_visible=lambda _ids: None,
        )
        follower.caught_up = True
        await asyncio.wait_for(follower.run("store", self._stop), 20)
        times = [at for at, _ in self.applied]
        return [round(later - earlier, 3) for earlier, later in pairwise(times)]


FLOOD_PER_TENTH = round(FLOOD_PER_S / 10)


async def test_under_a_steady_flow_it_takes_in_every_fifty_milliseconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flow = Flow(FixedClock(NOON), FLOOD_PER_TENTH, 6)
    assert await flow.followed(monkeypatch) == [APPLY_GAP_S] * 5
    assert [count for _, count in flow.applied] == [1] + [FLOOD_PER_TENTH // 2] * 5


async def test_a_flood_is_taken_in_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each batch costs a reading of the record: a backlog comes through it sooner in few large ones."""
    flow = Flow(FixedClock(NOON), 2 * FLOOD_PER_TENTH, 5)
    assert await flow.followed(monkeypatch) == [APPLY_GAP_S, *[FLOOD_GAP_S] * 3]
    assert [count for _, count in flow.applied] == [1, FLOOD_PER_TENTH, *[5 * FLOOD_PER_TENTH] * 3]


async def test_a_backlog_is_worked_off_in_large_parts_and_what_comes_behind_it_is_shown_at_once_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What is heard of again and again as much as there is room for has been waiting, and memory stays bounded."""
    flow = Flow(FixedClock(NOON), HEARD, 8)
    gaps = await flow.followed(monkeypatch)
    assert flow.answering == [True]
    assert max(map(len, flow.parts)) == mongo_catching_up.AT_ONCE
    assert sum(map(len, flow.parts)) >= HEARD
    assert sorted(flow.taken) == list(range(len(flow.taken)))
    assert max(count for _, count in flow.applied) <= AT_ONCE
    assert gaps[-3:] == [APPLY_GAP_S] * 3


async def test_a_flow_that_becomes_steady_again_is_taken_in_often_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    flow = Flow(FixedClock(NOON), 2 * FLOOD_PER_TENTH, 6, ebbs_after=3)
    gaps = await flow.followed(monkeypatch)
    assert gaps == [APPLY_GAP_S, FLOOD_GAP_S, FLOOD_GAP_S, APPLY_GAP_S, APPLY_GAP_S]
