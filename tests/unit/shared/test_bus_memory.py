"""The memory bus keeps every promise of a bus, and a few of its own."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from shared.bus import PublishUnconfirmed, Reject, dead_letters
from shared.bus.dead_letters import Epitaph
from shared.bus.memory import MemoryBus
from shared.bus.memory_queue import WorkQueue
from shared.contracts.catalogue import SEARCH_ARTICLES
from tests.suites.bus_suite import (
    FLOOD,
    HOLD_MAX_S,
    RETRY_DELAYS_S,
    BusSuite,
    Harness,
    Reader,
    consuming,
    wait_until,
    withdrawn,
)


@pytest.fixture
async def bus(tmp_path: Path) -> AsyncIterator[MemoryBus]:
    bus = MemoryBus(tmp_path, CollectorRegistry(), retry_delays_s=RETRY_DELAYS_S)
    yield bus
    await bus.close()


@pytest.fixture
def harness(bus: MemoryBus) -> Harness:
    return harness_of(bus)


@pytest.fixture
async def impatient(tmp_path: Path) -> AsyncIterator[Harness]:
    bus = MemoryBus(tmp_path, CollectorRegistry(), hold_max_s=HOLD_MAX_S, flood=FLOOD)
    yield harness_of(bus)
    await bus.close()


def harness_of(bus: MemoryBus) -> Harness:
    async def dead() -> list[tuple[Epitaph, bytes]]:
        return [
            (dead_letters.read(letter.headers, SEARCH_ARTICLES), letter.body)
            for letter in bus.dead_letters(SEARCH_ARTICLES)
        ]

    return Harness(bus, dead)


class TestMemoryBus(BusSuite):
    """Runs the suite."""


async def test_publish_returns_only_after_the_handler_has(bus: MemoryBus) -> None:
    """The outbox keeps the event until then, which is why kill -9 of the one process loses nothing."""
    finish, begun = asyncio.Event(), asyncio.Event()

    async def handler(_events: object) -> None:
        begun.set()
        await finish.wait()

    async with consuming(bus, handler):
        publishing = asyncio.create_task(bus.publish(withdrawn("a")))
        await begun.wait()
        assert not publishing.done()
        finish.set()
        await publishing


async def test_publish_returns_only_after_the_dead_letter_is_on_disk(bus: MemoryBus, tmp_path: Path) -> None:
    async with consuming(bus, Reader(trouble={"a": Reject("rotten")})):
        await bus.publish(withdrawn("a"))
        [line] = (tmp_path / f"{SEARCH_ARTICLES}.dead.jsonl").read_text(encoding="utf-8").strip().splitlines()
    assert json.loads(line)["headers"][dead_letters.REASON_HEADER] == "rotten"


async def test_publish_to_a_queue_without_a_consumer_ends_unconfirmed_and_leaves_nothing_behind(
    tmp_path: Path,
) -> None:
    """A search that is still starting must not make the bus keep every event the outbox tries."""
    bus = MemoryBus(tmp_path, CollectorRegistry(), publish_timeout_s=0.05)
    with pytest.raises(PublishUnconfirmed, match=r"not handled within 0\.05 s"):
        await bus.publish(withdrawn("a"))
    reader = Reader()
    async with consuming(bus, reader):
        await bus.publish(withdrawn("b"))
    assert reader.handled == {"b": 1}
    await bus.close()


async def test_a_repeat_of_an_event_on_its_way_joins_the_first(bus: MemoryBus) -> None:
    reader = Reader()
    repeats = [asyncio.create_task(bus.publish(withdrawn("a"))) for _ in range(5)]
    async with consuming(bus, reader):
        await asyncio.gather(*repeats)
    assert reader.handled == {"a": 1}


async def test_a_consumer_outlives_an_event_that_its_publisher_takes_back_while_it_waits_for_company() -> (
    None
):
    """Nobody would start it again: its queue would never be heard any more."""
    queue, halt = WorkQueue(), asyncio.Event()
    taking = asyncio.create_task(queue.take(10, 0.05, halt))
    given_up = asyncio.create_task(queue.deliver(withdrawn("given up")))
    await asyncio.wait({given_up}, timeout=0.01)
    given_up.cancel()
    await asyncio.wait({taking}, timeout=0.2)
    assert not taking.done()
    delivering = asyncio.create_task(queue.deliver(withdrawn("next")))
    [taken] = await asyncio.wait_for(taking, 10)
    assert taken.envelope.subject == "next"
    queue.settle(taken)
    await delivering


async def test_an_event_on_the_ladder_keeps_its_attempts_when_its_publisher_gave_up(tmp_path: Path) -> None:
    """A publish waits ten seconds, the ladder ten minutes; the outbox's repeats must not start it anew."""
    bus = MemoryBus(tmp_path, CollectorRegistry(), retry_delays_s=(0.3,), publish_timeout_s=0.1)
    reader = Reader(trouble={"a": ValueError("no")})
    async with consuming(bus, reader):
        for _ in range(2):
            with pytest.raises(PublishUnconfirmed):
                await bus.publish(withdrawn("a"))
        await wait_until(lambda: bus.dead_letters(SEARCH_ARTICLES), "it is buried")
    assert reader.count("a") == 2
    await bus.close()


async def test_a_dead_letter_that_cannot_be_written_leaves_the_event_undone(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("in the way", encoding="utf-8")
    bus = MemoryBus(blocked / "folder", CollectorRegistry(), publish_timeout_s=0.2)
    async with consuming(bus, Reader(trouble={"a": Reject("rotten")})):
        with pytest.raises(PublishUnconfirmed):
            await bus.publish(withdrawn("a"))
    await bus.close()


async def test_closing_tells_waiting_publishers_that_nothing_is_known(tmp_path: Path) -> None:
    bus = MemoryBus(tmp_path, CollectorRegistry())
    publishing = asyncio.create_task(bus.publish(withdrawn("a")))
    await asyncio.wait({publishing}, timeout=0.05)
    await bus.close()
    with pytest.raises(PublishUnconfirmed):
        await publishing
    assert not await bus.check()
    with pytest.raises(PublishUnconfirmed):
        await bus.publish(withdrawn("b"))


async def test_a_seed_shuffles_the_order_of_delivery_and_always_alike(tmp_path: Path) -> None:
    async def order(seed: int | None) -> list[str]:
        bus = MemoryBus(tmp_path, CollectorRegistry(), shuffle_seed=seed)
        reader = Reader()
        publishing = asyncio.gather(*(bus.publish(withdrawn(f"a{number}")) for number in range(50)))
        await asyncio.wait({publishing}, timeout=0.01)
        async with consuming(bus, reader):
            await publishing
        await bus.close()
        return [subject for call in reader.calls for subject in call]

    straight = [f"a{number}" for number in range(50)]
    assert await order(None) == straight
    shuffled = await order(7)
    assert shuffled != straight
    assert sorted(shuffled) == sorted(straight)
    assert await order(7) == shuffled
