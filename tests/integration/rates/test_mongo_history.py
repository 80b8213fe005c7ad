"""The past of a currency on a real MongoDB, with both drivers, under the suite that the fake passes too."""

import pytest

from rates.adapters.mongo_history import MongoHistory
from rates.adapters.mongo_observation_store import MongoObservationStore
from rates.ports import StoreUnavailableError
from shared import mongo
from tests.suites.rates_builders import NBK, NO_MONGODB
from tests.suites.rates_history import MON, HistoryStoreSuite


class TestMongoHistory(HistoryStoreSuite):
    @pytest.fixture
    async def observations(self, database: mongo.Database) -> MongoObservationStore:
        store = MongoObservationStore(database["observations"])
        await store.prepare()
        return store

    @pytest.fixture
    def history(self, database: mongo.Database) -> MongoHistory:
        return MongoHistory(database)


async def test_a_database_that_is_away_is_named(mongo_driver: mongo.Driver) -> None:
    client = mongo.connect(NO_MONGODB, driver=mongo_driver, deadline_ms=300)
    history = MongoHistory(client.database("rates_nowhere"))
    try:
        with pytest.raises(StoreUnavailableError):
            await history.count()
        with pytest.raises(StoreUnavailableError):
            await history.every(NBK.key, "USD", "KZT")
        with pytest.raises(StoreUnavailableError):
            await history.sessions(NBK.key, "USD", "KZT", first_on=MON, last_on=MON)
    finally:
        await client.close()
