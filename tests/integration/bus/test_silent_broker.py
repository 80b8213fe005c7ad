"""A broker that has fallen silent while its connections stay open, as a frozen one does."""

import asyncio
from functools import partial
from urllib.parse import urlsplit

import pytest
from aio_pika.abc import AbstractChannel
from prometheus_client import CollectorRegistry

from shared.bus import consumer
from shared.bus.hand import Hand
from shared.bus.lane import Lane
from shared.bus.rabbit import RabbitBus
from tests.faults.proxy import Mode, Proxy
from tests.suites.bus_suite import Reader, consuming, wait_until


async def test_a_consumer_stops_in_time_though_its_broker_has_fallen_silent(
    amqp_url: str, registry: CollectorRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every few seconds the lane asks the broker for suspects; it must not wait for the answer until the link is dead."""
    server = urlsplit(amqp_url)
    proxy = Proxy(server.port or 5672, server.hostname or "127.0.0.1")
    await proxy.start()
    url = server._replace(netloc=f"{server.username}:{server.password}@127.0.0.1:{proxy.port}")
    bus = RabbitBus(url.geturl(), service="test", registry=registry)
    bus.start()
    asked, asking = asyncio.Event(), asyncio.Event()
    ask = Lane._empty

    async def watched(lane: Lane, channel: AbstractChannel, hand: Hand) -> None:
        asked.set()
        asking.set()
        try:
            await ask(lane, channel, hand)
        finally:
            asking.clear()

    monkeypatch.setattr(Lane, "_empty", watched)
    monkeypatch.setattr(consumer, "Lane", partial(Lane, look_every_s=0.1))
    async with consuming(bus, Reader()):
        await wait_until(asked.is_set, "it consumes")
        proxy.set(Mode("blackhole"))
        # Perhaps it asked already, and waits: it would not ask again before its link is lost.
        await wait_until(asking.is_set, "the lane asks")
    await asyncio.wait_for(bus.close(), 10)
    await proxy.close()
