"""The stores on MongoDB behave as any store must, with both drivers."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from ingest.adapters.mongo_item_store import MongoItemStore
from ingest.adapters.mongo_look_store import MongoLookStore, due
from ingest.adapters.mongo_source_store import MongoSourceStore
from ingest.adapters.mongo_subscription_store import MongoSubscriptionStore
from ingest.domain.fetching.outcomes import Reason
from ingest.ports import Finish, OutboxFullError, StoreDownError
from shared import mongo
from shared.outbox import bucket_of
from tests.suites.ingest_identity import IdentitySuite, LookStoreSuite
from tests.suites.ingest_stores import SourceStoreSuite, candidate, claimed, source
from tests.suites.ingest_websub import SubscriptionStoreSuite


class TestMongoSourceStore(SourceStoreSuite):
    store: MongoSourceStore

    @pytest.fixture
    async def sources(self, database: mongo.Database) -> MongoSourceStore:
        self.store = MongoSourceStore(database)
        await self.store.ensure_indexes()
        return self.store

    async def let_pass(self, seconds: float) -> None:
        """The clock is the server's: what is compared with it goes back instead."""
        times = ("polled_at", "next_poll_at", "lease.since", "lease.until")
        await _shift(self.store._sources, timedelta(seconds=-seconds), *times)

    async def test_a_lease_from_before_the_servers_clock_was_set_back_is_over(
        self, sources: MongoSourceStore
    ) -> None:
        """Else a replica that died would hold its sources for as long as the clock was set back."""
        await sources.seed([source("a")])
        dead = await claimed(sources, "dead", 20)
        await _shift(sources._sources, _SET_BACK, "lease.since", "lease.until")
        assert (await claimed(sources, "heir")).epoch == dead.epoch + 1

    async def test_no_source_waits_for_a_clock_that_was_set_back(self, sources: MongoSourceStore) -> None:
        """A month back, and nothing would be polled for a month."""
        await sources.seed([source("a")])
        await sources.finish(await claimed(sources), Finish(60))
        await _shift(sources._sources, _SET_BACK, "polled_at", "next_poll_at")
        assert await sources.claim_due("one", 20) is None
        await sources.renew([], 20)
        assert await sources.claim_due("one", 20) is not None

    async def test_a_failure_that_only_a_newer_version_knows_is_one_of_ours(
        self, sources: MongoSourceStore
    ) -> None:
        """While replicas are replaced one by one, the old ones go on with what the new ones stored."""
        await sources.seed([source("a")])
        await sources._sources.update_one({"_id": "a"}, {"$set": {"state.last_failure": "of tomorrow"}})
        assert (await claimed(sources)).state.last_failure is Reason.INTERNAL


_SET_BACK = timedelta(days=30)
"""How much later all times seem once the server's clock was set back."""


async def _shift(collection: mongo.Collection, by: timedelta, *fields: str) -> None:
    """Move times that are compared with the server's clock."""
    for name in fields:
        moved = {"$add": [f"${name}", by // timedelta(milliseconds=1)]}
        await collection.update_many({name: {"$type": "date"}}, [{"$set": {name: moved}}])


class TestMongoItemStore(IdentitySuite):
    @pytest.fixture
    async def items(self, database: mongo.Database) -> MongoItemStore:
        store = MongoItemStore(database)
        await store.ensure_indexes()
        return store

    async def test_the_event_lies_in_the_same_document(self, items: MongoItemStore) -> None:
        await self.put(items, None, candidate())
        await self.put(items, await self.known(items), candidate(title="Edited"))
        document = await items.collection.find_one({"_id": "article1"})
        assert document is not None
        assert document["rev"] == 2
        assert [entry["type"] for entry in document["pending"]] == ["article.collected.v1"] * 2
        assert document["bucket"] == bucket_of("article1")

    async def test_events_too_heavy_for_one_document_are_held_back(self, items: MongoItemStore) -> None:
        await self.put(items, None, candidate())
        almost_full = {"$set": {"ballast": "x" * (16 * 1024 * 1024 - 100_000)}}
        await items.collection.update_one({"_id": "article1"}, almost_full)
        with pytest.raises(OutboxFullError):
            await self.put(items, await self.known(items), candidate(text="x" * 230_000))

    async def test_a_withdrawn_article_s_words_are_nowhere_in_its_document(
        self, items: MongoItemStore
    ) -> None:
        """A court's order is about the database too, and about whatever a later version may keep there."""
        words = "the very words"
        await self.put(items, None, candidate(title=words, text=words, html=f"<p>{words}</p>"))
        more = {"refused": [{"data": words}], "notes_of_a_later_version": words}
        await items.collection.update_one({"_id": "article1"}, {"$set": more})
        assert await self.withdraw(items, await self.known(items))
        document = await items.collection.find_one({"_id": "article1"})
        assert document is not None
        assert words not in str(document)
        assert [entry["type"] for entry in document["pending"]] == ["article.withdrawn.v1"]

    async def test_articles_of_an_earlier_version_are_known_by_their_ids(self, items: MongoItemStore) -> None:
        await self.put(items, None, candidate())
        later = {"keys": "", "copies": "", "shown_at": "", "look": ""}
        await items.collection.update_one({"_id": "article1"}, {"$unset": later})
        await items.ensure_indexes()
        known = await self.known(items)
        assert (known.keys, known.shown_at) == (("article1",), known.first_seen_at)


class TestMongoLookStore(LookStoreSuite):
    store: MongoItemStore

    @pytest.fixture
    async def items(self, database: mongo.Database) -> MongoItemStore:
        self.store = MongoItemStore(database)
        await self.store.ensure_indexes()
        return self.store

    @pytest.fixture
    def looks(self, items: MongoItemStore, database: mongo.Database) -> MongoLookStore:
        del items
        return MongoLookStore(database)

    async def let_pass(self, seconds: float) -> None:
        """The clock is the server's: what is compared with it goes back instead."""
        await _shift(self.store.collection, timedelta(seconds=-seconds), "look.at")

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def test_looking_for_a_due_page_reads_no_article_that_is_not(
        self, items: MongoItemStore, database: mongo.Database
    ) -> None:
        """Each replica asks every few seconds, over the articles of a month."""
        for number in range(30):
            await self.put(items, f"article{number}", days_ago=0.5)
        query = {"find": "items", "filter": due(left_early=False), "sort": {"look.at": 1}, "hint": "looks"}
        told = await database.command({"explain": query, "verbosity": "executionStats"})
        assert told["executionStats"]["totalKeysExamined"] == 0


async def test_a_lost_mongodb_is_the_ports_own_error(mongo_driver: mongo.Driver, silent_uri: str) -> None:
    client = mongo.connect(silent_uri, driver=mongo_driver, deadline_ms=300)
    database = client.database("nowhere")
    with pytest.raises(StoreDownError):
        await MongoSourceStore(database).claim_due("one", 60)
    with pytest.raises(StoreDownError):
        await MongoItemStore(database).counts()
    await client.close()


class TestMongoSubscriptionStore(SubscriptionStoreSuite):
    @pytest.fixture
    async def sources(self, database: mongo.Database) -> MongoSourceStore:
        store = MongoSourceStore(database)
        await store.ensure_indexes()
        return store

    @pytest.fixture
    def store(self, database: mongo.Database) -> MongoSubscriptionStore:
        return MongoSubscriptionStore(database)

    async def let_pass(self, seconds: float) -> None:
        """The clock is the server's, so the time must really pass."""
        await asyncio.sleep(seconds)
