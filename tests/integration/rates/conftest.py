"""A database of rates' own on a real MongoDB, by each driver in turn."""

from collections.abc import AsyncIterator

import pytest

from shared import mongo


@pytest.fixture
async def database(
    mongodb_uri: str, database_name: str, mongo_driver: mongo.Driver
) -> AsyncIterator[mongo.Database]:
    """An empty database."""
    client = mongo.connect(mongodb_uri, driver=mongo_driver)
    yield client.database(database_name)
    await client.close()
