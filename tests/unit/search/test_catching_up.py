"""A view that catches up with the record takes in what was missed in parts, and stops when it is told to."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from search.adapters import mongo_catching_up, mongo_follower
from search.adapters.mongo_catching_up import AT_ONCE, SHOW_EVERY_S, CatchingUp, Taken
from search.adapters.mongo_follower import MongoFollower
from search.adapters.mongo_heard import Heard
from search.adapters.position_file import Position
from search.domain.backlog import MANY
from search.metrics import Metrics
from shared.mongo import MongoUnavailableError, Timestamp
from shared.testing.clock import FixedClock
from shared.testing.eventually import eventually
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
    """A record of which much was missed, and a view that takes it in; both let a second pass with each reading."""

    def __init__(self, clock: FixedClock) -> None:
        self.clock = clock
        self.there: dict[str, datetime] = {}
        """When those articles were stored that are there still."""
        self.parts: list[list[str]] = []
        self.answering: list[bool] = []
        self.kept: list[Position] = []
        self.taken = asyncio.Event()
        self.away_after = 1_000_000
        """So many readings until MongoDB goes away."""

    async def by_ids(self, ids: Sequence[str]) -> list[dict[str, Any]]:
        """Have what is there; the rest is gone."""
        self.clock.advance(1)
        self.away_after -= 1
        if self.away_after < 0:
            raise MongoUnavailableError("no primary")
        return [{"_id": one, "stored_at": self.there[one]} for one in ids if one in self.there]

    async def load(self, changes: Sequence[object], gone: Sequence[str], *, replace: bool) -> None:
        """Take in a part."""
        assert replace
        assert not changes
        self.parts.append([*gone])
        self.taken.set()

    @asynccontextmanager
    async def loading(self, _count: int | None, *, answering: bool = False) -> AsyncIterator[None]:
        """Make ready for many."""
        self.answering.append(answering)
        yield

    async def commit(self) -> None:
        """Have it on disk."""

    async def keep(self, position: Position) -> None:
        """Save the position."""
        self.kept.append(position)


def told(article_id: str, second: int = 2, *, news: bool = True) -> Heard:
    """Return what the stream says of an article that changed."""
    return Heard(article_id, {"_data": article_id}, 0.0, Timestamp(second, 1), news=news)


class Shown:
    """What was told to be visible, one telling after the other."""

    def __init__(self) -> None:
        self.tellings: list[dict[str, datetime | None]] = []

    def tell(self, taken: Taken, _last: Heard) -> None:
        """Note it."""
        self.tellings.append(dict(taken))

    @property
    def ids(self) -> list[str]:
        """The articles, in the order in which they became visible."""
        return [one for telling in self.tellings for one in sorted(telling)]


BEGIN = Position("1", "store", None, (1, 0))


@pytest.fixture
def missed() -> Any:
    return Missed(FixedClock(NOON))


@pytest.fixture
def shown() -> Shown:
    return Shown()


def queue_of(*steps: Heard | None) -> asyncio.Queue[Heard | None]:
    """Return a queue in which these steps were heard."""
    queue: asyncio.Queue[Heard | None] = asyncio.Queue()
    for step in steps:
        queue.put_nowait(step)
    return queue


def up_to(second: int) -> Callable[[Sequence[Heard]], bool]:
    """Return what tells whether all was heard up to a second."""
    return lambda batch: batch[-1].at is not None and batch[-1].at.time >= second


async def test_what_was_missed_is_taken_in_in_small_parts_with_help(missed: Any, shown: Shown) -> None:
    """A thousand at once would be written only when all were analysed, and the last thousand beside nothing."""
    ids = [f"a{number:04}" for number in range(MANY + AT_ONCE)]
    catching_up = CatchingUp(missed, missed, missed, missed.clock, shown.tell)
    position, goes_on = await catching_up.run(BEGIN, queue_of(*map(told, ids)), up_to(2))
    assert goes_on
    assert position.token == {"_data": ids[-1]}
    assert shown.ids == ids
    assert [one for part in missed.parts for one in part] == ids
    assert max(map(len, missed.parts)) == AT_ONCE
    assert missed.answering == [False]


async def test_a_backlog_is_shown_bit_by_bit_and_whoever_helps_stands_back(missed: Any, shown: Shown) -> None:
    """The view answers meanwhile: at a start nobody sees anything before all is there."""
    ids = [f"a{number:05}" for number in range(20 * AT_ONCE)]
    queue: asyncio.Queue[Heard | None] = asyncio.Queue(maxsize=4 * AT_ONCE)

    async def hear() -> None:
        for one in ids[2 * AT_ONCE :]:
            await queue.put(told(one))
        await queue.put(Heard(None, {"_data": "quiet"}, 0.0))

    hearing = asyncio.create_task(hear())
    catching_up = CatchingUp(missed, missed, missed, missed.clock, shown.tell, answering=True)
    begun = [told(one) for one in ids[: 2 * AT_ONCE]]
    position, goes_on = await catching_up.run(BEGIN, queue, lambda _batch: False, begun=begun)
    await hearing
    assert (position.token, goes_on) == ({"_data": "quiet"}, True)
    assert shown.ids == ids
    assert len(shown.tellings) == 1 + (20 - 1) // int(SHOW_EVERY_S)
    assert missed.answering == [True]


async def test_a_stop_behind_which_nothing_was_heard_keeps_what_was_taken_in(
    missed: Any, shown: Shown
) -> None:
    catching_up = CatchingUp(missed, missed, missed, missed.clock, shown.tell)
    queue = queue_of(told("a"))
    running = asyncio.create_task(catching_up.run(BEGIN, queue, up_to(9)))
    await missed.taken.wait()
    queue.put_nowait(None)
    position, goes_on = await running
    assert (shown.ids, goes_on) == (["a"], False)
    assert missed.kept == [position]


async def test_how_long_a_revision_waited_is_known_though_its_story_was_found_out_since(
    missed: Any, shown: Shown
) -> None:
    """What is new of an article is its revision or its story: for the latter nobody waits."""
    missed.there = {"both": NOON, "story": NOON, "news": NOON}
    steps = [told("news"), told("story", news=False), told("both"), told("gone"), told("both", 3, news=False)]
    catching_up = CatchingUp(missed, missed, missed, missed.clock, shown.tell)
    with capture_logs():
        await catching_up.run(BEGIN, queue_of(*steps), up_to(3))
    assert shown.tellings == [{"news": NOON, "both": NOON, "story": None, "gone": None}]


async def test_where_mongodb_goes_away_in_a_backlog_what_was_taken_in_is_shown(
    missed: Any, shown: Shown
) -> None:
    """It may be away for an hour; what was analysed already would have waited for it unseen."""
    missed.away_after = 1
    catching_up = CatchingUp(missed, missed, missed, missed.clock, shown.tell, answering=True)
    batch = [told(f"a{number:03}") for number in range(AT_ONCE + 1)]
    with pytest.raises(MongoUnavailableError):
        await catching_up.run(BEGIN, queue_of(*batch), lambda _batch: False, begun=[told("first")])
    assert shown.ids == ["first"]
    assert [position.token for position in missed.kept] == [{"_data": "first"}]


async def test_where_nothing_is_heard_in_a_backlog_what_was_taken_in_is_shown(
    missed: Any, shown: Shown, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stream that stalls tells nothing, not even that nothing is new."""
    monkeypatch.setattr(mongo_catching_up, "IDLE_COMMIT_EVERY_S", 0.01)
    catching_up = CatchingUp(missed, missed, missed, missed.clock, shown.tell, answering=True)
    queue = queue_of()
    running = asyncio.create_task(catching_up.run(BEGIN, queue, lambda _batch: False, begun=[told("first")]))

    async def shown_meanwhile() -> bool:
        return shown.ids == ["first"]

    await eventually(shown_meanwhile, what="what was taken in")
    assert not running.done()
    queue.put_nowait(told("second"))

    async def shown_again() -> bool:
        return shown.ids == ["first", "second"]

    await eventually(shown_again, what="what was taken in after that")
    queue.put_nowait(None)
    await running
