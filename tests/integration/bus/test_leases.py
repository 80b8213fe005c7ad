"""Who looks after which part of an outbox: never two for long, never nobody, whatever the server's clock does."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from shared.mongo import Document, Mongo
from shared.outbox import BUCKETS
from shared.outbox.leases import Leases
from tests.suites.bus_suite import wait_until


@pytest.fixture
def table(mongo: Mongo, database_name: str) -> Any:
    """The collection of the lease documents."""
    return mongo.database(database_name)["items_outbox"]


async def remaining_s(table: Any, bucket: int) -> float:
    """How long a bucket's lease still lasts by the server's clock."""
    stages = [
        {"$match": {"_id": f"bucket:{bucket}"}},
        {"$project": {"ms": {"$subtract": ["$until", "$$NOW"]}}},
    ]
    cursor = table.aggregate(stages)
    if not hasattr(cursor, "__aiter__"):
        cursor = await cursor
    rows: list[Document] = await cursor.to_list(None)
    return float(rows[0]["ms"]) / 1000


def ahead(**time: float) -> Document:
    """An instant in the server's future."""
    return {"$add": ["$$NOW", int(timedelta(**time).total_seconds() * 1000)]}


async def test_a_bucket_taken_by_a_write_whose_answer_was_lost_is_renewed_before_it_is_relied_on(
    table: Any,
) -> None:
    await Leases(table, "other").renew()
    lease = {"owner": "me", "until": ahead(seconds=1), "epoch": {"$add": ["$epoch", 1]}}
    await table.update_one({"_id": "bucket:5"}, [{"$set": lease}])
    mine = Leases(table, "me")
    await mine.renew()
    assert mine.holds(5)
    assert await remaining_s(table, 5) > 10


async def test_leases_that_ended_while_mongodb_was_away_are_all_taken_again_at_once(table: Any) -> None:
    leases = Leases(table, "me", lease_s=3)
    await leases.renew()
    assert len(leases.held()) == BUCKETS
    await wait_until(lambda: not leases.held(), "they ended")
    await table.update_many({"owner": "me"}, [{"$set": {"until": ahead(seconds=-1)}}])
    await leases.renew()
    assert len(leases.held()) == BUCKETS


async def test_a_bucket_that_is_being_given_back_is_not_relied_on_any_more(table: Any) -> None:
    leases = Leases(table, "me")
    await leases.renew()
    seen: list[list[int]] = []

    class Giving:
        """The table, seen in the moment of a release."""

        def __getattr__(self, name: str) -> Any:
            return getattr(table, name)

        async def update_many(self, query: Document, update: Any) -> Any:
            if isinstance(update, dict):
                seen.append(leases.held())
            return await table.update_many(query, update)

    leases._collection = Giving()  # type: ignore[assignment]  # a look into the middle of it
    await leases.release_all()
    assert seen == [[]]


async def test_a_dead_relays_buckets_are_taken_over_although_the_servers_clock_was_set_back(
    table: Any,
) -> None:
    """Else its events would stay unpublished for as long as the clock was ahead."""
    dead = Leases(table, "dead")
    await dead.renew()
    await table.update_many({}, [{"$set": {"until": ahead(days=30)}}])
    heir = Leases(table, "heir")
    await heir.renew()
    assert len(heir.held()) == BUCKETS
    assert await table.count_documents({"_id": "relay:dead"}) == 0


async def test_a_living_relay_goes_on_when_the_servers_clock_is_set_back(table: Any) -> None:
    leases = Leases(table, "me")
    await leases.renew()
    await table.update_many({}, [{"$set": {"until": ahead(days=30)}}])
    await leases.renew()
    assert len(leases.held()) == BUCKETS
    assert await remaining_s(table, 0) < 20


async def test_work_that_only_one_may_do_has_one_holder_and_each_change_of_hands_a_greater_number(
    table: Any,
) -> None:
    """Whoever looks after a single piece of work is fenced by the number."""
    one, other = Leases(table, "one", buckets=1), Leases(table, "other", buckets=1)
    await one.renew()
    await other.renew()
    assert (one.held(), other.held()) == ([0], [])
    first = one.epoch(0)
    assert first is not None
    assert other.epoch(0) is None
    await one.renew()
    assert one.epoch(0) == first
    await one.release_all()
    await other.renew()
    assert (one.epoch(0), other.epoch(0)) == (None, first + 1)


async def test_no_bucket_is_ever_held_by_two(table: Any) -> None:
    crowd = [Leases(table, f"relay {number}") for number in range(4)]
    for _ in range(6):
        await asyncio.gather(*(leases.renew() for leases in crowd))
        held = [bucket for leases in crowd for bucket in leases.held()]
        assert len(held) == len(set(held))
    assert sorted(held) == list(range(BUCKETS))
