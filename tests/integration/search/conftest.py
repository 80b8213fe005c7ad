"""Fixtures for search on a real MongoDB, with each driver."""

from collections.abc import AsyncIterator

import pytest

from search.adapters.mongo_article_store import MongoArticleStore
from search.adapters.tantivy_schema import VERSION
from shared.mongo import Database, Mongo, connect
from shared.testing.clock import FixedClock
from tests.suites.article_builders import NOON


@pytest.fixture
async def mongo(mongodb_uri: str, mongo_driver: str) -> AsyncIterator[Mongo]:
    """A client by the driver under test."""
    client = connect(mongodb_uri, driver="motor" if mongo_driver == "motor" else "pymongo")
    yield client
    await client.close()


@pytest.fixture
def database(mongo: Mongo, database_name: str) -> Database:
    """Search's own database."""
    return mongo.database(database_name)


@pytest.fixture
async def store(database: Database) -> MongoArticleStore:
    """A store ready for use, MongoDB's own searches included."""
    store = MongoArticleStore(database, FixedClock(NOON), words=VERSION)
    await store.prepare()
    return store
