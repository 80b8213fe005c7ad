"""The view becomes like the record and stays so: first scan, change stream, restarts, lost positions."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path

import pytest

from search.adapters.mongo_article_store import MongoArticleStore
from search.adapters.mongo_documents import ARTICLES
from search.adapters.mongo_record import MongoRecord, place_of
from search.adapters.position_file import PositionFile
from search.adapters.tantivy_schema import VERSION
from search.adapters.tantivy_view import TantivyView
from search.domain import backlog
from search.domain.article import Change
from shared.bus.waiting import pause
from shared.mongo import Database, watch
from shared.testing.eventually import eventually
from tests.suites.article_builders import a_record, a_withdrawal, an_article
from tests.suites.article_index_suite import asking
from tests.suites.search_replica import record_revisions, replica


async def save(store: MongoArticleStore, changes: Sequence[Change]) -> None:
    await store.save([a_record(change) for change in changes])


async def test_a_first_view_is_built_by_a_scan_and_then_kept_fresh(
    database: Database, store: MongoArticleStore, tmp_path: Path
) -> None:
    await save(store, [an_article("old"), an_article("gone"), a_withdrawal("gone", rev=2)])
    async with replica(database, store, tmp_path) as one:
        await one.shows({"old": 1})
        await save(store, [an_article("new"), an_article("old", rev=2)])
        await one.shows({"old": 2, "new": 1})
        # The position is saved between the two.
        await asyncio.wait_for(one.announced.wait(), 10)
        await save(store, [a_withdrawal("new", rev=2)])
        await one.shows({"old": 2})
        assert one.rebuilds == 1


async def test_what_is_stored_while_the_scan_runs_is_not_missed(
    database: Database, store: MongoArticleStore, tmp_path: Path
) -> None:
    """The scan goes from the oldest on: an article may appear behind it, or change after it has passed."""
    articles = [an_article(f"n{number:04}") for number in range(1200)]
    await save(store, articles)
    async with replica(database, store, tmp_path) as one:
        await save(
            store,
            [an_article("a-first"), *(an_article(f"n{number:04}", rev=2) for number in range(0, 1200, 50))],
        )

        async def all_there() -> bool:
            found = await one.view.search(asking(limit=1))
            second = await one.view.revisions_of([f"n{number:04}" for number in range(0, 1200, 50)])
            return found.total == 1201 and list(second.values()) == [2] * 24

        await eventually(all_there, within_s=30)


async def test_a_scan_reads_every_article_once_however_many_are_of_one_instant(
    database: Database, store: MongoArticleStore
) -> None:
    """It goes from the oldest on, and a page may end among equals."""
    await save(store, [an_article(f"n{number}", key=(number // 4) << 20) for number in range(30)])
    await save(store, [a_withdrawal("n7", rev=2)])
    record, place, read = MongoRecord(database), "", list[str]()
    while page := await record.page(place, 3):
        read += [document["_id"] for document in page]
        place = place_of(page[-1])
    assert sorted(read) == sorted(f"n{number}" for number in range(30) if number != 7)
    assert [int(one[1:]) // 4 for one in read] == sorted(int(one[1:]) // 4 for one in read)


async def test_a_view_is_level_although_articles_never_stop_coming(
    database: Database, store: MongoArticleStore, tmp_path: Path
) -> None:
    """A replica that starts on a busy day: there is always one more article, but it has what was there at its start."""
    await save(store, [an_article("old")])
    stop = asyncio.Event()

    async def go_on_saving() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            await save(store, [an_article(f"n{number}")])
            await pause(stop, 0.05)

    for _start in ("from nothing", "from its folder"):
        saving = asyncio.create_task(go_on_saving())
        try:
            async with replica(database, store, tmp_path) as one:
                await one.becomes_level()
                assert await one.view.revisions_of(["old"]) == {"old": 1}
        finally:
            stop.set()
            await saving
            stop.clear()


async def test_a_restarted_view_goes_on_where_it_stood(
    database: Database, store: MongoArticleStore, tmp_path: Path
) -> None:
    await save(store, [an_article(f"n{number}") for number in range(20)])
    async with replica(database, store, tmp_path) as one:
        await one.shows({f"n{number}": 1 for number in range(20)})
        await save(store, [an_article("live")])
        await one.shows({f"n{number}": 1 for number in range(20)} | {"live": 1})
    await save(store, [an_article("missed"), an_article("n3", rev=2), a_withdrawal("n4", rev=2)])
    async with replica(database, store, tmp_path) as again:
        expected = {f"n{number}": 1 for number in range(20) if number != 4}
        await again.shows({**expected, "live": 1, "n3": 2, "missed": 1})
        assert again.rebuilds == 0
        assert again.indexed <= 4


async def test_what_a_restarted_view_has_missed_is_taken_in_with_few_commits(
    database: Database, store: MongoArticleStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten thousand changes of a night: nobody is answered before all are there, so there is no haste to show some."""
    await save(store, [an_article(f"n{number:04}") for number in range(1500)])
    async with replica(database, store, tmp_path) as one:
        await one.becomes_level()
    for rev in (2, 3):
        await save(store, [an_article(f"n{number:04}", rev=rev) for number in range(0, 1500, rev)])
    await save(store, [a_withdrawal(f"n{number:04}", rev=4) for number in range(0, 1500, 50)])
    await database[ARTICLES].delete_one({"_id": "n0007"})
    commits: list[None] = []
    commit = TantivyView._commit
    monkeypatch.setattr(TantivyView, "_commit", lambda view: commits.append(commit(view)))
    async with replica(database, store, tmp_path) as again:
        await again.shows(await record_revisions(database))
        assert again.rebuilds == 0
        assert again.indexed >= 1000
        assert len(commits) <= 2


async def test_a_backlog_is_worked_off_in_large_parts_while_the_view_answers(
    database: Database, store: MongoArticleStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A queue that filled overnight: shown one by one it took twice as long, edits and withdrawals among it included."""
    helped = list[bool]()
    loading = TantivyView.loading

    def noted(
        view: TantivyView, count: int | None, *, answering: bool = False
    ) -> AbstractAsyncContextManager[None]:
        helped.append(answering)
        return loading(view, count, answering=answering)

    monkeypatch.setattr(TantivyView, "loading", noted)
    # On a machine that is busy the stream tells fewer at once.
    monkeypatch.setattr(backlog, "MANY", 20)
    async with replica(database, store, tmp_path, processes=1) as one:
        await save(store, [an_article("first")])
        await one.shows({"first": 1})
        helped.clear()
        waits = one.waits
        ids = [f"n{number:04}" for number in range(4000)]
        for first in range(0, len(ids), 500):
            part = ids[first : first + 500]
            changes: list[Change] = [an_article(name) for name in part]
            changes += [an_article(name, rev=2) for name in part[::10]]
            changes += [a_withdrawal(name, rev=3) for name in part[::100]]
            await save(store, changes)
        expected = await record_revisions(database)
        assert len(expected) == 3961
        await one.shows(expected)
        assert set(helped) == {True}
        await one.has_waited(waits + len(ids))
        helped.clear()
        # A story found out is no news: who finds them out would be taken for a backlog, and wait for itself.
        await database[ARTICLES].update_many({"rev": 2}, {"$set": {"story": "told"}})

        async def told() -> bool:
            found = await one.view.search(asking(limit=5000))
            return sum(article.story == "told" for article in found.articles) == 360

        await eventually(told, within_s=20, what="the stories")
        assert helped == []
        await save(store, [an_article("last")])
        await one.shows({**expected, "last": 1})
        assert helped == []
    async with replica(database, store, tmp_path) as again:
        await again.shows({**expected, "last": 1})
        assert (again.rebuilds, again.indexed) == (0, 0)


async def test_a_view_stopped_right_after_its_scan_need_not_scan_again(
    database: Database, store: MongoArticleStore, tmp_path: Path
) -> None:
    await save(store, [an_article("a")])
    async with replica(database, store, tmp_path) as one:
        await one.shows({"a": 1})
    async with replica(database, store, tmp_path) as again:
        await again.shows({"a": 1})
        assert again.rebuilds == 0


@pytest.mark.parametrize("cause", ["schema", "record", "position", "index", "block", "token"])
async def test_a_view_that_cannot_be_continued_is_built_anew(
    database: Database, store: MongoArticleStore, tmp_path: Path, cause: str
) -> None:
    """Another version of the fields, another record, a lost or unreadable position, a damaged index, an old token."""
    await save(store, [an_article("a"), an_article("b")])
    async with replica(database, store, tmp_path) as one:
        await one.shows({"a": 1, "b": 1})
        await save(store, [an_article("c")])
        await one.shows({"a": 1, "b": 1, "c": 1})
    spoil: dict[str, Callable[[], Awaitable[object]]] = {
        "record": lambda: database["meta"].delete_many({}),
        "position": lambda: asyncio.to_thread((tmp_path / "position.json").write_text, "{"),
        "index": lambda: asyncio.to_thread(_cut_files, tmp_path / "index"),
        "block": lambda: asyncio.to_thread(_cut_files, tmp_path / "index", "*.store"),
        "token": lambda: _forge_token(database, tmp_path / "position.json"),
    }
    if cause in spoil:
        await spoil[cause]()
    await database[ARTICLES].delete_one({"_id": "b"})
    async with replica(database, store, tmp_path, schema="other" if cause == "schema" else VERSION) as again:
        await again.shows({"a": 1, "c": 1})
        assert again.rebuilds == 1


async def test_a_view_that_an_operator_has_built_anew_says_that_it_is_being_built(
    database: Database, store: MongoArticleStore, tmp_path: Path
) -> None:
    """`silkwire reindex` said that it waits for MongoDB, and looked like an outage."""
    await save(store, [an_article("a")])
    async with replica(database, store, tmp_path) as one:
        await one.becomes_level()
        one.follower.rebuild()
        await save(store, [an_article("b")])
        phases = ["level"]

        async def built() -> bool:
            while one.follower.state().phase == phases[-1] and one.rebuilds < 2:  # noqa: ASYNC110  no event tells a phase
                await asyncio.sleep(0)
            phases.append(one.follower.state().phase)
            return one.rebuilds == 2

        await eventually(built, within_s=20, what="the view built anew")
        await one.shows({"a": 1, "b": 1})
        assert "waiting" not in phases
        assert "building" in phases


def _cut_files(folder: Path, which: str = "*") -> None:
    for file in folder.glob(which):
        file.write_bytes(file.read_bytes()[:7])


async def _forge_token(database: Database, path: Path) -> None:
    """Let the position be behind a change of the year 1970, long before anything that the database remembers.

    A token of a mere moment is another kind: where the whole history is still there, it is as good as its beginning.
    """
    file = PositionFile(path)
    position = file.load()
    assert position is not None
    async with watch(database[ARTICLES]) as stream:
        await database[ARTICLES].update_one({"_id": "a"}, {"$set": {"touched": True}})
        change = await anext(stream)
    token = change["_id"]["_data"]
    forged = {"_data": f"{token[:2]}00000001{token[10:]}"}
    await asyncio.to_thread(file.save, replace(position, token=forged))


async def test_an_announcement_that_was_made_does_not_touch_the_view(
    database: Database, store: MongoArticleStore, tmp_path: Path
) -> None:
    async with replica(database, store, tmp_path) as one:
        await save(store, [an_article("a")])
        await one.shows({"a": 1})
        before = one.indexed
        await database[ARTICLES].update_one({"_id": "a"}, {"$set": {"pending": []}})
        await save(store, [an_article("b")])
        await one.shows({"a": 1, "b": 1})
        assert one.indexed == before + 1


async def test_a_story_found_out_afterwards_is_shown_and_does_not_look_like_a_revision_that_took_days(
    database: Database, store: MongoArticleStore, tmp_path: Path
) -> None:
    """The worker of stories leaves the revision alone; replicas show what it found all the same."""
    async with replica(database, store, tmp_path) as one:
        await save(store, [an_article("a"), an_article("b")])
        await one.shows({"a": 1, "b": 1})
        waits = one.waits
        for story in ("a", None):
            await database[ARTICLES].update_many({}, {"$set": {"story": story}})

            async def shown(story: str | None = story) -> bool:
                found = await one.view.search(asking())
                assert [article.story for article in found.articles] == [story, story]
                return True

            await eventually(shown, what=f"the story {story}")
        assert one.waits == waits


async def test_an_article_removed_by_hand_leaves_the_view(
    database: Database, store: MongoArticleStore, tmp_path: Path
) -> None:
    await save(store, [an_article("a"), an_article("b")])
    async with replica(database, store, tmp_path) as one:
        await one.shows({"a": 1, "b": 1})
        await database[ARTICLES].delete_one({"_id": "a"})
        await one.shows({"b": 1})


async def test_two_replicas_show_the_same_in_the_same_order(
    database: Database, store: MongoArticleStore, tmp_path: Path
) -> None:
    await save(store, [an_article(f"n{number}", minutes=number % 4) for number in range(30)])
    async with replica(database, store, tmp_path / "one") as one:
        await save(store, [an_article(f"m{number}", minutes=number % 4) for number in range(30)])
        async with replica(database, store, tmp_path / "two") as two:
            expected = {f"{letter}{number}": 1 for letter in "nm" for number in range(30)}
            await one.shows(expected)
            await two.shows(expected)
            ask = asking(limit=100)
            assert (await one.view.search(ask)).articles == (await two.view.search(ask)).articles


async def test_a_document_that_cannot_be_read_is_left_out_and_stops_nothing(
    database: Database, store: MongoArticleStore, tmp_path: Path
) -> None:
    await database[ARTICLES].insert_one({"_id": "odd", "rev": 1, "state": "live"})
    async with replica(database, store, tmp_path) as one:
        await save(store, [an_article("a")])
        await one.shows({"a": 1})
        await database[ARTICLES].insert_one({"_id": "odder", "rev": 1})
        await save(store, [an_article("b")])
        await one.shows({"a": 1, "b": 1})
