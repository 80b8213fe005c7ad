"""The stores on MongoDB behave as any store must, with both drivers."""

import asyncio

import pytest

from ingest.adapters.mongo_item_store import MongoItemStore
from ingest.adapters.mongo_source_store import MongoSourceStore
from ingest.ports import OutboxFullError, StoreDownError
from shared import mongo
from shared.outbox import bucket_of
from tests.suites.ingest_stores import ItemStoreSuite, SourceStoreSuite, candidate


class TestMongoSourceStore(SourceStoreSuite):
    @pytest.fixture
    async def sources(self, database: mongo.Database) -> MongoSourceStore:
        store = MongoSourceStore(database)
        await store.ensure_indexes()
        return store

    async def let_pass(self, seconds: float) -> None:
        """The clock is the server's, so the time must really pass."""
        await asyncio.sleep(seconds)


class TestMongoItemStore(ItemStoreSuite):
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


async def test_a_lost_mongodb_is_the_ports_own_error(mongo_driver: mongo.Driver, silent_uri: str) -> None:
    client = mongo.connect(silent_uri, driver=mongo_driver, deadline_ms=300)
    database = client.database("nowhere")
    with pytest.raises(StoreDownError):
        await MongoSourceStore(database).claim_due("one", 60)
    with pytest.raises(StoreDownError):
        await MongoItemStore(database).counts()
    await client.close()
