"""The local view shows what every index must, and keeps what it was given."""

import asyncio
import os
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings

from search.adapters import index_state, tantivy_committed, tantivy_view
from search.adapters.document_workers import DocumentWorkers
from search.adapters.index_state import IndexState
from search.adapters.tantivy_merging import NICENESS
from search.adapters.tantivy_view import TantivyView
from search.domain.article import Article, Change
from search.domain.results import Ask, Found
from search.ports import ViewNotWrittenError
from shared.query import Query, read_query
from tests.suites.answer_index_suite import AnswerIndexSuite
from tests.suites.article_builders import a_withdrawal, an_article
from tests.suites.article_index_suite import ArticleIndexSuite, articles, asking, queries
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
    async def slow(_count: int) -> AsyncIterator[DocumentWorkers]:
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
        found = {article.id: article.rev for article in (await view.search(asking(limit=20))).articles}
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


def priorities() -> tuple[set[int], set[int]]:
    """Return the priorities of this process's threads: of those that merge, and of all others."""
    merging, others = set[int](), set[int]()
    for thread in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            its = merging if (thread / "comm").read_text().startswith("merge_thread") else others
            its.add(os.getpriority(os.PRIO_PROCESS, int(thread.name)))
    return merging, others


@pytest.mark.skipif(sys.platform != "linux", reason="priorities of single threads are Linux's")
async def test_merging_yields_to_everything_else_that_search_does(tmp_path: Path) -> None:
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    view = await opened(tmp_path / "index")
    await view.apply([an_article("a")])
    await view.commit()
    merging, others = priorities()
    await view.close()
    assert (merging, others) == ({NICENESS}, {usual})


async def test_a_lone_article_can_be_found_while_a_commit_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = await opened(tmp_path / "index")
    begun, may_end = threading.Event(), threading.Event()
    commit = TantivyView._commit

    def slow(self: TantivyView) -> None:
        begun.set()
        may_end.wait(10)
        commit(self)

    monkeypatch.setattr(TantivyView, "_commit", slow)
    await view.apply([an_article("a")])
    committing = asyncio.create_task(view.commit())
    await asyncio.to_thread(begun.wait, 10)
    await view.apply([an_article("b"), an_article("a", rev=2)])
    assert await view.revisions_of(["a", "b"]) == {"a": 2, "b": 1}
    assert (await view.search(asking())).total == 2
    may_end.set()
    await committing
    # What came meanwhile is still in memory alone, and shown above what was committed.
    assert (view.unsaved, await view.count()) == (2, 2)
    assert await view.revisions_of(["a", "b"]) == {"a": 2, "b": 1}
    await view.commit()
    assert (view.unsaved, await view.count()) == (0, 2)
    assert await view.revisions_of(["a", "b"]) == {"a": 2, "b": 1}
    await view.close()


async def test_after_a_failure_nothing_counts_as_safe_before_all_is_brought_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A position saved behind what was lost would lose it for good: it would never be told again."""
    view = await opened(tmp_path / "index")
    await view.apply([an_article("a")])
    await view.commit()
    write = TantivyView._write
    failing = True

    def full(self: TantivyView, made: object) -> None:
        if failing:
            raise OSError(28, "No space left on device")
        write(self, made)  # type: ignore[arg-type]  # what it is is the view's own affair

    monkeypatch.setattr(TantivyView, "_write", full)
    await view.apply([an_article("b")])
    for _ in range(2):
        with pytest.raises(ViewNotWrittenError, match="No space left"):
            await view.commit()
        with pytest.raises(ViewNotWrittenError, match="No space left"):
            await view.apply([an_article("c")])
    assert await view.revisions_of(["a", "b"]) == {"a": 1, "b": 1}
    await view.resume()
    # Until it is written again each call commits, so that it fails at once and memory does not fill.
    with pytest.raises(ViewNotWrittenError, match="No space left"):
        await view.apply([an_article("b")])
    failing = False
    await view.resume()
    await view.apply([an_article("b")])
    assert view.unsaved == 0
    await view.apply([an_article("c")])
    assert view.unsaved == 1
    await view.commit()
    await view.close()
    again = await opened(tmp_path / "index")
    assert await again.revisions_of(["a", "b", "c"]) == {"a": 1, "b": 1, "c": 1}
    await again.close()


async def test_what_was_given_up_while_it_was_analysed_is_not_shown_above_a_view_that_is_built_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody would give it to Tantivy, and so it would hide whatever becomes of the article later."""
    view = await opened(tmp_path / "index")
    begun, may_end = threading.Event(), threading.Event()
    make = tantivy_view._made_of

    def slow(article: Article) -> object:
        begun.set()
        may_end.wait(10)
        return make(article)

    monkeypatch.setattr(tantivy_view, "_made_of", slow)
    applying = asyncio.create_task(view.apply([an_article("a"), an_article("gone")]))
    await asyncio.to_thread(begun.wait, 10)
    applying.cancel()
    await asyncio.gather(applying, return_exceptions=True)
    clearing = asyncio.create_task(view.clear())
    await asyncio.wait([clearing], timeout=0.3)
    may_end.set()
    await clearing
    await asyncio.to_thread(view._analysing.submit(lambda: None).result)
    await view.load([an_article("a", rev=2)], replace=False)
    await view.commit()
    assert await view.revisions_of(["a", "gone"]) == {"a": 2}
    assert (view.unsaved, await view.count()) == (0, 1)
    await view.close()


async def test_a_long_article_counts_as_several_that_are_not_saved(tmp_path: Path) -> None:
    """A few hundred of the longest that there are would fill the memory long before a thousand articles are held."""
    view = await opened(tmp_path / "index")
    await view.apply([an_article("a"), an_article("long", text="word " * 20_000)], ["gone"])
    assert view.unsaved == 23
    await view.commit()
    assert (view.unsaved, await view.count()) == (0, 2)
    await view.close()


async def test_counting_what_was_opened_reads_nothing_of_files_that_were_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A start counts them, and what is damaged must keep no replica from starting."""
    view = await opened(tmp_path / "index")
    await view.apply([an_article("a"), an_article("b")])
    await view.commit()
    await view.close()

    def damaged(*_: object) -> None:
        raise ValueError("An IO error occurred: 'Invalid data'")

    monkeypatch.setattr(IndexState, "found", damaged)
    again = TantivyView(tmp_path / "index", HEAP_BYTES)
    assert await again.open(wait=False)
    assert await again.count() == 2
    await again.close()


async def test_articles_in_memory_keep_their_scores_when_the_first_articles_of_all_are_withdrawn(
    tmp_path: Path,
) -> None:
    """What Tantivy knows of its articles is told of one that is still there, wherever it stands."""
    view = await opened(tmp_path / "index")
    rail = an_article("b", text="rail and nothing else")
    await view.apply([*(an_article(f"a{number:02}", text=f"{number:02} rail") for number in range(30)), rail])
    await view.commit()
    await view.apply([a_withdrawal(f"a{number:02}") for number in range(20)])
    await view.commit()

    async def score() -> float:
        state = view._tiers.state
        hits = state.hits(state.asked(read_query("rail"), ranked=True), 0, 100, None)
        return {state.article_id(place): float(score) for score, place in hits}["b"]

    committed = await score()
    await view.apply([rail])
    assert await score() == pytest.approx(committed, rel=1e-4)
    await view.close()


@given(told=articles(), text=queries())
@settings(max_examples=40, deadline=None)
def test_an_article_in_memory_scores_as_tantivy_would_have_it_score(told: list[Article], text: str) -> None:
    """Else an article would jump in the order of relevance when it is committed."""

    async def both() -> tuple[list[tuple[str, float]], list[tuple[str, float]]]:
        with tempfile.TemporaryDirectory() as folder:
            view = await opened(Path(folder) / "index")
            # Enough of others that the second time changes what is frequent by little.
            others = [replace(told[number % len(told)], id=f"other{number}") for number in range(60)]
            await view.apply([*others, *told])
            await view.commit()
            query = read_query(text)
            state = view._tiers.state
            hits = state.hits(state.asked(query, ranked=True), 0, 100, None)
            committed = [(state.article_id(place), float(score)) for score, place in hits]
            await view.apply(told)
            held = view._tiers.state.asked(query, ranked=True)
            await view.close()
        wanted = {article.id for article in told}
        return (
            sorted(pair for pair in committed if pair[0] in wanted),
            sorted((row.article.id, score) for score, row in held.rows),
        )

    committed, held = asyncio.run(both())
    assert [one for one, _ in held] == [one for one, _ in committed]
    assert [score for _, score in held] == pytest.approx(
        [score for _, score in committed], rel=1e-4, abs=1e-6
    )
