"""Parts of the record go into a view without waiting for its commits, and a saved position never promises too much."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from search.adapters.position_file import Position
from search.adapters.view_intake import COMMIT_EVERY_S, IDLE_COMMIT_EVERY_S, LOADS_AT_ONCE, ViewIntake
from search.domain.article import Change
from search.ports import ViewNotWrittenError
from shared.testing.clock import FixedClock
from tests.suites.article_builders import NOON, an_article


def position(number: int) -> Position:
    """Return the position behind a part."""
    return Position("1", "store", None, (1, 0), scanned=str(number))


class LoadedView:
    """A view that takes in parts in their order, and a file of positions; commits and loads end when they may."""

    def __init__(self) -> None:
        self.begun = 0
        self.loaded: list[str] = []
        self.committed: list[str] = []
        self.kept: list[tuple[int, list[str]]] = []
        self.loads_may_end, self.commits_may_end = asyncio.Event(), asyncio.Event()
        self.loads_may_end.set()
        self.commits_may_end.set()
        self.broken = False

    async def load(self, changes: Sequence[Change], _gone: Sequence[str], *, replace: bool) -> None:
        """Take in a part."""
        assert replace
        self.begun += 1
        await self.loads_may_end.wait()
        self.loaded += [change.id for change in changes]

    async def commit(self) -> None:
        """Have on disk what was taken in."""
        await self.commits_may_end.wait()
        if self.broken:
            raise ViewNotWrittenError("no room")
        self.committed = [*self.loaded]

    async def keep(self, saved: Position) -> None:
        """Save a position."""
        self.kept.append((int(saved.scanned or 0), self.committed))


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def view() -> LoadedView:
    return LoadedView()


@pytest.fixture
def intake(view: LoadedView, clock: FixedClock) -> ViewIntake:
    both: Any = view
    return ViewIntake(both, both, clock)


async def settled() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def take(intake: ViewIntake, number: int) -> None:
    """Take in a part of one article, which has its number for a name."""
    await intake.take([an_article(str(number))], replace=True)


async def test_parts_are_taken_in_while_a_commit_goes_on(
    intake: ViewIntake, view: LoadedView, clock: FixedClock
) -> None:
    """A commit of thousands of articles takes a second, in which processors had nothing to do."""
    await take(intake, 1)
    clock.advance(COMMIT_EVERY_S)
    assert intake.due()
    view.commits_may_end.clear()
    intake.keep(position(1))
    for number in range(2, 10):
        await take(intake, number)
    assert len(view.loaded) > LOADS_AT_ONCE
    assert (view.kept, intake.due()) == ([], False)
    view.commits_may_end.set()
    await intake.finish(position(9))
    assert [place for place, _ in view.kept] == [1, 9]


async def test_a_position_is_saved_only_once_all_before_it_is_committed(
    intake: ViewIntake, view: LoadedView, clock: FixedClock
) -> None:
    """What comes behind it may be committed as well: it is taken in once more, and replaces itself."""
    view.loads_may_end.clear()
    await take(intake, 1)
    await take(intake, 2)
    clock.advance(COMMIT_EVERY_S)
    intake.keep(position(2))
    await take(intake, 3)
    await settled()
    assert view.kept == []
    view.loads_may_end.set()
    await intake.finish(position(3))
    for place, committed in view.kept:
        assert {str(number) for number in range(1, place + 1)} <= set(committed)
    assert [place for place, _ in view.kept] == [2, 3]


async def test_what_was_kept_is_told_once_it_is_saved(
    intake: ViewIntake, view: LoadedView, clock: FixedClock
) -> None:
    """Announcements hang on it."""
    told = []
    await take(intake, 1)
    clock.advance(COMMIT_EVERY_S)
    view.commits_may_end.clear()
    intake.keep(position(1), lambda: told.append(len(view.kept)))
    await settled()
    assert told == []
    view.commits_may_end.set()
    await intake.finish(position(1))
    assert told == [1]


async def test_a_commit_that_fails_is_told_with_the_next_part(
    intake: ViewIntake, view: LoadedView, clock: FixedClock
) -> None:
    """Whoever reads the record must not read on to the end of it for nothing."""
    await take(intake, 1)
    clock.advance(COMMIT_EVERY_S)
    view.broken = True
    intake.keep(position(1))
    await settled()
    with pytest.raises(ViewNotWrittenError, match="no room"):
        await take(intake, 2)
    assert view.kept == []
    await intake.drop()


async def test_it_is_due_again_only_some_time_after_it_was_kept(
    intake: ViewIntake, view: LoadedView, clock: FixedClock
) -> None:
    for number in (1, 2):
        await take(intake, number)
        clock.advance(COMMIT_EVERY_S)
        assert intake.due()
        intake.keep(position(number))
        await settled()
        await take(intake, number)
        assert not intake.due()
    await intake.drop()
    assert [place for place, _ in view.kept] == [1, 2]


async def test_what_is_dropped_in_the_middle_of_a_commit_saves_no_position(
    intake: ViewIntake, view: LoadedView, clock: FixedClock
) -> None:
    """The view may be about to be built anew: nothing must be written behind whoever removes its position."""
    await take(intake, 1)
    clock.advance(COMMIT_EVERY_S)
    view.commits_may_end.clear()
    told: list[int] = []
    intake.keep(position(1), lambda: told.append(1))
    await settled()
    view.loads_may_end.clear()
    await take(intake, 2)
    await settled()
    await intake.drop()
    view.commits_may_end.set()
    view.loads_may_end.set()
    await settled()
    assert (view.kept, told, view.loaded) == ([], [], ["1"])


async def test_where_all_is_taken_it_is_due_sooner(
    intake: ViewIntake, view: LoadedView, clock: FixedClock
) -> None:
    """There is time to commit then, and whoever waits for an article sees it sooner."""
    await take(intake, 1)
    clock.advance(IDLE_COMMIT_EVERY_S)
    assert (intake.due(), intake.due(all_taken=True)) == (False, True)
    view.commits_may_end.clear()
    intake.keep(position(1))
    clock.advance(IDLE_COMMIT_EVERY_S)
    assert not intake.due(all_taken=True)
    await intake.drop()
