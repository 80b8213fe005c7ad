"""The local view shows what every index must, and keeps what it was given."""

import asyncio
import json
import os
import shutil
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from pathlib import Path

import pytest

from search.adapters import index_state, tantivy_committed, tantivy_view
from search.adapters.document_workers import DocumentWorkers
from search.adapters.tantivy_folder import META
from search.adapters.tantivy_threads import BACKLOG_NICENESS, MERGING_NICENESS
from search.adapters.tantivy_view import TantivyView
from search.adapters.view_changes import Made, made_ready
from search.domain.article import Article, Change
from search.domain.results import Ask, Found
from shared.query import Query
from shared.testing.eventually import eventually
from tests.suites.answer_index_suite import AnswerIndexSuite
from tests.suites.article_builders import a_withdrawal, an_article
from tests.suites.article_index_suite import ArticleIndexSuite, asking
from tests.suites.story_index_suite import StoryIndexSuite

HEAP_BYTES = 16 * 1024 * 1024


class FilledView:
    """A view that can be filled anew: with what is committed, then with what is held in memory above it."""

    def __init__(self, view: TantivyView, held: Callable[[int], bool]) -> None:
        self._view = view
        self._held = held

    async def fill(self, changes: Sequence[Change]) -> None:
        await self._view.clear()
        held = {change.id for number, change in enumerate(changes) if self._held(number)}
        await self._view.apply([outdated(change) for change in changes])
        await self._view.apply([change for change in changes if change.id not in held])
        await self._view.commit()
        assert self._view.unsaved == 0
        await self._view.apply([change for change in changes if change.id in held])
        assert self._view.unsaved == len(held)

    async def search(self, ask: Ask) -> Found:
        return await self._view.search(ask)

    async def order(self, query: Query, fresh_at: datetime | None) -> list[str]:
        return await self._view.order(query, fresh_at)

    async def among(self, query: Query, ids: Sequence[str]) -> Found:
        return await self._view.among(query, ids)


async def opened(folder: Path) -> TantivyView:
    view = TantivyView(folder, HEAP_BYTES)
    await view.open()
    return view


def outdated(change: Change) -> Change:
    """Return another revision of an article, as unlike it as can be: nothing of it may be found any more."""
    return an_article(change.id, rev=0, title="outdated minister rail", text="Toshkent kazakhstan", story="s")


class TestEverythingInMemory(ArticleIndexSuite, AnswerIndexSuite, StoryIndexSuite):
    @pytest.fixture
    async def index(self, tmp_path: Path) -> AsyncIterator[FilledView]:
        view = await opened(tmp_path / "index")
        yield FilledView(view, lambda _number: True)
        await view.close()


class TestHalfInMemory(ArticleIndexSuite, AnswerIndexSuite, StoryIndexSuite):
    @pytest.fixture
    async def index(self, tmp_path: Path) -> AsyncIterator[FilledView]:
        view = await opened(tmp_path / "index")
        yield FilledView(view, lambda number: number % 2 == 0)
        await view.close()


class TestNewestLookedForAmongTheNewest(ArticleIndexSuite, AnswerIndexSuite, StoryIndexSuite):
    """As in an index of millions, where what answers is looked for among the newest articles first."""

    @pytest.fixture(params=[1, 3])
    async def index(
        self, request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> AsyncIterator[FilledView]:
        monkeypatch.setattr(index_state, "MANY", 0)
        for module in (index_state, tantivy_committed):
            monkeypatch.setattr(module, "RECENT", request.param)
        view = await opened(tmp_path / "index")
        yield FilledView(view, lambda number: number % 3 == 0)
        await view.close()


class TestEverythingCommitted(ArticleIndexSuite, AnswerIndexSuite, StoryIndexSuite):
    @pytest.fixture
    async def index(self, tmp_path: Path) -> AsyncIterator[FilledView]:
        view = await opened(tmp_path / "index")
        yield FilledView(view, lambda _number: False)
        await view.close()


async def test_what_was_applied_and_committed_is_still_there_after_a_restart(tmp_path: Path) -> None:
    view = await opened(tmp_path / "index")
    await view.apply([an_article("a"), an_article("b", rev=3)])
    await view.commit()
    await view.apply([an_article("lost")])
    await view.close()
    again = TantivyView(tmp_path / "index", HEAP_BYTES)
    assert await again.open()
    assert await again.count() == 2
    assert await again.revisions_of(["b", "c"]) == {"b": 3}
    await again.close()


async def test_a_damaged_folder_is_made_anew_and_says_so(tmp_path: Path) -> None:
    """A view is disposable: it must never keep a replica from starting."""
    folder = tmp_path / "index"
    view = await opened(folder)
    await view.apply([an_article("a")])
    await view.commit()
    await view.close()
    for file in folder.glob("*"):
        file.write_bytes(file.read_bytes()[:7])
    again = TantivyView(folder, HEAP_BYTES)
    assert not await again.open()
    assert await again.count() == 0
    await again.apply([an_article("b")])
    assert await again.revisions_of(["b"]) == {"b": 1}
    await again.close()


class SlowAtFirst(DocumentWorkers):
    """Makes the fields of what it is given first only once it has made those of what comes after."""

    def __init__(self) -> None:
        super().__init__(())
        self._later = asyncio.Event()
        self._calls = 0

    async def fields(self, articles: Sequence[Article]) -> list[dict[str, object]]:
        self._calls += 1
        if self._calls == 1:
            await asyncio.wait_for(self._later.wait(), 10)
        else:
            self._later.set()
        return await super().fields(articles)


async def test_an_article_that_is_loaded_twice_at_once_stays_as_it_was_loaded_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processes analyse at their own pace: an older revision must not be taken in behind a newer one."""

    @asynccontextmanager
    async def slow(*_how: int) -> AsyncIterator[DocumentWorkers]:
        yield SlowAtFirst()

    monkeypatch.setattr(tantivy_view, "open_workers", slow)
    view = await opened(tmp_path / "index")
    async with view.loading(None):
        await asyncio.gather(
            view.load([an_article("a"), an_article("b")], replace=True),
            view.load([an_article("a", rev=2), a_withdrawal("b")], ["never there"], replace=True),
        )
    await view.commit()
    assert await view.revisions_of(["a", "b"]) == {"a": 2}
    await view.close()


async def test_what_is_loaded_is_shown_whatever_a_change_that_was_given_up_has_left_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """MongoDB went away while changes were analysed: they are in memory, and Tantivy was never given them."""
    begun, may_end = threading.Event(), threading.Event()

    def slowly(changes: Sequence[Change], gone: Sequence[str]) -> Made:
        begun.set()
        assert may_end.wait(10)
        return made_ready(changes, gone)

    view = await opened(tmp_path / "index")
    monkeypatch.setattr(tantivy_view, "made_ready", slowly)
    given_up = asyncio.create_task(
        view.apply([an_article(name) for name in ("edited", "withdrawn", "removed")])
    )
    await asyncio.to_thread(begun.wait, 10)
    given_up.cancel()
    await asyncio.wait({given_up})
    resumed = asyncio.create_task(view.resume())
    assert not (await asyncio.wait({resumed}, timeout=0.1))[0]
    may_end.set()
    await resumed
    async with view.loading(None, answering=True):
        loaded: list[Change] = [
            an_article("edited", rev=2),
            a_withdrawal("withdrawn", rev=2),
            an_article("new"),
        ]
        await view.load(loaded, ["removed"], replace=True)
    await view.commit()
    assert {one.id: one.article.rev for one in (await view.search(asking())).articles} == {
        "edited": 2,
        "new": 1,
    }
    assert view.unsaved == 0
    await view.close()


async def test_two_views_built_in_different_orders_answer_alike(tmp_path: Path) -> None:
    """Replicas hear of articles in orders of their own; newest first must not show it."""
    told = [an_article(f"n{number}", minutes=number % 3) for number in range(30)]
    one, other = await opened(tmp_path / "one"), await opened(tmp_path / "other")
    await one.apply(told)
    for article in reversed(told):
        await other.apply([article])
    ask = asking(limit=30)
    assert (await one.search(ask)).articles == (await other.search(ask)).articles
    await one.close()
    await other.close()


async def test_revisions_are_told_as_a_search_would_find_them_whatever_is_remembered(tmp_path: Path) -> None:
    """Announcements hang on it: what was shown lately is answered from memory, all else is looked up."""
    view = await opened(tmp_path / "index")
    ids = [f"n{number}" for number in range(12)]

    async def same() -> dict[str, int]:
        found = {one.id: one.article.rev for one in (await view.search(asking(limit=20))).articles}
        assert await view.revisions_of(ids) == found
        return found

    await view.apply([an_article(name) for name in ids[:6]])
    await view.apply([an_article("n1", rev=4), a_withdrawal("n2"), an_article("n3", rev=5)], ["n4"])
    assert await same() == {"n0": 1, "n1": 4, "n3": 5, "n5": 1}
    await view.load([an_article("n1", rev=6), an_article("n7")], replace=True)
    await same()
    await view.commit()
    assert (await same())["n1"] == 6
    await view.apply([an_article("n1", rev=7)])
    assert (await same())["n1"] == 7
    await view.clear()
    assert await same() == {}
    await view.apply([an_article("n8")])
    await view.commit()
    assert await same() == {"n8": 1}
    await view.close()
    again = await opened(tmp_path / "index")
    assert await again.revisions_of(ids) == {"n8": 1}
    await again.close()


async def test_forgotten_and_withdrawn_articles_are_gone_and_repeats_do_no_harm(tmp_path: Path) -> None:
    view = await opened(tmp_path / "index")
    await view.apply([an_article("a"), an_article("b"), an_article("c"), an_article("a", rev=2)])
    assert (await view.count(), await view.revisions_of(["a"])) == (3, {"a": 2})
    await view.apply([a_withdrawal("a"), a_withdrawal("a")], ["b", "never there"])
    assert [article.id for article in (await view.search(asking())).articles] == ["c"]
    await view.close()


async def many_segments(folder: Path) -> None:
    """Make an index of eight segments, which are worth merging; of the smallest the last commit deleted an article.

    Eight that one writer makes it merges at once: so the last one is another index's.
    """
    view = await opened(folder)
    await view.apply([an_article("first"), an_article("second"), an_article("gone")])
    await view.commit()
    for number in range(6):
        await view.apply([an_article(f"n{number}{part}") for part in range(4)])
        if number == 5:
            await view.apply([a_withdrawal("gone")])
        await view.commit()
    await view.close()
    view = await opened(folder.with_name("other"))
    await view.apply([an_article(f"n6{part}") for part in range(4)])
    await view.commit()
    await view.close()
    listed = [json.loads((one / META).read_text()) for one in (folder, folder.with_name("other"))]
    stems = [segment["segment_id"].replace("-", "") for segment in listed[1]["segments"]]
    for file in folder.with_name("other").iterdir():
        if file.stem in stems:
            shutil.copy(file, folder)
    listed[0]["segments"] += listed[1]["segments"]
    (folder / META).write_text(json.dumps(listed[0]))


@pytest.mark.parametrize("way", ["apply", "load"])
async def test_the_first_article_that_changes_behind_a_restart_is_not_found_in_both_revisions(
    tmp_path: Path, way: str
) -> None:
    """Tantivy numbers the first change of a writer as the last commit, and segments that it merges then may not hear of it."""
    await many_segments(tmp_path / "index")
    view = await opened(tmp_path / "index")
    again = [an_article("first", rev=2)]
    if way == "apply":
        await view.apply(again)
    else:
        await view.load(again, replace=True)
    await view.commit()
    await view.close()
    view = await opened(tmp_path / "index")
    found = await view.search(asking(limit=100))
    assert [one.article.rev for one in found.articles if one.id == "first"] == [2]
    assert found.total == 30
    await view.close()


def priorities(name: str) -> tuple[set[int], set[int]]:
    """Return the priorities of this process's threads: of those whose names begin so, and of all others."""
    named, others = set[int](), set[int]()
    for thread in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            its = named if (thread / "comm").read_text().startswith(name) else others
            its.add(os.getpriority(os.PRIO_PROCESS, int(thread.name)))
    return named, others


@pytest.mark.skipif(sys.platform != "linux", reason="priorities of single threads are Linux's")
async def test_merging_yields_to_everything_else_that_search_does(tmp_path: Path) -> None:
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    view = await opened(tmp_path / "index")
    await view.apply([an_article("a")])
    await view.commit()
    merging, others = priorities("merge_thread")
    await view.close()
    assert (merging, others) == ({MERGING_NICENESS}, {usual})


@pytest.mark.skipif(sys.platform != "linux", reason="priorities of single threads are Linux's")
@pytest.mark.parametrize("answering", [True, False], ids=["a backlog", "a first view"])
async def test_indexing_a_backlog_yields_to_answering_and_storing_until_it_is_over(
    tmp_path: Path, *, answering: bool
) -> None:
    """What is stored is safe, and leaves the queue; a first view is what everybody waits for."""
    view, usual = await opened(tmp_path / "index"), os.getpriority(os.PRIO_PROCESS, 0)

    async def indexes_at(niceness: int) -> None:
        # A thread that was just begun has no name of its own yet; the next part finds it.
        async def seen() -> bool:
            await view.load([an_article("a")], replace=True)
            return priorities("thrd-tantivy-in")[0] == {niceness}

        await eventually(seen, what=f"niceness {niceness}")

    async with view.loading(None, answering=answering):
        for _ in range(2):
            await indexes_at(BACKLOG_NICENESS if answering else usual)
            await view.commit()
    await indexes_at(usual)
    await view.close()
