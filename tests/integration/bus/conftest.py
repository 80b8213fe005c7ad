"""A bus on a fresh virtual host of a real RabbitMQ, and a look at what it keeps."""

from collections.abc import AsyncIterator
from typing import Literal

import aio_pika
import pytest
from aio_pika.abc import AbstractConnection
from prometheus_client import CollectorRegistry

from shared.bus import dead_letters, topology
from shared.bus.dead_letters import Epitaph
from shared.bus.flood import FloodLimits
from shared.bus.rabbit import RabbitBus
from shared.contracts.catalogue import SEARCH_ARTICLES
from shared.mongo import Mongo, connect
from shared.outbox import (
    ensure_indexes,
)
from shared.testing.eventually import eventually
from tests.suites.bus_suite import FLOOD, HOLD_MAX_S, RETRY_DELAYS_S, Harness
from tests.suites.outbox_rig import Outbox


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
async def bus(amqp_url: str, registry: CollectorRegistry) -> AsyncIterator[RabbitBus]:
    """A bus that no flood of dead letters stops: tests bury hundreds."""
    bus = RabbitBus(
        amqp_url,
        service="test",
        registry=registry,
        retry_delays_s=RETRY_DELAYS_S,
        flood=FloodLimits(window=1_000_000),
    )
    bus.start()
    yield bus
    await bus.close()


@pytest.fixture
async def beside(amqp_url: str) -> AsyncIterator[AbstractConnection]:
    """A connection of the test's own, beside the bus."""
    connection = await aio_pika.connect(amqp_url)
    yield connection
    await connection.close()


@pytest.fixture
def harness(bus: RabbitBus, beside: AbstractConnection) -> Harness:
    return harness_of(bus, beside)


@pytest.fixture
async def impatient(
    amqp_url: str, registry: CollectorRegistry, beside: AbstractConnection
) -> AsyncIterator[Harness]:
    """A bus that holds no longer than `HOLD_MAX_S` and sees a flood where `FLOOD` does."""
    bus = RabbitBus(
        amqp_url,
        service="test",
        registry=registry,
        retry_delays_s=RETRY_DELAYS_S,
        hold_max_s=HOLD_MAX_S,
        flood=FLOOD,
    )
    bus.start()
    await eventually(bus.check, what="the bus is connected")
    yield harness_of(bus, beside)
    await bus.close()


def harness_of(bus: RabbitBus, beside: AbstractConnection) -> Harness:
    """Give a bus with a look at its dead letters."""

    async def dead() -> list[tuple[Epitaph, bytes]]:
        return await read_dead_letters(beside)

    return Harness(bus, dead)


async def read_dead_letters(beside: AbstractConnection) -> list[tuple[Epitaph, bytes]]:
    """Read all dead letters and put them back by closing the channel."""
    found: list[tuple[Epitaph, bytes]] = []
    async with beside.channel() as channel:
        queue = await channel.get_queue(topology.dead_letter_queue(SEARCH_ARTICLES))
        while (message := await queue.get(fail=False)) is not None:
            found.append((dead_letters.read(message.headers, SEARCH_ARTICLES), message.body))
    await taken_back(beside, topology.dead_letter_queue(SEARCH_ARTICLES), at_least=len(found))
    return found


async def taken_back(beside: AbstractConnection, queue: str, *, at_least: int) -> None:
    """Wait until a queue has what a closed channel had: a quorum queue takes it back only a moment later."""

    async def has_it() -> bool:
        async with beside.channel() as channel:
            told = (await channel.declare_queue(queue, passive=True)).declaration_result
        return (told.message_count or 0) >= at_least

    await eventually(has_it, what=f"{at_least} in {queue} again")


@pytest.fixture
async def mongo(mongodb_uri: str, mongo_driver: Literal["motor", "pymongo"]) -> AsyncIterator[Mongo]:
    client = connect(mongodb_uri, driver=mongo_driver, appname="tests")
    yield client
    await client.close()


@pytest.fixture
async def outbox(mongo: Mongo, database_name: str) -> Outbox:
    collection = mongo.database(database_name)["items"]
    await ensure_indexes(collection)
    return Outbox(collection)
