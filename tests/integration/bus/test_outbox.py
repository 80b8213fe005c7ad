"""The outbox on a real MongoDB, with both drivers: nothing stored is left unsaid, and little is said twice."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from shared.contracts.envelope import Envelope
from shared.mongo import MongoUnavailableError
from shared.outbox import (
    bucket_of,
    entries,
    push,
    room_for,
)
from shared.outbox.leases import Leases
from shared.testing.eventually import eventually
from tests.suites.bus_suite import altered, wait_until, withdrawn
from tests.suites.outbox_rig import Outbox, Watched, empty, relaying

Pending = Sequence[tuple[Any, Envelope]]


async def test_what_was_stored_before_the_relay_started_is_published_unchanged_and_taken_out(
    outbox: Outbox,
) -> None:
    event = altered(withdrawn("a"), traceparent="00-1-2-3")
    document = {"_id": "a", "bucket": bucket_of("a"), "pending": entries(event)}
    await outbox.collection.insert_one(document)
    async with relaying(outbox.relay()):
        await empty(outbox)
    assert outbox.bus.envelopes == [event]


async def test_an_event_pushed_in_the_owners_compare_and_set_is_published(outbox: Outbox) -> None:
    await outbox.store("a")
    relay = outbox.relay(poll_s=60.0)
    async with relaying(relay):
        await empty(outbox)
        second = withdrawn("a", rev=3)
        written = await outbox.collection.update_one(
            {"_id": "a", "rev": 1, **room_for()}, {"$set": {"rev": 3}, **push(second)}
        )
        assert written.modified_count == 1
        relay.wake()
        await empty(outbox)
    assert outbox.bus.envelopes[-1] == second


async def test_an_event_that_nobody_woke_the_relay_for_is_found_by_the_poll(outbox: Outbox) -> None:
    """Another replica may have stored it."""
    async with relaying(outbox.relay(poll_s=0.05)):
        await outbox.store("a")
        await empty(outbox)
    assert outbox.bus.told == {"a": 1}


async def test_while_the_service_is_busy_only_what_is_named_is_looked_for(outbox: Outbox) -> None:
    """To read all that waits takes most where most waits."""
    busy = True
    relay = outbox.relay(poll_s=0.05, busy=lambda: busy)
    await outbox.store("first")
    async with relaying(relay):
        await empty(outbox)
        await outbox.store("unnamed")
        await outbox.store("named")
        relay.wake(["named"])

        async def said() -> bool:
            return "named" in outbox.bus.told

        await eventually(said, what="what was named is published")
        assert "unnamed" not in outbox.bus.told
        busy = False
        relay.wake(["named"])
        await empty(outbox)
    assert outbox.bus.told == {"first": 1, "named": 1, "unnamed": 1}


async def test_published_events_are_taken_out_many_in_one_write(outbox: Outbox) -> None:
    """An update for each would be the slowest part of draining a backlog."""
    names = [f"n{number}" for number in range(300)]
    await outbox.store(*names)
    watched = Watched(outbox.collection)
    outbox.collection = watched
    async with relaying(outbox.relay()):
        await empty(outbox)
    assert outbox.bus.told == Counter(names)
    assert watched.calls["update_one"] == 0
    assert 0 < watched.calls["update_many"] < 100


async def test_events_whose_taking_out_failed_are_published_again(outbox: Outbox) -> None:
    names = ["a", "b", "c"]
    await outbox.store(*names)
    outbox.collection = Watched(
        outbox.collection, failures=[MongoUnavailableError("away"), RuntimeError("odd")]
    )
    async with relaying(outbox.relay(poll_s=0.05)):
        await empty(outbox)
    assert outbox.bus.told.keys() == set(names)
    assert max(outbox.bus.told.values()) == 3


async def test_while_nothing_can_be_taken_out_events_are_not_said_over_and_over(outbox: Outbox) -> None:
    """A database that can be read and not written would else fill the live stream with repeats and push out the rest."""
    names = [f"n{number}" for number in range(100)]
    await outbox.store(*names)
    outbox.collection = Watched(outbox.collection, failures=[RuntimeError("read only")] * 1000)
    relay = outbox.relay(poll_s=0.02)
    async with relaying(relay):
        await wait_until(lambda: outbox.bus.told.total() >= len(names), "all are said")
        with pytest.raises(AssertionError, match="said over and over"):
            await wait_until(
                lambda: outbox.bus.told.total() > 3 * len(names), "said over and over", within_s=3
            )
        outbox.collection.failures.clear()
        await empty(outbox)


async def test_large_events_are_under_way_a_few_at_a_time(outbox: Outbox) -> None:
    """While the broker is away memory must stay flat, whatever the events weigh."""
    names = [f"n{number}" for number in range(40)]
    for name in names:
        event = altered(withdrawn(name), data=b"x" * 700_000)
        await outbox.collection.insert_one(
            {"_id": name, "bucket": bucket_of(name), "pending": entries(event)}
        )
    outbox.bus.open.clear()
    async with relaying(outbox.relay()):
        await wait_until(lambda: outbox.bus.at_once == 12, "8 MiB are under way")
        outbox.bus.open.set()
        await empty(outbox)
    assert outbox.bus.told == Counter(names)
    assert outbox.bus.most_at_once == 12


async def test_a_large_backlog_is_published_once_each_with_bounded_concurrency(outbox: Outbox) -> None:
    names = [f"n{number}" for number in range(700)]
    await outbox.store(*names)
    outbox.bus.open.clear()
    async with relaying(outbox.relay()):
        await wait_until(lambda: outbox.bus.at_once == 256, "as many as allowed are under way")
        outbox.bus.open.set()
        await empty(outbox)
    assert outbox.bus.told == Counter(names)
    assert outbox.bus.most_at_once == 256


async def test_a_stop_does_not_wait_for_publishes_that_never_end(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.outbox.relay.DRAIN_S", 0.1)
    names = [f"n{number}" for number in range(300)]
    await outbox.store(*names)
    outbox.bus.open.clear()
    async with relaying(outbox.relay()):
        await wait_until(lambda: outbox.bus.at_once == 256, "as many as allowed are under way")
    assert await outbox.pending() == len(names)


@pytest.mark.parametrize("damage", [{"time": None}, {"time": "today"}, {"data": None}])
async def test_a_malformed_entry_is_left_alone_and_the_others_are_published(
    outbox: Outbox, damage: dict[str, object]
) -> None:
    bad = {**entries(withdrawn("bad"))[0], **damage}
    await outbox.collection.insert_one({"_id": "bad", "bucket": bucket_of("bad"), "pending": [bad]})
    await outbox.store("good")
    async with relaying(outbox.relay(poll_s=0.05, renew_s=0.05)):
        await wait_until(lambda: outbox.bus.told["good"], "the good one is published")
        await outbox.store("later")
        await wait_until(lambda: outbox.bus.told["later"], "the relay goes on")
    assert outbox.bus.told == {"good": 1, "later": 1}
    assert await outbox.pending() == 1


async def test_while_the_bus_is_down_events_stay_and_afterwards_all_are_published(outbox: Outbox) -> None:
    names = [f"n{number}" for number in range(100)]
    outbox.bus.down = True
    await outbox.store(*names)
    registry = CollectorRegistry()

    def unconfirmed() -> float:
        return registry.get_sample_value("outbox_relayed_total", {"result": "unconfirmed"}) or 0

    async with relaying(outbox.relay(registry=registry, poll_s=0.05)):
        await wait_until(unconfirmed, "publishing was tried")
        assert await outbox.pending() == 100
        outbox.bus.down = False
        await empty(outbox)
    assert outbox.bus.told == Counter(names)


async def test_a_refused_event_is_recorded_with_its_reason_and_blocks_no_other(outbox: Outbox) -> None:
    outbox.bus.refused.add("bad")
    await outbox.store("a", "bad", "z")
    registry = CollectorRegistry()
    async with relaying(outbox.relay(registry=registry)):
        await empty(outbox)
    assert outbox.bus.told == {"a": 1, "z": 1}
    document = await outbox.collection.find_one({"_id": "bad"})
    assert document is not None
    [refused] = document["refused"]
    assert refused["reason"] == "no queue wants it"
    assert refused["id"] == withdrawn("bad").id
    assert registry.get_sample_value("outbox_relayed_total", {"result": "refused"}) == 1


async def test_the_gate_holds_back_one_event_and_no_other(outbox: Outbox) -> None:
    """Search announces an article once its own view shows it."""
    shown = {"a", "b"}

    async def gate(pending: Pending) -> set[str]:
        assert all(document_id == event.subject for document_id, event in pending)
        return {event.id for document_id, event in pending if document_id in shown}

    await outbox.store("a", "b", "later")
    relay = outbox.relay(gate)
    async with relaying(relay):
        await wait_until(lambda: outbox.bus.told == {"a": 1, "b": 1}, "the shown ones are published")
        shown.add("later")
        relay.wake()
        await empty(outbox)
    assert outbox.bus.told == {"a": 1, "b": 1, "later": 1}


async def test_who_knows_which_gates_opened_has_no_others_looked_at(outbox: Outbox) -> None:
    """Where articles come faster than they are indexed thousands wait: reading all for each that may be told starves them."""
    shown, asked = set[object](), set[object]()

    async def gate(pending: Pending) -> set[str]:
        asked.update(document_id for document_id, _event in pending)
        return {event.id for document_id, event in pending if document_id in shown}

    names = {f"n{number}" for number in range(300)}
    await outbox.store(*names)
    relay = outbox.relay(gate, poll_s=60.0)
    async with relaying(relay):
        await wait_until(lambda: asked == names, "all were looked at")
        named = {f"n{number}" for number in range(0, 300, 2)}
        asked.clear()
        shown |= named
        relay.wake(named)
        await wait_until(lambda: set(outbox.bus.told) == named, "those named are published")
        assert asked == named
        shown |= names
        relay.wake()
        await empty(outbox)


async def test_what_was_not_confirmed_is_tried_again_soon_however_rare_the_sweeps_are(outbox: Outbox) -> None:
    """The broker was away for a moment; nobody writes anything that would wake the relay."""
    outbox.bus.down = True
    await outbox.store("a")
    async with relaying(outbox.relay(poll_s=60.0)):
        await wait_until(lambda: outbox.bus.most_at_once > 0, "it was tried")
        outbox.bus.down = False
        await empty(outbox)
    assert outbox.bus.told == {"a": 1}


async def test_a_gate_that_fails_holds_its_event_back_and_no_other(outbox: Outbox) -> None:
    broken = {"bad"}

    async def gate(pending: Pending) -> set[str]:
        if any(document_id in broken for document_id, _event in pending):
            raise RuntimeError("the view is closed")
        return {event.id for _document_id, event in pending}

    await outbox.store("bad", "good")
    async with relaying(outbox.relay(gate, poll_s=0.05)):
        await wait_until(lambda: outbox.bus.told["good"], "the good one is published")
        broken.clear()
        await empty(outbox)


async def test_two_relays_share_the_buckets_and_publish_each_event_once(outbox: Outbox) -> None:
    names = [f"n{number}" for number in range(300)]
    registries = [CollectorRegistry(), CollectorRegistry()]
    relays = [outbox.relay(registry=registry, renew_s=0.1) for registry in registries]

    def shares() -> list[float | None]:
        return [registry.get_sample_value("outbox_buckets") for registry in registries]

    async with relaying(*relays):
        await wait_until(lambda: shares() == [32, 32], "they share evenly")
        await outbox.store(*names)
        await empty(outbox)
        await wait_until(lambda: outbox.bus.told.total() == 300, "all are published")
    assert outbox.bus.told == Counter(names)
    parts = [registry.get_sample_value("outbox_relayed_total", {"result": "ok"}) for registry in registries]
    assert all(part and part > 50 for part in parts)


async def test_a_relay_that_dies_is_taken_over_when_its_leases_end(
    outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def cannot_speak_any_more(_leases: Leases) -> None:
        return None

    dying = asyncio.create_task(outbox.relay(lease_s=2.0, renew_s=0.1).run(asyncio.Event()))
    await outbox.store("before")
    await empty(outbox)
    with monkeypatch.context() as killed:
        killed.setattr(Leases, "release_all", cannot_speak_any_more)
        dying.cancel()
        await asyncio.gather(dying, return_exceptions=True)
    await outbox.store("after")
    async with relaying(outbox.relay(lease_s=2.0, renew_s=0.1)):
        await empty(outbox)
    assert outbox.bus.told == {"before": 1, "after": 1}


async def test_a_relay_that_stops_in_order_hands_over_at_once(outbox: Outbox) -> None:
    """A rolling restart must not delay news by a lease's length."""
    async with relaying(outbox.relay()):
        await outbox.store("before")
        await empty(outbox)
    await outbox.store("after")
    loop = asyncio.get_running_loop()
    began = loop.time()
    async with relaying(outbox.relay()):
        await empty(outbox)
    assert loop.time() - began < 5


async def test_stopping_finishes_the_publishes_under_way(outbox: Outbox) -> None:
    await outbox.store("a")
    outbox.bus.open.clear()
    async with relaying(outbox.relay()):
        await wait_until(lambda: outbox.bus.at_once, "a publish is under way")
        asyncio.get_running_loop().call_later(0.1, outbox.bus.open.set)
    assert outbox.bus.told == {"a": 1}
    assert await outbox.pending() == 0
