"""What only a real broker can do to us: restarts, kills, closed connections, cancelled consumers, foreign messages."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import cast

import aio_pika
import aiormq
import pytest
from aio_pika.abc import AbstractConnection
from prometheus_client import CollectorRegistry, Gauge

from shared.bus import PublishUnconfirmed, Subscription, dead_letters, topology
from shared.bus.connection import Link
from shared.bus.inbox import Inbox
from shared.bus.rabbit import RabbitBus
from shared.bus.topology import declare
from shared.contracts.articles import ArticleIndexed
from shared.contracts.catalogue import LIVE, SEARCH_ARTICLES
from shared.contracts.envelope import Envelope, seal, to_headers
from shared.testing.eventually import eventually
from tests.backing import Backing
from tests.integration.bus.broker import Broker, breakable, publish_surely
from tests.integration.bus.conftest import read_dead_letters
from tests.suites.bus_suite import (
    AT,
    RETRY_DELAYS_S,
    Harness,
    Reader,
    consuming,
    wait_until,
    withdrawn,
)

pytestmark = pytest.mark.timeout(400)
"""The first test waits for a broker to start, stop and start again."""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory, backing: Backing) -> Iterator[Broker]:
    with breakable(tmp_path_factory.mktemp("broker"), backing) as broker:
        yield broker


@pytest.fixture
async def frail(broker: Broker, registry: CollectorRegistry) -> AsyncIterator[RabbitBus]:
    """A bus on the broker that may be killed."""
    url = await asyncio.to_thread(broker.fresh_url)
    bus = RabbitBus(
        url, service="test", registry=registry, retry_delays_s=RETRY_DELAYS_S, publish_timeout_s=2.0
    )
    bus.start()
    await eventually(bus.check, within_s=20, what="the bus is connected")
    yield bus
    await bus.close()


async def publish_through(bus: RabbitBus, names: Sequence[str], publishers: int = 20) -> None:
    """Publish all names, several at a time."""
    left = iter(names)

    async def one() -> None:
        for name in left:
            await publish_surely(bus, withdrawn(name))

    await asyncio.gather(*(one() for _ in range(publishers)))


@pytest.mark.rabbitmq
@pytest.mark.parametrize("end", ["kill", "stop"])
async def test_nothing_confirmed_is_lost_when_the_broker_ends_and_comes_back(
    broker: Broker, frail: RabbitBus, end: str
) -> None:
    reader = Reader()
    names = [f"{end}{number}" for number in range(600)]
    async with consuming(frail, reader):
        publishing = asyncio.create_task(publish_through(frail, names))
        await wait_until(lambda: len(reader.handled) > 100, "it is well under way")
        await asyncio.to_thread(getattr(broker, end))
        assert await eventually(lambda: _not(frail), what="the bus says that it is down")
        await asyncio.to_thread(broker.start)
        await asyncio.wait_for(publishing, 60)
        await wait_until(lambda: reader.handled.keys() >= set(names), "all are handled", within_s=60)
    assert set(reader.handled) >= set(names)


async def _not(bus: RabbitBus) -> bool:
    return not await bus.check()


@pytest.mark.rabbitmq
async def test_a_handler_is_not_cut_off_when_its_connection_closes(
    broker: Broker, frail: RabbitBus, registry: CollectorRegistry
) -> None:
    """The write that was under way is whole; its event, which could not be acknowledged, comes again."""
    begun, finish, done = asyncio.Event(), asyncio.Event(), Counter[str]()

    async def slow(events: Sequence[Envelope]) -> None:
        begun.set()
        await finish.wait()
        done.update(event.subject for event in events)

    async with consuming(frail, slow):
        await frail.publish(withdrawn("slow"))
        await begun.wait()
        await asyncio.to_thread(broker.control, "close_all_connections", "--global", "test")
        await wait_until(
            lambda: registry.get_sample_value("bus_consumer_up", {"queue": SEARCH_ARTICLES}) == 0,
            "the loss is noticed",
        )
        finish.set()
        await wait_until(lambda: done["slow"], "what was under way is finished")
        await wait_until(lambda: done["slow"] == 2, "it is delivered again")


@pytest.mark.rabbitmq
async def test_publishes_under_way_when_the_connection_closes_end_unconfirmed_not_cancelled(
    broker: Broker, frail: RabbitBus
) -> None:
    async def until_it_fails() -> str:
        number = 0
        while True:
            number += 1
            try:
                await frail.publish(withdrawn(f"p{number}"))
            except PublishUnconfirmed as error:
                return error.reason

    publishing = [asyncio.create_task(until_it_fails()) for _ in range(10)]
    await asyncio.to_thread(broker.control, "close_all_connections", "--global", "test")
    reasons = await asyncio.wait_for(asyncio.gather(*publishing), 20)
    assert all(reasons)


async def test_a_consumer_that_the_broker_cancels_comes_back(
    bus: RabbitBus, beside: AbstractConnection
) -> None:
    """Deleting a queue cancels its consumers without closing anything."""
    reader = Reader()
    async with consuming(bus, reader):
        await bus.publish(withdrawn("before"))
        await wait_until(lambda: reader.handled["before"], "it is consuming")
        async with beside.channel() as channel:
            await channel.queue_delete(SEARCH_ARTICLES)

        async def heard_again() -> bool:
            try:
                await bus.publish(withdrawn("after"))
            except PublishUnconfirmed:
                return False
            return reader.handled["after"] > 0

        await eventually(heard_again, within_s=20, every_s=0.2, what="events are heard again")


def a_gauge() -> Gauge:
    """Give a gauge nobody reads."""
    return Gauge("up", "1 while subscribed.", registry=None)


async def test_a_consumer_that_the_broker_forgot_is_noticed(bus: RabbitBus, amqp_url: str) -> None:
    """Connected, silent, and messages waiting: seen with half-restored consumers."""
    await eventually(bus.check, what="the bus is connected")
    connection = await aio_pika.connect(amqp_url)
    link, stop = Link(connection), asyncio.Event()
    async with Inbox(Subscription(SEARCH_ARTICLES, Reader()), link, stop, up=a_gauge(), silent_for_s=0.2):
        channel = link._channels[-1]
        underlay = cast("aiormq.Channel", await channel.get_underlay_channel())
        [tag] = underlay.consumers
        await underlay.basic_cancel(tag)
        assert not link.lost.is_set()
        await bus.publish(withdrawn("unheard"))
        await asyncio.wait_for(link.lost.wait(), 15)
    assert link.reason == "the broker forgot the consumer"
    await connection.close()


async def test_a_consumer_whose_queue_was_deleted_and_made_again_at_once_hears_again(
    bus: RabbitBus, beside: AbstractConnection, amqp_url: str
) -> None:
    """RabbitMQ 3.10.8 does not even cancel it, and hands the new queue's first events to nobody."""
    await eventually(bus.check, what="the bus is connected")
    connection = await aio_pika.connect(amqp_url)
    link = Link(connection)
    subscription = Subscription(SEARCH_ARTICLES, Reader())
    async with Inbox(subscription, link, asyncio.Event(), up=a_gauge(), silent_for_s=0.5) as inbox:
        await bus.publish(withdrawn("before"))
        for message in await inbox.batch():
            await message.hand.acknowledge([message])
        async with beside.channel() as channel:
            await channel.queue_delete(SEARCH_ARTICLES)
            await declare(beside, topology.topology(RETRY_DELAYS_S))
        await publish_surely(bus, withdrawn("after"))
        heard = await asyncio.wait_for(inbox.batch(), 20)
    assert [message.body for message in heard] == [withdrawn("after").data] or link.lost.is_set()
    await connection.close()


async def test_a_consumer_can_be_left_at_any_moment(bus: RabbitBus, amqp_url: str) -> None:
    """Also while it asks the broker whether something waits, or subscribes anew."""
    await eventually(bus.check, what="the bus is connected")
    for number in range(20):
        connection = await aio_pika.connect(amqp_url)
        subscription = Subscription(SEARCH_ARTICLES, Reader())
        async with Inbox(
            subscription, Link(connection), asyncio.Event(), up=a_gauge(), silent_for_s=0.001
        ) as inbox:
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(inbox.batch(), number / 500)
        await asyncio.wait_for(connection.close(), 15)


async def test_a_silent_queue_is_no_reason_to_give_a_consumer_up(bus: RabbitBus, amqp_url: str) -> None:
    await eventually(bus.check, what="the bus is connected")
    connection = await aio_pika.connect(amqp_url)
    link = Link(connection)
    subscription = Subscription(SEARCH_ARTICLES, Reader())
    async with Inbox(subscription, link, asyncio.Event(), up=a_gauge(), silent_for_s=0.05):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(link.lost.wait(), 1)
    await connection.close()


async def test_a_consumer_that_has_no_room_is_not_given_up_while_messages_wait(
    bus: RabbitBus, amqp_url: str
) -> None:
    """Deliveries that are held, or long in the making, fill the prefetch."""
    await eventually(bus.check, what="the bus is connected")
    connection = await aio_pika.connect(amqp_url)
    link = Link(connection)
    subscription = Subscription(SEARCH_ARTICLES, Reader(), prefetch=1, batch_max=1)
    async with Inbox(subscription, link, asyncio.Event(), up=a_gauge(), silent_for_s=0.3) as inbox:
        await bus.publish(withdrawn("held"))
        await bus.publish(withdrawn("waiting"))
        [held] = await inbox.batch()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(link.lost.wait(), 2)
        await held.hand.acknowledge([held])
        [waiting] = await asyncio.wait_for(inbox.batch(), 10)
        await waiting.hand.acknowledge([waiting])
    assert not link.reason
    await connection.close()


async def test_a_retried_event_carries_our_own_account_and_not_the_brokers(
    harness: Harness, beside: AbstractConnection
) -> None:
    """Old brokers drop a republished message that says where it died before."""
    async with consuming(harness.bus, Reader(trouble={"a": ValueError("no")})):
        await harness.bus.publish(withdrawn("a"))
        await eventually(harness.dead, within_s=20, what="a dead letter")
    async with beside.channel() as channel:
        queue = await channel.get_queue(topology.dead_letter_queue(SEARCH_ARTICLES))
        message = await queue.get()
    assert not [name for name in message.headers if "death" in name]
    assert message.headers["x-silkwire-attempt"] == 3
    assert dead_letters.alive(message.headers) == to_headers(withdrawn("a"))


async def test_an_event_that_its_readers_never_settle_ends_with_the_brokers_own_words(
    bus: RabbitBus, beside: AbstractConnection
) -> None:
    """It may be what kills them; the delivery limit ends it."""
    await eventually(bus.check, what="the bus is connected")
    await bus.publish(withdrawn("killer"))
    async with beside.channel() as channel:
        queue = await channel.get_queue(SEARCH_ARTICLES)
        while (message := await queue.get(fail=False)) is not None:
            await message.nack(requeue=True)

    async def found() -> list[tuple[dead_letters.Epitaph, bytes]]:
        return await read_dead_letters(beside)

    [(said, body)] = await eventually(found, what="a dead letter")
    assert said.cause == "delivery_limit"
    assert said.service == "rabbitmq"
    assert body == withdrawn("killer").data


async def test_an_event_of_the_catalogue_is_never_refused_because_its_queue_is_gone(
    bus: RabbitBus, beside: AbstractConnection
) -> None:
    """The stream of a node that comes back is missing for some seconds; refusing would cost the event."""
    await eventually(bus.check, what="the bus is connected")
    event = seal(ArticleIndexed(id="a", rev=1, state="withdrawn"), source="/silkwire/search", at=AT)
    async with beside.channel() as channel:
        await channel.queue_delete(LIVE)
    with pytest.raises(PublishUnconfirmed, match="just now"):
        await bus.publish(event)
    await publish_surely(bus, event)


async def test_declaring_again_changes_nothing(bus: RabbitBus, beside: AbstractConnection) -> None:
    """A service that reconnects must not lose what waits in the queues."""
    await eventually(bus.check, what="the bus is connected")
    await bus.publish(withdrawn("a"))
    await declare(beside, topology.topology(RETRY_DELAYS_S))
    reader = Reader()
    async with consuming(bus, reader):
        await wait_until(lambda: reader.handled["a"], "it is still there")


async def test_the_numbers_tell_what_happened(bus: RabbitBus, registry: CollectorRegistry) -> None:
    reader = Reader(trouble={"bad": ValueError("no")})
    queue = {"queue": SEARCH_ARTICLES}

    def number(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, labels)

    async with consuming(bus, reader):
        await bus.publish(withdrawn("good"))
        await bus.publish(withdrawn("bad"))
        await wait_until(
            lambda: number("bus_dead_letters_total", cause="exhausted", **queue), "a dead letter is counted"
        )
        assert number("bus_consumer_up", **queue) == 1
        assert number("bus_connected") == 1
    assert number("bus_consumer_up", **queue) == 0
    assert number("bus_published_total", type="article.withdrawn.v1", result="ok") == 2
    assert number("bus_publish_seconds_count", result="ok") == 2
    assert number("bus_consumed_total", outcome="ok", **queue) == 1
    assert number("bus_consumed_total", outcome="retried", **queue) == 2
    assert number("bus_consumed_total", outcome="buried", **queue) == 1
    assert number("bus_retries_total", attempt="1", **queue) == 1
