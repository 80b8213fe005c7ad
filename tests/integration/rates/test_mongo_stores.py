"""Rates' stores on a real MongoDB, with both drivers, under the suites that the fakes pass too."""

import asyncio
from dataclasses import replace

import pytest

from rates.adapters.mongo_board import MongoBoard
from rates.adapters.mongo_observation_store import MongoObservationStore
from rates.adapters.mongo_poll_claims import MongoPollClaims
from rates.domain.observations import Observation
from rates.ports import BoardBusyError, StoreUnavailableError
from shared import mongo
from shared.outbox import PENDING_MAX
from tests.suites.rates_builders import NBK, NO_MONGODB, observation
from tests.suites.rates_stores import (
    MON,
    BoardStoreSuite,
    ObservationStoreSuite,
    PollClaimsSuite,
    board,
    event,
)


class TestMongoObservationStore(ObservationStoreSuite):
    @pytest.fixture
    async def observations(self, database: mongo.Database) -> MongoObservationStore:
        store = MongoObservationStore(database["observations"])
        await store.prepare()
        return store

    async def test_the_database_itself_refuses_a_second_of_one_revision(
        self, observations: MongoObservationStore, database: mongo.Database
    ) -> None:
        """Whoever writes past our code still cannot fork a session's history."""
        await observations.append([observation(NBK, MON, "478.77")])
        [stored] = await database["observations"].find({}).to_list(2)
        copy = {key: value for key, value in stored.items() if key != "_id"}
        with pytest.raises(mongo.DuplicateKeyError):
            await database["observations"].insert_one(copy)

    async def test_preparing_again_or_at_once_is_safe(self, database: mongo.Database) -> None:
        store = MongoObservationStore(database["observations"])
        await asyncio.gather(*(store.prepare() for _ in range(4)))
        assert "one_per_revision" in await database["observations"].index_information()


class TestMongoBoard(BoardStoreSuite):
    @pytest.fixture
    async def boards(self, database: mongo.Database) -> MongoBoard:
        store = MongoBoard(database["board"])
        await store.prepare()
        return store

    async def test_a_board_and_its_events_are_one_document(
        self, boards: MongoBoard, database: mongo.Database
    ) -> None:
        """What is stored is said, even if this process dies in the next moment."""
        await boards.change(board(1), event(1))
        await boards.change(board(2), event(2))
        await boards.change(board(2), event(2))
        [stored] = await database["board"].find({}).to_list(2)
        assert [pending["id"] for pending in stored["pending"]] == [event(1).id, event(2).id]
        assert 0 <= stored["bucket"] < 64

    async def test_a_board_with_too_many_unsaid_events_says_so(self, boards: MongoBoard) -> None:
        for seq in range(1, PENDING_MAX + 1):
            assert await boards.change(board(seq), event(seq))
        with pytest.raises(BoardBusyError):
            await boards.change(board(PENDING_MAX + 1), event(PENDING_MAX + 1))
        stored = await boards.get("KZT/USD")
        assert stored is not None
        assert stored.seq == PENDING_MAX


class TestMongoPollClaims(PollClaimsSuite):
    @pytest.fixture
    def claims(self, database: mongo.Database) -> MongoPollClaims:
        return MongoPollClaims(database["polls"], owner="replica-$1")


async def test_a_database_that_is_away_is_named(mongo_driver: mongo.Driver) -> None:
    client = mongo.connect(NO_MONGODB, driver=mongo_driver, deadline_ms=300)
    database = client.database("rates_nowhere")
    said: Observation = replace(observation(NBK, MON, "478.77"))
    try:
        with pytest.raises(StoreUnavailableError):
            await MongoBoard(database["board"]).get("KZT/USD")
        with pytest.raises(StoreUnavailableError):
            await MongoObservationStore(database["observations"]).append([said])
        with pytest.raises(StoreUnavailableError):
            await MongoPollClaims(database["polls"], owner="replica").state("NBK")
    finally:
        await client.close()
