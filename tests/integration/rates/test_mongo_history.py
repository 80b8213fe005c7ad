"""The past of a currency on a real MongoDB, with both drivers, under the suite that the fake passes too."""

from typing import Any

import pytest

from rates.adapters.mongo_history import MongoHistory
from rates.adapters.mongo_observation_store import MongoObservationStore
from rates.ports import StoreUnavailableError
from shared import mongo
from tests.suites.rates_builders import NBK, NO_MONGODB, observation
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

    async def test_a_count_reads_keys_of_the_index_and_no_document(
        self, observations: MongoObservationStore, database: mongo.Database
    ) -> None:
        """It is asked with every request for a history."""
        await observations.append([observation(NBK, MON, "478.77")])
        counted = {
            "count": "observations",
            "query": {"source": "NBK", "series": "daily", "base": "USD", "quote": "KZT"},
        }
        plan: dict[str, Any] = await database.command({"explain": counted, "verbosity": "executionStats"})
        assert plan["executionStats"]["totalDocsExamined"] == 0


async def test_a_database_that_is_away_is_named(mongo_driver: mongo.Driver) -> None:
    client = mongo.connect(NO_MONGODB, driver=mongo_driver, deadline_ms=300)
    history = MongoHistory(client.database("rates_nowhere"))
    try:
        with pytest.raises(StoreUnavailableError):
            await history.count(NBK.key, "USD", "KZT")
        with pytest.raises(StoreUnavailableError):
            await history.until(NBK.key, "USD", "KZT", MON)
        with pytest.raises(StoreUnavailableError):
            await history.every(NBK.key, "USD", "KZT")
        with pytest.raises(StoreUnavailableError):
            await history.sessions(NBK.key, "USD", "KZT", first_on=MON, last_on=MON)
    finally:
        await client.close()
