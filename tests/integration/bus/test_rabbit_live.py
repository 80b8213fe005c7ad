"""The live stream of a real RabbitMQ keeps every promise of a live stream."""

from collections.abc import AsyncIterator

import pytest
from prometheus_client import CollectorRegistry

from shared.bus import topology
from shared.bus.rabbit import RabbitBus
from tests.suites.live_suite import FORGETS_ABOVE_BYTES, LiveSuite


@pytest.fixture
async def bus(
    amqp_url: str, registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[RabbitBus]:
    """A bus whose stream is small enough to see it forget; a stream forgets by whole segments."""
    monkeypatch.setattr(topology, "STREAM_MAX_BYTES", FORGETS_ABOVE_BYTES)
    monkeypatch.setattr(topology, "STREAM_SEGMENT_BYTES", FORGETS_ABOVE_BYTES // 8)
    bus = RabbitBus(amqp_url, service="test", registry=registry)
    bus.start()
    yield bus
    await bus.close()


class TestRabbitLive(LiveSuite):
    """Runs the suite."""
