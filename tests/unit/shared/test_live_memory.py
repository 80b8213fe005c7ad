"""The memory bus's ring keeps every promise of a live stream."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from shared.bus.memory import MemoryBus
from shared.bus.memory_queue import LiveRing
from tests.suites.live_suite import FORGETS_ABOVE_BYTES, LiveSuite, listening, oldest, stale


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def bus(tmp_path: Path, registry: CollectorRegistry) -> AsyncIterator[MemoryBus]:
    bus = MemoryBus(tmp_path, registry)
    bus.live = LiveRing(bus.live.next_offset, FORGETS_ABOVE_BYTES // 1024)
    yield bus
    await bus.close()


class TestMemoryLive(LiveSuite):
    """Runs the suite."""


async def test_a_reader_that_falls_behind_the_ring_is_told(bus: MemoryBus) -> None:
    async with listening(bus, "next") as listener:
        for seq in range(1, FORGETS_ABOVE_BYTES // 1024 + 11):
            bus.live.append(stale(seq))
        first = (await oldest(bus)).offset
        await listener.hears(range(11, FORGETS_ABOVE_BYTES // 1024 + 11))
    assert [reset.lapse for reset in listener.resets] == ["expired"]
    assert listener.offsets[0] == first


async def test_an_offset_of_an_earlier_process_is_seen_as_too_old(bus: MemoryBus, tmp_path: Path) -> None:
    """A browser that comes back after the one-process form was started again."""
    await bus.publish(stale(1))
    place = (await oldest(bus)).offset
    later = MemoryBus(tmp_path, CollectorRegistry())
    later.live = LiveRing(place + 1000)
    async with listening(later, place) as listener:
        await later.publish(stale(2))
        await listener.hears([2])
    assert [reset.lapse for reset in listener.resets] == ["expired"]
    await later.close()


async def test_the_numbers_tell_how_many_read(bus: MemoryBus, registry: CollectorRegistry) -> None:
    async with listening(bus, "next") as listener:
        await bus.publish(stale(1))
        await bus.publish(stale(1))
        await listener.hears([1])
        assert registry.get_sample_value("bus_live_readers") == 1
    assert registry.get_sample_value("bus_live_readers") == 0
    assert registry.get_sample_value("bus_live_events_total", {"outcome": "ok"}) == 1
    assert registry.get_sample_value("bus_live_events_total", {"outcome": "repeated"}) == 1
