"""A database and a web of the test's own."""

from collections.abc import AsyncIterator

import pytest

from shared import mongo
from tests.integration.ingest.local_web import LocalWeb, local_web


@pytest.fixture
async def database(
    mongodb_uri: str, database_name: str, mongo_driver: mongo.Driver
) -> AsyncIterator[mongo.Database]:
    """An empty database, by each driver in turn."""
    client = mongo.connect(mongodb_uri, driver=mongo_driver)
    yield client.database(database_name)
    await client.close()


@pytest.fixture
async def web() -> AsyncIterator[LocalWeb]:
    """A web server without pages."""
    async with local_web() as serving:
        yield serving
