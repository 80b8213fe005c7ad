"""The outbox as it lies in MongoDB: bounded, counted, found by its index, and shown."""

import pytest
from prometheus_client import CollectorRegistry

from shared.mongo import Mongo
from shared.outbox import (
    BUCKETS,
    PENDING_MAX,
    OutboxFull,
    bucket_of,
    check_room,
    entries,
    estimate_pending,
    push,
    room_for,
)
from shared.outbox.pending import with_pending
from tests.suites.bus_suite import wait_until, withdrawn
from tests.suites.outbox_rig import Outbox, empty, relaying


async def test_a_full_document_lets_no_further_event_in(outbox: Outbox) -> None:
    events = [withdrawn("a", rev) for rev in range(1, PENDING_MAX + 1)]
    full = {"_id": "a", "rev": 1, "pending": entries(*events)}
    await outbox.collection.insert_one(full)
    with pytest.raises(OutboxFull):
        check_room(full)
    missed = await outbox.collection.update_one(
        {"_id": "a", "rev": 1, **room_for()}, push(withdrawn("a", rev=99))
    )
    assert missed.matched_count == 0
    one_less = {**full, "_id": "b", "pending": entries(*events[1:])}
    await outbox.collection.insert_one(one_less)
    check_room(one_less)
    hit = await outbox.collection.update_one({"_id": "b", **room_for()}, push(withdrawn("b", rev=99)))
    assert hit.matched_count == 1


async def test_pending_events_and_the_age_of_the_oldest_are_shown(outbox: Outbox) -> None:
    outbox.bus.down = True
    await outbox.store("a", "b")
    registry = CollectorRegistry()
    async with relaying(outbox.relay(registry=registry, renew_s=0.05)):
        await wait_until(lambda: registry.get_sample_value("outbox_pending") == 2, "both are shown")
        assert (registry.get_sample_value("outbox_oldest_seconds") or 0) > 0
        outbox.bus.down = False
        await empty(outbox)
        await wait_until(lambda: registry.get_sample_value("outbox_pending") == 0, "none is shown")
        assert registry.get_sample_value("outbox_oldest_seconds") == 0


async def test_the_events_of_all_replicas_are_counted_from_the_index(outbox: Outbox) -> None:
    """Ingest asks every few seconds, and most when the outbox is full and the database busy."""
    settled = [{"_id": f"s{number}", "bucket": 1, "pending": []} for number in range(50)]
    await outbox.collection.insert_many([*settled, {"_id": "never", "bucket": 2}])
    assert await estimate_pending(outbox.collection, 1000) == 0
    await outbox.store(*(f"n{number}" for number in range(30)))
    await outbox.collection.update_one({"_id": "n3"}, push(withdrawn("n3", 3), withdrawn("n3", 4)))
    assert await estimate_pending(outbox.collection, 1000) == 32
    assert await estimate_pending(outbox.collection, 10) <= 11
    odd = {"_id": "odd", "bucket": 3, "pending": {"id": "no array"}}
    await outbox.collection.insert_one(odd)
    assert await estimate_pending(outbox.collection, 1000) >= 32


async def test_a_document_whose_pending_is_no_array_stops_nothing(outbox: Outbox) -> None:
    odd = {"_id": "odd", "bucket": bucket_of("odd"), "pending": {"id": "no array"}}
    await outbox.collection.insert_one(odd)
    await outbox.store("good")
    async with relaying(outbox.relay(poll_s=0.05, renew_s=0.05)):
        await wait_until(lambda: outbox.bus.told["good"], "the good one is published")
        await outbox.store("later")
        await wait_until(lambda: outbox.bus.told["later"], "the relay goes on")


async def test_looking_for_pending_events_uses_the_index(
    outbox: Outbox, mongo: Mongo, database_name: str
) -> None:
    """A million settled documents must not slow down the one second's look."""
    await outbox.store("a")
    query = with_pending(list(range(BUCKETS)))
    command = {"find": "items", "filter": query, "sort": {"_id": 1}}
    plan = await mongo.database(database_name).command({"explain": command, "verbosity": "queryPlanner"})
    assert "'indexName': 'outbox'" in str(plan["queryPlanner"]["winningPlan"])
