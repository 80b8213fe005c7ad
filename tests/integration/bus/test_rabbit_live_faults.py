"""What only a real broker can do to a reader of its stream: kills, streams made anew or down, foreign messages."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import cast

import aio_pika
import aiormq
import pytest
from aio_pika.abc import AbstractConnection
from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from shared.bus import LiveEvent, LiveLost, LiveReady, LiveReset, topology
from shared.bus.connection import Link
from shared.bus.live_inbox import LiveInbox
from shared.bus.rabbit import RabbitBus
from shared.contracts.catalogue import LIVE
from shared.contracts.envelope import to_headers
from shared.testing.eventually import eventually
from tests.backing import Backing
from tests.integration.bus.broker import Broker, breakable, publish_surely
from tests.suites.bus_suite import altered, wait_until
from tests.suites.live_suite import listening, publish_all, stale

pytestmark = pytest.mark.timeout(400)
"""The first test waits for a broker to start, stop and start again."""


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory, backing: Backing) -> Iterator[Broker]:
    """A node that tests may kill, whose first stream has outlived a first restart; see `topology.declare` for why."""
    with breakable(tmp_path_factory.mktemp("broker"), backing) as broker:
        asyncio.run(declare_all(broker.url))
        broker.stop()
        broker.start()
        yield broker


async def declare_all(url: str) -> None:
    connection = await aio_pika.connect(url)
    await topology.declare(connection, topology.topology())
    await connection.close()


@pytest.fixture
async def frail(broker: Broker, registry: CollectorRegistry) -> AsyncIterator[RabbitBus]:
    """A bus on the broker that may be killed, with a stream of its own.

    Tests use the same events: what one left in the stream would make the next one's a repeat, which no reader hands out.
    """
    url = await asyncio.to_thread(broker.fresh_url)
    connection = await aio_pika.connect(url)

    async def stream_is_up() -> bool:
        return not await topology.declare(connection, topology.topology())

    await eventually(stream_is_up, within_s=30, every_s=0.2, what="the stream is up")
    await connection.close()
    async for bus in connected(url, registry):
        yield bus


async def connected(url: str, registry: CollectorRegistry) -> AsyncIterator[RabbitBus]:
    bus = RabbitBus(url, service="test", registry=registry, publish_timeout_s=2.0)
    bus.start()
    await eventually(bus.check, within_s=20, what="the bus is connected")
    yield bus
    await bus.close()


@pytest.mark.rabbitmq
async def test_a_reader_goes_on_without_gap_or_repeat_when_the_broker_is_killed(
    broker: Broker, frail: RabbitBus
) -> None:
    """Events go on being published, also while the broker is away, and some of them twice."""
    seqs = range(1, 401)

    async def publish_in_order() -> None:
        for seq in seqs:
            await publish_surely(frail, stale(seq))
            if seq % 10 == 0:
                await publish_surely(frail, stale(seq - 5))

    async with listening(frail, "next") as listener:
        publishing = asyncio.create_task(publish_in_order())
        await wait_until(lambda: len(listener.events) > 100, "it is well under way")
        await asyncio.to_thread(broker.kill)
        await wait_until(lambda: isinstance(listener.items[-1], LiveLost), "the loss is said")
        await asyncio.to_thread(broker.start)
        await asyncio.wait_for(publishing, 60)
        await listener.hears(seqs, within_s=60)
    assert not listener.resets
    assert sum(isinstance(item, LiveLost) for item in listener.items) == 1
    lost = next(at for at, item in enumerate(listener.items) if isinstance(item, LiveLost))
    before, again, following = listener.items[lost - 1], listener.items[lost + 1], listener.items[lost + 2]
    assert isinstance(before, LiveEvent)
    assert isinstance(again, LiveReady)
    assert isinstance(following, LiveEvent)
    assert before.offset <= (again.after or 0) < following.offset


@pytest.mark.rabbitmq
async def test_a_reader_of_next_that_heard_nothing_yet_misses_nothing_when_the_broker_is_killed(
    broker: Broker, frail: RabbitBus
) -> None:
    """`next` is a place from the moment the reader is ready, not from its first event."""
    await publish_surely(frail, stale(1))
    async with listening(frail, "next") as listener:
        await asyncio.to_thread(broker.kill)
        await asyncio.to_thread(broker.start)
        for seq in range(11, 31):
            await publish_surely(frail, stale(seq))
        await listener.hears(range(11, 31), within_s=60)
    [first, lost, again] = listener.items[:3]
    assert isinstance(lost, LiveLost)
    assert first == again
    assert not listener.resets


@pytest.fixture
def young(tmp_path: Path, backing: Backing) -> Iterator[Broker]:
    """A node that has never had a stream."""
    with breakable(tmp_path, backing) as broker:
        yield broker


@pytest.mark.rabbitmq
async def test_a_stream_that_the_broker_cannot_open_is_said_once_and_read_as_soon_as_it_was_removed(
    young: Broker, registry: CollectorRegistry
) -> None:
    """RabbitMQ 3.10.8 never opens its first stream again when it was killed within seconds of making it."""
    await declare_all(young.url)
    await asyncio.to_thread(young.kill)
    await asyncio.to_thread(young.start)

    def down() -> float | None:
        return registry.get_sample_value("bus_live_down")

    async for bus in connected(young.url, registry):
        with capture_logs() as logs:
            removing = asyncio.create_task(remove_once_down(young, down))
            # The operator's rabbitmqctl takes seconds to begin, on a busy machine many.
            async with listening(bus, 4, within_s=60) as listener:
                await removing
                assert listener.items[:2] == [LiveReset(4, "unknown"), LiveReady(None)]
                await publish_surely(bus, stale(1))
                await listener.hears([1])
    assert down() == 0
    assert [line["event"] for line in logs if "live_stream" in line["event"]] == [
        "live_stream_down",
        "live_stream_up",
    ]


async def remove_once_down(broker: Broker, down: Callable[[], float | None]) -> None:
    """Do what docs/operations.md tells the operator."""
    await wait_until(lambda: down() == 1, "the reader finds the stream down")
    stream = f'rabbit_misc:r(<<"/">>, queue, <<"{LIVE}">>)'
    await asyncio.to_thread(
        broker.control, "eval", f'rabbit_amqqueue:internal_delete({stream}, <<"operator">>).'
    )


async def test_a_stream_that_is_made_anew_is_a_lost_place(bus: RabbitBus, beside: AbstractConnection) -> None:
    """Its offsets begin again; silence until they reach the old place would lose all up to there."""
    await publish_all(bus, range(1, 6))
    async with listening(bus, "first") as listener:
        await listener.hears(range(1, 6))
        last = listener.offsets[-1]
        async with beside.channel() as channel:
            await channel.queue_delete(LIVE)
        await wait_until(lambda: listener.resets, "the reader says so")
        await publish_surely(bus, stale(2))
        await publish_surely(bus, stale(6))
        await wait_until(lambda: listener.seqs == [1, 2, 3, 4, 5, 2, 6], "it reads the new one")
    after_loss = [item for item in listener.items[6:] if not isinstance(item, LiveReady)]
    assert isinstance(after_loss[0], LiveLost)
    assert after_loss[1] == LiveReset(last, "unknown")
    assert listener.items[8] == LiveReady(None)


async def test_a_stream_that_was_made_anew_and_has_grown_past_the_place_is_noticed(
    bus: RabbitBus, beside: AbstractConnection
) -> None:
    """The event at the place is another one."""
    await publish_all(bus, range(1, 4))
    async with listening(bus, "first") as listener:
        await listener.hears(range(1, 4))
        await make_anew(beside, range(11, 31))
        await wait_until(lambda: len(listener.events) == 23, "it reads the new one")
    assert [reset.lapse for reset in listener.resets] == ["unknown"]
    assert listener.seqs[3:] == list(range(11, 31))


async def make_anew(beside: AbstractConnection, seqs: range) -> None:
    """Delete the stream, make it again and fill it, before anybody can read it: nothing else is declared meanwhile."""
    wanted = topology.topology()
    async with beside.channel() as channel:
        await channel.queue_delete(LIVE)
        [stream] = [queue for queue in wanted.queues if queue.name == LIVE]
        await channel.declare_queue(LIVE, durable=True, arguments=dict(stream.arguments))
        # Written as one: the reader needs a connection and some round trips to come back.
        await asyncio.gather(
            *(
                channel.default_exchange.publish(
                    aio_pika.Message(stale(seq).data, headers=dict(to_headers(stale(seq)))), LIVE
                )
                for seq in seqs
            )
        )


async def test_foreign_messages_in_the_stream_are_passed_over_and_counted(
    bus: RabbitBus, beside: AbstractConnection, registry: CollectorRegistry
) -> None:
    await publish_all(bus, [1])
    async with beside.channel() as channel:
        for headers in (
            {},
            {**to_headers(stale(2)), "cloudEvents_time": "tomorrow"},
            to_headers(altered(stale(3), type="rate.stale.v2")),
        ):
            await channel.default_exchange.publish(
                aio_pika.Message(stale(2).data, headers=dict(headers)), LIVE
            )
    await publish_all(bus, [4])
    async with listening(bus, "first") as listener:
        await listener.hears([1, 4])
        assert registry.get_sample_value("bus_live_readers") == 1
    assert registry.get_sample_value("bus_live_readers") == 0
    assert registry.get_sample_value("bus_live_events_total", {"outcome": "undecodable"}) == 3
    assert registry.get_sample_value("bus_live_events_total", {"outcome": "ok"}) == 2


async def test_a_reader_that_the_broker_forgot_is_noticed(bus: RabbitBus, amqp_url: str) -> None:
    """Connected, silent, and the stream goes on."""
    await publish_all(bus, [1])
    connection = await aio_pika.connect(amqp_url)
    link = Link(connection)
    async with LiveInbox(link, asyncio.Event(), "first", silent_for_s=0.2) as inbox:
        message = await inbox.next(within_s=10)
        assert message is not None
        await message.ack()
        underlay = cast("aiormq.Channel", await link._channels[-1].get_underlay_channel())
        [tag] = underlay.consumers
        await underlay.basic_cancel(tag)
        assert not link.lost.is_set()
        await publish_all(bus, [2])
        await asyncio.wait_for(link.lost.wait(), 15)
    assert link.reason == "the broker forgot the reader"
    await connection.close()


async def test_a_reader_can_be_left_at_any_moment(bus: RabbitBus, amqp_url: str) -> None:
    """Also while it asks the broker whether there is something to hear."""
    await publish_all(bus, [1])
    for number in range(20):
        connection = await aio_pika.connect(amqp_url)
        async with LiveInbox(Link(connection), asyncio.Event(), "first", silent_for_s=0.001) as inbox:
            message = await inbox.next(within_s=10)
            assert message is not None
            await message.ack()
            with pytest.raises(TimeoutError):
                await inbox.next(within_s=number / 500)
        await asyncio.wait_for(connection.close(), 15)


@pytest.mark.parametrize("filled", [False, True])
async def test_a_silent_stream_is_no_reason_to_give_a_reader_up(
    bus: RabbitBus, amqp_url: str, *, filled: bool
) -> None:
    await publish_all(bus, [1] if filled else [])
    connection = await aio_pika.connect(amqp_url)
    link = Link(connection)
    async with LiveInbox(link, asyncio.Event(), "first", silent_for_s=0.05) as inbox:
        if filled:
            message = await inbox.next(within_s=10)
            assert message is not None
            await message.ack()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(link.lost.wait(), 1)
    await connection.close()
