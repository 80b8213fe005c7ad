"""Fixtures for search on a real MongoDB, with each driver."""

import socket
from collections.abc import AsyncIterator, Iterator

import pytest

from search.adapters.mongo_article_store import MongoArticleStore
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
    store = MongoArticleStore(database, FixedClock(NOON))
    await store.prepare(searched=True)
    return store


@pytest.fixture
def silent_uri() -> Iterator[str]:
    """A MongoDB that takes connections and never says a word.

    One that refuses them would do as well, but for the async driver: cancelled while connecting, it leaves a socket open.
    """
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield f"mongodb://127.0.0.1:{listener.getsockname()[1]}/?directConnection=true"
