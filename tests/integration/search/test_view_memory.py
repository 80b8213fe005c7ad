"""What a view holds in memory above its commits: found at once, never counted as safe too soon, scored as Tantivy would."""

import asyncio
import tempfile
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings

from search.adapters import view_changes
from search.adapters.index_state import IndexState
from search.adapters.tantivy_view import TantivyView
from search.domain.article import Article
from search.ports import ViewNotWrittenError
from shared.query import read_query
from tests.suites.article_builders import a_withdrawal, an_article
from tests.suites.article_index_suite import articles, asking, queries

HEAP_BYTES = 16 * 1024 * 1024


async def opened(folder: Path) -> TantivyView:
    view = TantivyView(folder, HEAP_BYTES)
    await view.open()
    return view


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
    make = view_changes._made_of

    def slow(article: Article) -> object:
        begun.set()
        may_end.wait(10)
        return make(article)

    monkeypatch.setattr(view_changes, "_made_of", slow)
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
