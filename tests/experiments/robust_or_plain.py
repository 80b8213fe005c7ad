"""Which of two ways keeps us on the broker through its faults: `connect_robust`, or `connect` under our supervisor?

    .venv/bin/python -m tests.experiments.robust_or_plain

Starts a RabbitMQ node of its own for each fault and each way, and prints the table of docs/adr/0002. Takes minutes.

The same user stands behind both: 20 publishers that repeat each event until it is confirmed, as an outbox does, each
attempt bounded by an `asyncio.timeout`, and one consumer that acknowledges by hand and counts.
"""

import asyncio
import logging
import os
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractExchange, AbstractIncomingMessage
from prometheus_client import CollectorRegistry

from shared.bus import Subscription
from shared.bus.rabbit import RabbitBus
from shared.bus.topology import EVENTS, declare, topology
from shared.contracts.catalogue import SEARCH_ARTICLES
from shared.contracts.envelope import Envelope, from_headers, to_headers
from silkwire.backing import process, rabbitmq
from tests.suites.bus_suite import withdrawn

EVENTS_PUBLISHED = 3000
PUBLISHERS = 20
TIMEOUT_S = 5.0
FROZEN_S = 15.0
PATIENCE_S = 90.0


@dataclass
class Record:
    """What was seen: subject by subject and second by second."""

    confirmed: set[str] = field(default_factory=set)
    heard: set[str] = field(default_factory=set)
    confirmed_at: float = 0.0
    heard_at: float = 0.0

    def confirm(self, subject: str) -> None:
        """An event was confirmed."""
        self.confirmed.add(subject)
        self.confirmed_at = time.monotonic()

    def hear(self, subject: str) -> None:
        """An event was handled."""
        self.heard.add(subject)
        self.heard_at = time.monotonic()


class Way(Protocol):
    """One way to stay connected."""

    async def publish(self, event: Envelope) -> None:
        """Publish with confirm; raises whatever it raises when that failed."""
        ...


@asynccontextmanager
async def robust(url: str, record: Record) -> AsyncIterator[Way]:
    """The library's own restoring layer, used as its documentation shows."""

    async def hear(message: AbstractIncomingMessage) -> None:
        record.hear(from_headers(message.headers, message.body).subject)
        await message.ack()

    async with asyncio.timeout(30):
        connection = await aio_pika.connect_robust(url, heartbeat=10)
    await declare(connection, topology())
    channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
    listening: AbstractChannel = await connection.channel()
    await listening.set_qos(prefetch_count=256)
    queue = await listening.get_queue(SEARCH_ARTICLES)
    await queue.consume(hear)

    class Robust:
        def __init__(self, exchange: AbstractExchange) -> None:
            self._exchange = exchange

        async def publish(self, event: Envelope) -> None:
            headers = dict(to_headers(event))
            message = aio_pika.Message(
                event.data,
                headers=headers,  # type: ignore[arg-type]  # AMQP field values: ours are text
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            )
            await self._exchange.publish(message, event.type, timeout=TIMEOUT_S)

    yield Robust(await channel.get_exchange(EVENTS, ensure=False))
    try:
        async with asyncio.timeout(10):
            await connection.close()
    except Exception as error:  # noqa: BLE001  the measuring is over
        print(f"    (closing: {error!r})")


@asynccontextmanager
async def plain(url: str, record: Record) -> AsyncIterator[Way]:
    """Our bus: a plain connection under our own supervisor."""
    bus = RabbitBus(url, service="experiment", registry=CollectorRegistry(), publish_timeout_s=TIMEOUT_S)
    bus.start()
    stop = asyncio.Event()

    async def hear(events: Sequence[Envelope]) -> None:
        for event in events:
            record.hear(event.subject)

    consuming = asyncio.create_task(bus.consume(Subscription(SEARCH_ARTICLES, hear), stop))
    yield bus
    stop.set()
    await consuming
    await bus.close()


WAYS = {"connect_robust": robust, "plain, supervised": plain}


async def publish_surely(way: Way, record: Record, names: Sequence[str]) -> None:
    """Repeat each event until it is confirmed."""
    left = iter(names)

    async def one() -> None:
        for name in left:
            while name not in record.confirmed:
                try:
                    async with asyncio.timeout(TIMEOUT_S):
                        await way.publish(withdrawn(name))
                except Exception:  # noqa: BLE001  unconfirmed, whatever it was: once more
                    await asyncio.wait({asyncio.create_task(asyncio.sleep(0.05))})
                else:
                    record.confirm(name)

    await asyncio.gather(*(one() for _ in range(PUBLISHERS)))


async def until(condition: Callable[[], bool], within_s: float = PATIENCE_S) -> bool:
    """Wait until the condition holds; return whether it did in time."""
    ends = time.monotonic() + within_s
    while not condition() and time.monotonic() < ends:  # noqa: ASYNC110  a stop watch, not a test
        await asyncio.sleep(0.05)
    return condition()


def seconds(since: float, at: float, came: bool) -> str:
    """Write how long something took."""
    return f"{at - since:.1f} s" if came else f"not within {PATIENCE_S:g} s"


async def back(way: Way, record: Record, since: float) -> tuple[str, str]:
    """Say how long after `since` a fresh event was confirmed, and one was heard."""
    numbers = iter(range(1_000_000))

    async def keep_publishing() -> None:
        for number in numbers:
            await publish_surely(way, record, [f"probe{since}-{number}"])
            await asyncio.sleep(0.1)

    publishing = asyncio.create_task(keep_publishing())
    said = await until(lambda: record.confirmed_at > since)
    confirmed_at = record.confirmed_at
    came = await until(lambda: record.heard_at > since)
    heard_at = record.heard_at
    publishing.cancel()
    await asyncio.wait({publishing})
    return seconds(since, confirmed_at, said), seconds(since, heard_at, came)


async def killed(node: rabbitmq.RabbitNode, way: Way, record: Record) -> str:
    """Kill -9 and restart, in the middle of publishing and consuming."""
    names = [f"a{number}" for number in range(EVENTS_PUBLISHED)]
    publishing = asyncio.create_task(publish_surely(way, record, names))
    await until(lambda: len(record.heard) > EVENTS_PUBLISHED // 5)
    process.end_group(node.process.pid, signal.SIGKILL)
    await asyncio.to_thread(node.process.wait)
    again = await asyncio.to_thread(rabbitmq.start, node.folder, port=node.port)
    try:
        since = time.monotonic()
        said, heard = await back(way, record, since)
        await asyncio.wait({publishing}, timeout=PATIENCE_S)
        publishing.cancel()
        mine = set(names) & record.confirmed
        await until(lambda: record.heard >= mine)
        lost = len(mine - record.heard)
        return (
            f"confirmed {len(mine)} of {len(names)}, confirmed but never heard {lost}; "
            f"publishes again after {said}, consumes again after {heard}"
        )
    finally:
        await asyncio.to_thread(again.stop)


async def cancelled(node: rabbitmq.RabbitNode, way: Way, record: Record) -> str:
    """Delete the queue under its consumer, and make it again a second later."""
    return await recreated(node, way, record, after_s=1.0)


async def cancelled_at_once(node: rabbitmq.RabbitNode, way: Way, record: Record) -> str:
    """Delete the queue under its consumer, and make it again at once."""
    return await recreated(node, way, record, after_s=0.0)


async def recreated(node: rabbitmq.RabbitNode, way: Way, record: Record, *, after_s: float) -> str:
    """Delete the queue, wait, make it again, and see who comes back."""
    await publish_surely(way, record, ["before"])
    await until(lambda: "before" in record.heard)
    beside = await aio_pika.connect(node.url)
    async with beside, beside.channel() as channel:
        await channel.queue_delete(SEARCH_ARTICLES)
        await asyncio.sleep(after_s)
        await declare(beside, topology())
        since = time.monotonic()
        said, heard = await back(way, record, since)
        queue = await channel.declare_queue(SEARCH_ARTICLES, passive=True)
        consumers = queue.declaration_result.consumer_count
    return f"publishes again after {said}, consumes again after {heard}; consumers in the end: {consumers}"


async def frozen(node: rabbitmq.RabbitNode, way: Way, record: Record) -> str:
    """Freeze the broker, and publish with a timeout of 5 s and nothing else around it."""
    await publish_surely(way, record, ["before"])
    os.killpg(os.getpgid(node.process.pid), signal.SIGSTOP)
    began = time.monotonic()
    thaw = asyncio.get_running_loop().call_later(
        FROZEN_S, os.killpg, os.getpgid(node.process.pid), signal.SIGCONT
    )
    took = await three_publishes(way)
    await until(lambda: time.monotonic() - began > FROZEN_S)
    thaw.cancel()
    said, heard = await back(way, record, began + FROZEN_S)
    return f"three publishes took {took}; after it thawed: publishes after {said}, consumes after {heard}"


async def gone(node: rabbitmq.RabbitNode, way: Way, record: Record) -> str:
    """Kill the broker for 15 s, and publish with a timeout of 5 s and nothing else around it."""
    await publish_surely(way, record, ["before"])
    process.end_group(node.process.pid, signal.SIGKILL)
    await asyncio.to_thread(node.process.wait)
    publishing = asyncio.create_task(three_publishes(way))
    await asyncio.sleep(FROZEN_S)
    again = await asyncio.to_thread(rabbitmq.start, node.folder, port=node.port)
    try:
        return f"three publishes took {await publishing}"
    finally:
        await asyncio.to_thread(again.stop)


async def three_publishes(way: Way) -> str:
    """Publish three events, one after the other, and say how long each took and how it ended."""
    took = []
    for number in range(3):
        start = time.monotonic()
        try:
            async with asyncio.timeout(FROZEN_S + PATIENCE_S):
                await way.publish(withdrawn(f"late{number}"))
        except Exception as error:  # noqa: BLE001  that is what is measured
            took.append(f"{time.monotonic() - start:.1f} s ({type(error).__name__})")
        else:
            took.append(f"{time.monotonic() - start:.1f} s (confirmed)")
    return ", ".join(took)


Fault = Callable[[rabbitmq.RabbitNode, Way, Record], Awaitable[str]]
FAULTS: Sequence[Fault] = (killed, cancelled, cancelled_at_once, frozen, gone)


async def main() -> None:
    """Run every fault with both ways, each on a node of its own."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    for fault in FAULTS:
        print(f"\n{(fault.__doc__ or '').splitlines()[0]}", flush=True)
        for name, way in WAYS.items():
            with tempfile.TemporaryDirectory() as folder:
                node = await asyncio.to_thread(rabbitmq.start, Path(folder))
                try:
                    record = Record()
                    async with way(node.url, record) as one:
                        print(f"  {name}: {await fault(node, one, record)}", flush=True)
                finally:
                    await asyncio.to_thread(node.stop)


if __name__ == "__main__":
    asyncio.run(main())
