"""The one file that names the driver behaves alike with both drivers, on a real MongoDB."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Literal

import pytest

from shared.mongo import (
    DuplicateKeyError,
    Mongo,
    MongoUnavailableError,
    aggregate,
    changes_at_hand,
    connect,
    translate,
    watch,
)

pytestmark = pytest.mark.mongodb


@pytest.fixture
async def mongo(mongodb_uri: str, mongo_driver: Literal["motor", "pymongo"]) -> AsyncIterator[Mongo]:
    client = connect(mongodb_uri, driver=mongo_driver, appname="tests")
    yield client
    await client.close()


async def test_an_instant_comes_back_aware_and_to_the_millisecond(mongo: Mongo, database_name: str) -> None:
    things = mongo.database(database_name)["things"]
    at = datetime(2026, 11, 23, 9, 30, 1, 250_000, tzinfo=UTC)
    await things.insert_one({"_id": 1, "at": at})
    found = await things.find_one({"_id": 1})
    assert found is not None
    assert found["at"] == at


async def test_the_same_id_twice_is_told_apart_from_an_outage(mongo: Mongo, database_name: str) -> None:
    things = mongo.database(database_name)["things"]
    await things.insert_one({"_id": 1})
    with pytest.raises(DuplicateKeyError), translate():
        await things.insert_one({"_id": 1})


async def test_a_cursor_can_be_sorted_limited_and_listed(mongo: Mongo, database_name: str) -> None:
    things = mongo.database(database_name)["things"]
    await things.insert_many([{"_id": number} for number in range(5)])
    found = await things.find({}).sort([("_id", -1)]).skip(1).limit(2).to_list(None)
    assert [document["_id"] for document in found] == [3, 2]
    assert [document["_id"] async for document in things.find({}).sort("_id", 1)] == [0, 1, 2, 3, 4]


async def test_an_aggregation_yields_its_documents(mongo: Mongo, database_name: str) -> None:
    things = mongo.database(database_name)["things"]
    await things.insert_many([{"_id": number, "odd": bool(number % 2)} for number in range(5)])
    groups = [group async for group in aggregate(things, [{"$group": {"_id": "$odd", "n": {"$sum": 1}}}])]
    assert {group["_id"]: group["n"] for group in groups} == {True: 2, False: 3}


async def test_a_change_stream_tells_of_a_write_and_resumes_after_it(
    mongo: Mongo, database_name: str
) -> None:
    things = mongo.database(database_name)["things"]
    await things.insert_one({"_id": 0})
    async with watch(things, full_document="updateLookup") as stream:
        await things.insert_one({"_id": 1})
        change = await stream.next()
        token = stream.resume_token
    assert change["fullDocument"] == {"_id": 1}
    await things.insert_one({"_id": 2})
    async with watch(things, resume_after=token) as stream:
        assert (await stream.next())["documentKey"] == {"_id": 2}


async def test_changes_that_came_together_are_taken_together_and_the_token_is_behind_the_last(
    mongo: Mongo, database_name: str
) -> None:
    """Who follows takes them one by one no more: each would be a trip to another thread."""
    things = mongo.database(database_name)["things"]
    async with watch(things, max_await_time_ms=200) as stream:
        assert await changes_at_hand(stream, 10) == []
        await things.insert_many([{"_id": number} for number in range(25)])
        taken = list[list[int]]()
        while sum(map(len, taken)) < 20:
            taken.append([change["documentKey"]["_id"] for change in await changes_at_hand(stream, 10)])
        token = stream.resume_token
    numbers = [number for part in taken for number in part]
    assert max(map(len, taken)) == 10
    assert numbers == list(range(len(numbers)))
    async with watch(things, resume_after=token, max_await_time_ms=200) as stream:
        assert (await changes_at_hand(stream, 1))[0]["documentKey"]["_id"] == len(numbers)


async def test_a_server_that_is_away_is_unavailable_within_the_deadline(
    mongo_driver: Literal["motor", "pymongo"], silent_uri: str
) -> None:
    client = connect(silent_uri, driver=mongo_driver, deadline_ms=300)
    with pytest.raises(MongoUnavailableError), translate():
        await client.database("nothing")["things"].find_one({})
    assert not await client.ping()
    await client.close()


async def test_a_live_server_answers_a_ping_and_its_version(mongo: Mongo) -> None:
    assert await mongo.ping()
    assert (await mongo.version())[0].isdigit()
