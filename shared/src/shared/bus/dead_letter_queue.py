"""The dead letters on a broker: read without disturbing them, given back to their work queue, taken out.

A letter that is read is held, unacknowledged, until the pass ends; then the broker has it back. Letters are held in
windows: each is a channel with one consumer, so that no more than `WINDOW` bodies are ever in memory, and a channel's
close gives its letters back in order (measured on 3.10.8: a `basic.nack` of several does not). What is chosen is
published, confirmed, and only then acknowledged.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue
from aio_pika.connection import make_url
from aio_pika.exceptions import ChannelNotFoundEntity
from prometheus_client import CollectorRegistry

from shared.bus import dead_letters, topology
from shared.bus.connection import (
    BROKER_ERRORS,
    CLOSE_TIMEOUT_S,
    CONNECT_TIMEOUT_S,
    HEARTBEAT_S,
    Link,
    Supervisor,
)
from shared.bus.dead_letter_choice import Letter
from shared.bus.dead_letter_store import DeadLettersUnavailable
from shared.bus.errors import EventRefused, PublishUnconfirmed
from shared.bus.metrics import BusMetrics
from shared.bus.publisher import Publisher
from shared.bus.retry import describe
from shared.bus.topology import Topology
from shared.bus.waiting import either

WINDOW = 128
"""Most letters on their way to us at a time, and so the bound on memory: 128 bodies of 768 KiB at worst."""

WINDOWS_MAX = 2000
"""Most windows of one pass; a broker allows 2047 channels on a connection. With 128 letters each: 256,000 letters."""

HOLD_MAX_S = 600.0
"""Longest that one pass holds letters. The broker closes the channel of whoever holds one for 30 min."""

SILENT_S = 2.0
LOST_AFTER_S = 30.0
RETURN_TIMEOUT_S = 5.0

DELIVERY_LIMIT_FROM_4 = 20
"""How often a broker from 4.0 on delivers a letter before it drops it. Before, there is no limit unless one is set."""


class DeadLetterQueues:
    """See `shared.bus.dead_letter_store.DeadLetterStore`; made by `open_dead_letter_queues`.

    Args:
        connection: an open connection to read on.
        publisher: gives letters back, on a connection of its own.
        delivery_limit: how often the broker delivers one letter before it drops it; None when it never does.
    """

    paced = True

    def __init__(
        self, connection: AbstractConnection, publisher: Publisher, *, delivery_limit: int | None
    ) -> None:
        self._connection = connection
        self._publisher = publisher
        self._delivery_limit = delivery_limit

    async def count(self, queue: str) -> int:
        """See `DeadLetterStore.count`."""
        name = topology.dead_letter_queue(queue)
        try:
            async with asyncio.timeout(CONNECT_TIMEOUT_S), self._connection.channel() as channel:
                declared = await channel.declare_queue(name, passive=True)
                return declared.declaration_result.message_count or 0
        except ChannelNotFoundEntity as error:
            raise DeadLettersUnavailable(f"it has no queue {name}, or that queue is down") from error
        except BROKER_ERRORS as error:
            raise DeadLettersUnavailable(describe(error)) from error

    @asynccontextmanager
    async def walk(self, queue: str, most: int) -> AsyncIterator["QueueWalk"]:
        """See `DeadLetterStore.walk`. A pass ends early after ten minutes, or when it holds 256,000 letters."""
        walk = QueueWalk(
            self, queue, most, Link(self._connection), self._publisher, delivery_limit=self._delivery_limit
        )
        try:
            yield walk
        finally:
            await walk.give_back()


@dataclass(slots=True, eq=False)
class _Window:
    """One channel and its consumer.

    Attributes:
        held: how many letters that came through it were handed out and not settled.
    """

    channel: AbstractChannel
    queue: AbstractQueue
    tag: str = ""
    held: int = 0


class QueueWalk:
    """See `shared.bus.dead_letter_store.Walk`.

    Args:
        queues: asked how many letters there are.
        queue: the work queue.
        most: how many letters to walk past.
        link: the connection, as this pass sees it.
        publisher: gives letters back.
        delivery_limit: as of `DeadLetterQueues`.
    """

    def __init__(
        self,
        queues: DeadLetterQueues,
        queue: str,
        most: int,
        link: Link,
        publisher: Publisher,
        *,
        delivery_limit: int | None,
    ) -> None:
        self._queues = queues
        self._queue = queue
        self._most = most
        self._link = link
        self._publisher = publisher
        # Half the limit leaves room for passes that are killed and for the broker's own restarts.
        self._renew_at = None if delivery_limit is None else delivery_limit // 2
        self._until = time.monotonic() + HOLD_MAX_S
        self._inbox: deque[tuple[_Window, AbstractIncomingMessage]] = deque()
        self._arrived = asyncio.Event()
        self._windows: list[_Window] = []
        self._in_hand: dict[int, tuple[_Window, AbstractIncomingMessage]] = {}
        self._taken = 0

    @property
    def complete(self) -> bool:
        """See `Walk.complete`."""
        return self._taken >= self._most

    async def __aiter__(self) -> AsyncIterator[Letter]:
        """See `Walk.__aiter__`."""
        while not self.complete and time.monotonic() < self._until:
            try:
                found = await self._next()
            except BROKER_ERRORS as error:
                raise DeadLettersUnavailable(describe(error)) from error
            if found is None:
                return
            window, message = found
            window.held += 1
            self._taken += 1
            self._in_hand[self._taken] = found
            yield Letter(self._taken, self._queue, message.headers, message.body, message.message_id)

    async def keep(self, letter: Letter) -> None:
        """See `Walk.keep`.

        A broker that drops what it delivered too often would drop a letter that was merely looked at too often. So
        one that comes near the limit is laid down anew, at the end of its queue, where counting starts again.
        """
        _window, message = self._in_hand[letter.key]
        count = message.headers.get("x-delivery-count")
        if self._renew_at is None or not isinstance(count, int) or count < self._renew_at:
            # Only its place in the window is held from here on, not its body.
            del self._in_hand[letter.key]
            return
        headers = dead_letters.to_headers(letter.headers, letter.said)
        await self._send(topology.dead_letter_exchange(), headers, letter)
        await self.drop(letter)

    async def replay(self, letter: Letter) -> None:
        """See `Walk.replay`."""
        await self._send(topology.requeue_exchange(), dead_letters.alive(letter.headers), letter)
        await self.drop(letter)

    async def drop(self, letter: Letter) -> None:
        """See `Walk.drop`."""
        window, message = self._in_hand.pop(letter.key)
        window.held -= 1
        try:
            await message.ack()
        except BROKER_ERRORS as error:
            raise DeadLettersUnavailable(describe(error)) from error

    async def give_back(self) -> None:
        """Let the broker have back, in order, whatever was not taken out; never raises."""
        returned = sum(window.held for window in self._windows) + len(self._inbox)
        with suppress(*BROKER_ERRORS, DeadLettersUnavailable):
            async with asyncio.timeout(RETURN_TIMEOUT_S + len(self._windows) * 0.1):
                if self._windows:
                    await self._end_current()
                for window in self._windows:
                    await window.channel.close()
                # Whoever looks next is to find them.
                while await self._queues.count(self._queue) < returned:  # noqa: ASYNC110  the broker tells no one
                    await asyncio.sleep(0.02)

    async def _send(self, exchange: str, headers: dict[str, object], letter: Letter) -> None:
        try:
            await self._publisher.send(exchange, self._queue, headers, letter.body)
        except (EventRefused, PublishUnconfirmed) as error:
            raise DeadLettersUnavailable(error.reason) from error

    async def _next(self) -> tuple[_Window, AbstractIncomingMessage] | None:
        """Return the next message; None when there is none, or no room to hold it."""
        began = time.monotonic()
        while not self._inbox:
            if self._link.lost.is_set():
                raise DeadLettersUnavailable(f"the connection was lost: {self._link.reason}")
            if self._crowded():
                if len(self._windows) >= WINDOWS_MAX:
                    return None
                await self._open_window()
            if not await self._hears_more():
                if not await self._queues.count(self._queue):
                    return None
                if time.monotonic() - began > LOST_AFTER_S:
                    raise DeadLettersUnavailable("the broker has letters and delivers none")
        return self._inbox.popleft()

    def _crowded(self) -> bool:
        # Only a full window is left behind: with nothing on its way to it, the end of its consumer mixes up nothing.
        return not self._windows or self._windows[-1].held >= WINDOW

    async def _open_window(self) -> None:
        if self._windows:
            await self._end_current()
        channel = await self._link.open_channel(confirms=False)
        await channel.set_qos(prefetch_count=WINDOW)
        queue = await channel.get_queue(topology.dead_letter_queue(self._queue), ensure=False)
        window = _Window(channel, queue)
        self._windows.append(window)

        async def receive(message: AbstractIncomingMessage) -> None:
            self._inbox.append((window, message))
            self._arrived.set()

        window.tag = await queue.consume(receive)

    async def _end_current(self) -> None:
        """Have no more delivered through the last window; what came through it stays held."""
        window = self._windows[-1]
        if window.tag:
            await window.queue.cancel(window.tag)
            window.tag = ""

    async def _hears_more(self) -> bool:
        """Wait until a message is there, or the link is lost; return False when neither came in `SILENT_S`."""
        self._arrived.clear()
        if self._inbox:
            return True
        with suppress(TimeoutError):
            async with asyncio.timeout(SILENT_S):
                await either(self._arrived, self._link.lost)
        return bool(self._inbox) or self._link.lost.is_set()


@asynccontextmanager
async def open_dead_letter_queues(
    amqp_url: str, *, delivery_limit: int | None = None
) -> AsyncIterator[DeadLetterQueues]:
    """Connect to a broker's dead letters. Nothing is declared: that is for the services to do.

    Args:
        amqp_url: where the broker is.
        delivery_limit: how often it delivers a letter before it drops it, where a policy says so; by default what
            brokers of its version do.

    Raises:
        DeadLettersUnavailable: nobody answers there, or not to these credentials.
    """
    metrics = BusMetrics(CollectorRegistry())
    supervisor = Supervisor(
        amqp_url, name="silkwire:dead-letters", use="publish", wanted=Topology((), (), ()), metrics=metrics
    )
    publisher = Publisher(supervisor, app_id="silkwire", metrics=metrics)
    connection = aio_pika.Connection(
        make_url(amqp_url, heartbeat=HEARTBEAT_S),
        client_properties={"connection_name": "silkwire:dead-letters"},
    )
    stop = asyncio.Event()
    publishing: asyncio.Task[None] | None = None
    try:
        try:
            await connection.connect(timeout=CONNECT_TIMEOUT_S)
        except BROKER_ERRORS as error:
            raise DeadLettersUnavailable(describe(error)) from error
        publishing = asyncio.create_task(publisher.run(stop))
        limit = delivery_limit if delivery_limit is not None else _delivery_limit(connection)
        yield DeadLetterQueues(connection, publisher, delivery_limit=limit)
    finally:
        stop.set()
        if publishing is not None:
            await publishing
        with suppress(*BROKER_ERRORS):
            async with asyncio.timeout(CLOSE_TIMEOUT_S):
                await connection.close()


def _delivery_limit(connection: AbstractConnection) -> int | None:
    """Return how often a broker of this version delivers when nothing else was said."""
    transport = connection.transport
    told = transport.connection.server_properties if transport is not None else {}
    major = str(told.get("version", "")).partition(".")[0]
    # One whose version cannot be read is taken for a new one: too careful costs a place in the queue, no letter.
    return None if major.isdigit() and int(major) < 4 else DELIVERY_LIMIT_FROM_4
