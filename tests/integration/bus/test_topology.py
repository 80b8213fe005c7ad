"""What the broker really has is what topology.py says, whoever declared it."""

import asyncio

import pytest
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity, ChannelPreconditionFailed
from prometheus_client import CollectorRegistry

from shared.bus.rabbit import RabbitBus
from shared.bus.topology import declare, topology
from shared.testing.eventually import eventually
from tests.suites.bus_suite import RETRY_DELAYS_S, Reader, consuming, wait_until, withdrawn

WANTED = topology(RETRY_DELAYS_S)


async def test_a_bus_declares_everything_before_it_says_it_is_connected(
    bus: RabbitBus, beside: AbstractConnection
) -> None:
    """An event published before its reader was ever deployed must find its queue."""
    await eventually(bus.check, what="the bus is connected")
    async with beside.channel() as channel:
        for exchange in WANTED.exchanges:
            await channel.get_exchange(exchange.name, ensure=True)
        for queue in WANTED.queues:
            await channel.get_queue(queue.name, ensure=True)


async def test_the_declared_arguments_are_those_of_the_data(
    bus: RabbitBus, beside: AbstractConnection
) -> None:
    """The broker compares: the same again is accepted, anything else is not."""
    await eventually(bus.check, what="the bus is connected")
    assert await declare(beside, WANTED) == []
    for queue in WANTED.queues:
        other = "classic" if queue.arguments["x-queue-type"] == "quorum" else "quorum"
        channel = await beside.channel()
        with pytest.raises(ChannelPreconditionFailed):
            await channel.declare_queue(
                queue.name, durable=True, arguments={**queue.arguments, "x-queue-type": other}
            )


async def test_looking_for_a_queue_that_was_not_declared_is_an_error(
    bus: RabbitBus, beside: AbstractConnection
) -> None:
    """Shows that the look in these tests is not blind."""
    await eventually(bus.check, what="the bus is connected")
    channel = await beside.channel()
    with pytest.raises(ChannelNotFoundEntity):
        await channel.get_queue("search.articles.v0", ensure=True)


async def test_services_that_start_together_on_an_empty_broker_all_get_through(amqp_url: str) -> None:
    buses = [
        RabbitBus(amqp_url, service=f"s{number}", registry=CollectorRegistry(), retry_delays_s=RETRY_DELAYS_S)
        for number in range(4)
    ]
    for bus in buses:
        bus.start()

    async def all_connected() -> bool:
        return all([await bus.check() for bus in buses])

    await eventually(all_connected, within_s=20, what="all are connected")
    reader = Reader()
    async with consuming(buses[0], reader):
        await asyncio.gather(*(bus.publish(withdrawn(f"a{at}")) for at, bus in enumerate(buses)))
        await wait_until(lambda: len(reader.handled) == 4, "all are heard")
    await asyncio.gather(*(bus.close() for bus in buses))
