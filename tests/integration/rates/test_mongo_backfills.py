"""Backfills on a real MongoDB, with both drivers, under the suite that the fake passes too."""

import pytest

from rates.adapters.mongo_backfill_store import MongoBackfillStore
from rates.ports import StoreUnavailableError
from shared import mongo
from tests.suites.rates_backfills import NEW, BackfillStoreSuite
from tests.suites.rates_builders import NO_MONGODB


class TestMongoBackfillStore(BackfillStoreSuite):
    @pytest.fixture
    def jobs(self, database: mongo.Database) -> MongoBackfillStore:
        return MongoBackfillStore(database["backfills"])


async def test_a_database_that_is_away_is_named(mongo_driver: mongo.Driver) -> None:
    client = mongo.connect(NO_MONGODB, driver=mongo_driver, deadline_ms=300)
    try:
        with pytest.raises(StoreUnavailableError):
            await MongoBackfillStore(client.database("rates_nowhere")["backfills"]).begin(NEW)
    finally:
        await client.close()
