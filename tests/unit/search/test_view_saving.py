"""When a view is committed and its position saved: seldom, sooner where much is in memory, and never behind what was lost."""

import asyncio
from typing import Any

import pytest

from search.adapters.position_file import Position
from search.adapters.view_saving import MOST_UNSAVED, SAVE_EVERY_S, ViewSaving
from search.ports import ViewNotWrittenError
from shared.testing.clock import FixedClock
from tests.suites.article_builders import NOON


def position(number: int) -> Position:
    """Return the position behind a change."""
    return Position("1", "store", {"_data": f"{number}"}, (number, 0))


class ShownView:
    """A view that holds in memory what it is said to, and a file of positions; a commit ends when it may."""

    def __init__(self) -> None:
        self.unsaved = 0
        self.kept: list[int] = []
        self.commits = 0
        self.may_end = asyncio.Event()
        self.may_end.set()
        self.broken = False

    async def commit(self) -> None:
        """Have on disk what is shown now."""
        self.commits += 1
        held = self.unsaved
        await self.may_end.wait()
        if self.broken:
            raise ViewNotWrittenError("no room")
        self.unsaved -= held

    async def keep(self, saved: Position) -> None:
        """Save a position."""
        self.kept.append(saved.time[0])


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def view() -> ShownView:
    return ShownView()


@pytest.fixture
def saving(view: ShownView, clock: FixedClock) -> ViewSaving:
    both: Any = view
    return ViewSaving(both, both, clock, saved=position(0), kept=lambda: None)


async def settled() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_it_saves_every_few_seconds_while_there_is_something_new(
    saving: ViewSaving, view: ShownView, clock: FixedClock
) -> None:
    for number in range(1, 12):
        view.unsaved += 1
        clock.advance(SAVE_EVERY_S / 5)
        await saving.go_on(position(number))
        await settled()
    assert view.kept == [5, 10]
    await saving.finish(position(11))
    assert view.kept == [5, 10, 11]


async def test_it_saves_sooner_where_much_is_in_memory(saving: ViewSaving, view: ShownView) -> None:
    view.unsaved = MOST_UNSAVED
    await saving.go_on(position(1))
    await settled()
    assert (view.kept, view.unsaved) == ([1], 0)


async def test_changes_are_applied_while_it_saves_until_far_too_much_is_in_memory(
    saving: ViewSaving, view: ShownView
) -> None:
    """A commit may take a second: nobody's article waits for it, and memory stays bounded all the same."""
    view.may_end.clear()
    view.unsaved = MOST_UNSAVED
    await saving.go_on(position(1))
    view.unsaved += 1
    await saving.go_on(position(2))
    view.unsaved = 2 * MOST_UNSAVED
    waiting = asyncio.create_task(saving.go_on(position(3)))
    await settled()
    assert (waiting.done(), view.commits, view.kept) == (False, 1, [])
    view.may_end.set()
    await asyncio.wait_for(waiting, 5)
    assert view.kept == [1]


async def test_no_position_is_saved_behind_a_commit_that_failed(saving: ViewSaving, view: ShownView) -> None:
    view.broken = True
    view.unsaved = MOST_UNSAVED
    await saving.go_on(position(1))
    await settled()
    with pytest.raises(ViewNotWrittenError):
        await saving.go_on(position(2))
    assert view.kept == []


async def test_what_is_being_saved_when_it_ends_is_not_kept(saving: ViewSaving, view: ShownView) -> None:
    """Whoever ends it because of a failure goes on from the position that is saved."""
    view.may_end.clear()
    view.unsaved = MOST_UNSAVED
    await saving.go_on(position(1))
    await settled()
    await saving.drop()
    view.may_end.set()
    await settled()
    assert view.kept == []


async def test_at_its_end_it_saves_only_what_is_not_saved(saving: ViewSaving, view: ShownView) -> None:
    await saving.finish(position(0))
    assert view.kept == []
    await saving.finish(position(1))
    assert (view.kept, view.commits) == ([1], 0)
