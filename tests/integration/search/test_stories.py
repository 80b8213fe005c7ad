"""The worker of stories on a real MongoDB: first scan, changes, edits, withdrawals, change of hands, lost places."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from pymongo.errors import OperationFailure

from search.adapters import mongo_story_worker
from search.adapters.mongo_article_store import MongoArticleStore
from search.adapters.mongo_documents import ARTICLES
from search.adapters.mongo_story_record import STORIES, MongoStoryRecord, Place
from search.adapters.mongo_story_worker import MongoStoryWorker
from search.domain.article import Change
from search.domain.stories import LONGEST
from search.metrics import Metrics
from shared.clock import SystemClock
from shared.mongo import Database
from shared.testing.eventually import eventually
from tests.suites.article_builders import NOON, a_record, a_withdrawal, an_article

TEXTS = {
    letter: " ".join(f"{letter}{word}" for word in range(40)) for letter in ("rail", "gas", "snow", "vote")
}


class Worker:
    """One replica's worker."""

    def __init__(self, database: Database, registry: CollectorRegistry) -> None:
        self.record = MongoStoryRecord(database)
        self.busy = False
        self.looks = 0
        self.worker = MongoStoryWorker(
            self.record,
            owner="test",
            clock=SystemClock(),
            metrics=Metrics(registry),
            busy=self._looked,
            lease_s=2,
            renew_s=0.2,
        )
        self._registry = registry

    def _looked(self) -> bool:
        self.looks += 1
        return self.busy

    @property
    def works(self) -> bool:
        """Whether it is the one that works."""
        return self._registry.get_sample_value("search_stories_worker") == 1

    @property
    def changed(self) -> int:
        """How many stories of articles it has set."""
        return int(self._registry.get_sample_value("search_stories_changed_total") or 0)

    async def looks_again(self) -> None:
        """Wait until it has looked a few times whether there is more urgent work."""
        looks = self.looks

        async def looked() -> bool:
            return self.looks > looks + 2

        await eventually(looked, within_s=20, what="a look at whether there is urgent work")

    async def has_changed(self, count: int) -> None:
        """Wait until it has counted so many changes, and no more: it counts what it has told already."""

        async def counted() -> bool:
            assert self.changed <= count
            return self.changed == count

        await eventually(counted, what=f"{count} changes counted")


@asynccontextmanager
async def working(database: Database) -> AsyncIterator[Worker]:
    """A worker that lives as long as the block."""
    made, stop = Worker(database, CollectorRegistry()), asyncio.Event()
    running = asyncio.create_task(made.worker.run(stop))
    try:
        yield made
    finally:
        stop.set()
        await running


async def save(store: MongoArticleStore, changes: Sequence[Change]) -> None:
    await store.save([a_record(change) for change in changes])


async def stories(database: Database) -> dict[str, str]:
    """The stories of all articles that have one."""
    rows = await database[ARTICLES].find({"story": {"$type": "string"}}, {"story": 1}).to_list(1000)
    return {row["_id"]: row["story"] for row in rows}


async def become(database: Database, expected: dict[str, str]) -> None:
    """Wait until the articles tell exactly these stories."""

    async def same() -> bool:
        assert await stories(database) == expected
        return True

    await eventually(same, within_s=20, what=f"stories {expected}")


def told(article_id: str, about: str, *, seen: float = 0, **fields: Any) -> Change:
    """Return an article about something, seen so many minutes after noon."""
    fields.setdefault("outlet", f"{article_id}.test")
    fields.setdefault("text", TEXTS[about])
    return an_article(article_id, first_seen_at=NOON + timedelta(minutes=seen), **fields)


async def test_articles_that_are_there_and_articles_that_come_are_grouped_and_keep_their_revision(
    database: Database, store: MongoArticleStore
) -> None:
    """The story is no part of a revision: nobody is told of it, and an odd document beside them stops nothing."""
    await save(store, [told("a", "rail", seen=2), told("b", "rail", seen=1), told("c", "gas")])
    odd = {"state": "live", "rev": 1, "key": 7, "sketch": b"odd", "story": "a"}
    await database[ARTICLES].insert_one({"_id": "odd", **odd})
    async with working(database) as one:
        await become(database, {"a": "b", "b": "b"})
        await save(store, [told("d", "rail", seen=3), told("e", "gas", seen=4), told("f", "snow")])
        await become(database, {"a": "b", "b": "b", "d": "b", "c": "c", "e": "c"})
        rows = await database[ARTICLES].find({"_id": {"$ne": "odd"}}, {"rev": 1, "pending": 1}).to_list(10)
        assert {(row["rev"], len(row["pending"])) for row in rows} == {(1, 1)}
        await one.has_changed(6)


async def test_a_worker_waits_while_the_service_has_more_urgent_work_but_not_for_ever(
    database: Database, store: MongoArticleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A backlog is worked off: what is found sooner for it matters more than which articles tell one story."""
    await save(store, [told("a", "rail", seen=2), told("b", "rail", seen=1)])
    async with working(database) as one:
        await become(database, {"a": "b", "b": "b"})
        one.busy = True
        await one.looks_again()
        await save(store, [told("c", "rail", seen=3)])
        await one.looks_again()
        assert await stories(database) == {"a": "b", "b": "b"}
        one.busy = False
        await become(database, {"a": "b", "b": "b", "c": "b"})
        monkeypatch.setattr(mongo_story_worker, "YIELD_S", 0.5)
        await one.looks_again()
        one.busy = True
        for more in ("d", "e"):
            await save(store, [told(more, "rail", seen=4)])
            await become(database, dict.fromkeys("abcde"[: "abcde".index(more) + 1], "b"))


async def test_articles_that_an_earlier_version_sketched_meet_the_new_ones(
    database: Database, store: MongoArticleStore
) -> None:
    """An upgrade must neither part the stories that are told nor keep new articles from joining them."""
    summed = told("d", "gas", seen=3, text="", summary=TEXTS["gas"])
    await save(store, [told("a", "rail"), told("b", "rail", seen=1), told("c", "gas", seen=2), summed])
    former = bytes.fromhex("09000000f09b741e0868af3a232be857ed90b179")
    await database[ARTICLES].update_many({}, {"$set": {"sketch": former}})
    await database[ARTICLES].update_many({"_id": {"$in": ["a", "b"]}}, {"$set": {"story": "a"}})
    async with working(database):
        await become(database, {"a": "a", "b": "a", "c": "c", "d": "c"})
        await save(store, [told("e", "rail", seen=4), told("f", "gas", seen=5)])
        await become(database, {"a": "a", "b": "a", "c": "c", "d": "c", "e": "a", "f": "c"})


async def test_an_edit_moves_an_article_and_a_withdrawal_parts_it_from_its_story(
    database: Database, store: MongoArticleStore
) -> None:
    async with working(database):
        await save(
            store, [told("a", "rail"), told("b", "rail", seen=1), told("c", "gas"), told("d", "rail", seen=3)]
        )
        await become(database, {"a": "a", "b": "a", "d": "a"})
        await save(store, [told("b", "gas", seen=1, rev=2)])
        await become(database, {"a": "a", "d": "a", "c": "c", "b": "c"})
        await save(store, [a_withdrawal("c", rev=2), told("e", "rail", seen=4)])
        await become(database, {"a": "a", "d": "a", "e": "a"})
        await save(store, [a_withdrawal("a", rev=2)])
        await become(database, {"d": "d", "e": "d"})
        gone = await database[ARTICLES].find_one({"_id": "a"})
        assert gone is not None
        assert "sketch" not in gone


async def test_a_worker_goes_on_where_the_last_one_stood_and_knows_the_stories_of_days_it_has_not_seen(
    database: Database, store: MongoArticleStore
) -> None:
    """A chain of copies may reach back further than the days in memory: its story keeps its name."""
    days = timedelta(days=1)
    await save(store, [told("a", "rail"), told("b", "rail", seen=1, published_at=NOON + 3 * days)])
    async with working(database):
        await become(database, {"a": "a", "b": "a"})
    await save(store, [told("c", "rail", seen=2, published_at=NOON + 6 * days), told("x", "gas")])
    async with working(database) as again:
        await become(database, {"a": "a", "b": "a", "c": "a"})
        await again.has_changed(1)
        await save(store, [a_withdrawal("b", rev=2)])
        await become(database, {})


async def test_a_bulletin_of_each_day_is_parted_alike_by_workers_that_follow_each_other(
    database: Database, store: MongoArticleStore
) -> None:
    """A worker that begins anew knows the days around and the stories that reach into them, and no earlier ones."""
    length = LONGEST.days + 1
    for first in (0, 10, 21):
        days = range(first, first + 11)
        daily = [
            told(f"d{day:02}", "vote", published_at=NOON + timedelta(days=day), seen=day) for day in days
        ]
        await save(store, daily)
        async with working(database):
            whole = {f"d{day:02}": f"d{day - day % length:02}" for day in range(first + 11)}
            names = list(whole.values())
            await become(database, {one: name for one, name in whole.items() if names.count(name) > 1})


async def test_articles_of_many_years_are_grouped_within_the_days_that_memory_holds(
    database: Database, store: MongoArticleStore
) -> None:
    """A backfill brings the archives of years, in any order."""
    made: list[Change] = []
    for month in range(60):
        at = datetime(2020 + month // 12, month % 12 + 1, 10, tzinfo=UTC)
        made += [told(f"{month:02}{name}", "snow", published_at=at, seen=-month) for name in ("a", "b")]
    expected = {f"{month:02}{name}": f"{month:02}a" for month in range(60) for name in ("a", "b")}
    await save(store, made[::2])
    async with working(database):
        await save(store, made[1::2])
        await become(database, expected)
    await database[ARTICLES].update_many({}, {"$unset": {"story": ""}})
    await database[STORIES].delete_many({})
    async with working(database):
        await become(database, expected)


async def test_of_two_replicas_one_works_and_the_other_takes_over(
    database: Database, store: MongoArticleStore
) -> None:
    await save(store, [told("a", "rail")])
    async with working(database) as second:
        async with working(database) as first:

            async def one_works() -> bool:
                return first.works != second.works

            await eventually(one_works, within_s=15, what="one works")
            await save(store, [told("b", "rail", seen=1)])
            await become(database, {"a": "a", "b": "a"})
        await save(store, [told("c", "rail", seen=2)])
        await become(database, {"a": "a", "b": "a", "c": "a"})


async def test_a_worker_that_lost_its_lease_cannot_move_the_place_of_the_next(database: Database) -> None:
    """A process that slept through its lease still believes in it."""
    async with working(database) as one:

        async def has_place() -> bool:
            lease = await database[STORIES].find_one({"_id": "bucket:0"})
            return lease is not None and lease.get("place") is not None

        await eventually(has_place, within_s=15, what="a place")
        lease = await database[STORIES].find_one({"_id": "bucket:0"})
        assert lease is not None
        assert not await one.record.save(Place(None, (1, 1)), lease["epoch"] - 1)
        assert await one.record.place(lease["epoch"]) is not None


async def test_a_story_that_is_not_as_it_must_be_is_set_right(
    database: Database, store: MongoArticleStore
) -> None:
    """A worker that lost its lease in the middle of a write may still finish it."""
    async with working(database):
        await save(store, [told("a", "rail"), told("b", "rail", seen=1), told("c", "gas")])
        await become(database, {"a": "a", "b": "a"})
        await database[ARTICLES].update_one({"_id": "c"}, {"$set": {"story": "b"}})
        await database[ARTICLES].update_one({"_id": "b"}, {"$set": {"story": "c"}})
        await become(database, {"a": "a", "b": "a"})


async def test_a_place_that_the_record_has_forgotten_makes_it_read_everything(
    database: Database, store: MongoArticleStore
) -> None:
    await save(store, [told("a", "rail")])
    async with working(database):

        async def followed() -> bool:
            lease = await database[STORIES].find_one({"_id": "bucket:0"})
            return lease is not None and bool(((lease.get("place") or {}).get("token") or {}).get("_data"))

        await save(store, [told("b", "gas")])
        await eventually(followed, within_s=15, what="a token")
    lease = await database[STORIES].find_one({"_id": "bucket:0"})
    assert lease is not None
    token = lease["place"]["token"]["_data"]
    forged = {"_data": f"{token[:2]}00000001{token[10:]}"}
    await save(store, [told("c", "rail", seen=1)])
    await database[STORIES].update_one({"_id": "bucket:0"}, {"$set": {"place.token": forged}})
    async with working(database):
        await become(database, {"a": "a", "c": "a"})


async def test_days_that_were_forgotten_are_read_again_when_an_article_of_theirs_comes(
    database: Database, store: MongoArticleStore
) -> None:
    """Days kept in memory are bounded; what is forgotten is read again."""
    kept = mongo_story_worker.MOST_DAYS
    mongo_story_worker.MOST_DAYS = 7
    try:
        async with working(database):
            for day in (0, 30, 1, 31):
                at = NOON + timedelta(days=day)
                await save(store, [told(f"d{day}", "vote", published_at=at, seen=day)])
            await become(database, {"d0": "d0", "d1": "d0", "d30": "d30", "d31": "d30"})
    finally:
        mongo_story_worker.MOST_DAYS = kept


async def test_a_write_that_the_database_refuses_is_tried_again_and_ends_nothing(
    database: Database, store: MongoArticleStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not away, but unwilling: whatever is wrong with grouping, articles are stored and found all the same."""
    monkeypatch.setattr(mongo_story_worker, "_REFUSED_RETRY_S", 0.01)
    refused = list[Mapping[str, str | None]]()
    tell = MongoStoryRecord.tell

    async def refuse_once(record: MongoStoryRecord, told: Mapping[str, str | None]) -> None:
        if not refused:
            refused.append(told)
            raise OperationFailure("no", 2)
        await tell(record, told)

    monkeypatch.setattr(MongoStoryRecord, "tell", refuse_once)
    await save(store, [told("a", "rail"), told("b", "rail", seen=1)])
    async with working(database):
        await become(database, {"a": "a", "b": "a"})
    assert refused
