"""One connection to the broker and the care it needs: connect, declare, run; on any loss tear down, back off, again.

Plain `aio_pika.connect` with our own supervision: the library's robust layer has been seen to come back without its
consumers, to wait for ever inside a publish, and to restore channels that were closed on purpose.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import aio_pika
import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.connection import make_url
from aio_pika.exceptions import CONNECTION_EXCEPTIONS

from shared.bus.metrics import BusMetrics
from shared.bus.retry import back_off_s, describe
from shared.bus.topology import Topology, declare
from shared.bus.waiting import pause

HEARTBEAT_S = 10
"""A dead link is noticed after three of these and a little, 33 s; the library's default of 60 makes that 183 s."""

CONNECT_TIMEOUT_S = 10.0
CLOSE_TIMEOUT_S = 5.0
STEADY_AFTER_S = 30.0
"""A connection that lived this long was a good one: the next back-off starts from the beginning."""

BROKER_ERRORS = (*CONNECTION_EXCEPTIONS, TimeoutError)
"""Whatever the library may raise because the link or the broker failed."""

_log = structlog.get_logger()


class LinkLostError(Exception):
    """The connection, its channel or its consumer is gone, or is not to be trusted any more."""


class Link:
    """One open connection; `lost` is set as soon as it cannot be relied on.

    Attributes:
        connection: the library's connection.
        lost: set on any close, by the broker or by us, and by `give_up`.
        reason: why it was lost, in a few words.
    """

    def __init__(self, connection: AbstractConnection) -> None:
        self.connection = connection
        self.lost = asyncio.Event()
        self.reason = ""
        # The library keeps channels in weak sets only.
        self._channels: list[AbstractChannel] = []
        connection.close_callbacks.add(self._on_close)

    async def open_channel(self, *, confirms: bool) -> AbstractChannel:
        """Open a channel whose loss is the loss of the link; with `confirms`, returned messages are raised."""
        channel = self.connection.channel(publisher_confirms=confirms, on_return_raises=confirms)
        self._channels.append(channel)
        await channel.initialize(timeout=CONNECT_TIMEOUT_S)
        channel.close_callbacks.add(self._on_close)
        return channel

    async def close_channel(self, channel: AbstractChannel) -> None:
        """Close a channel on purpose; the link stays."""
        channel.close_callbacks.discard(self._on_close)
        self._channels.remove(channel)
        await channel.close()

    def give_up(self, reason: str) -> None:
        """Say that the link cannot be relied on any more; its owner tears it down."""
        if not self.lost.is_set():
            self.reason = reason
            self.lost.set()

    def _on_close(self, _sender: object, error: BaseException | None) -> None:
        self.give_up(describe(error) if error is not None else "closed")


Session = Callable[[Link], Awaitable[None]]
"""What is done with an open link; returns when it needs the link no longer, raises LinkLostError when it is lost."""


class Supervisor:
    """Keeps a session running on one connection, whatever happens to the broker.

    Args:
        amqp_url: where the broker is.
        name: shown by the broker's tools, such as `ingest:publish`.
        use: `publish`, `consume` or `live`, for metrics.
        wanted: what is declared on every new connection.
        metrics: where losses are counted.
    """

    def __init__(self, amqp_url: str, *, name: str, use: str, wanted: Topology, metrics: BusMetrics) -> None:
        self._amqp_url = amqp_url
        self._name = name
        self._use = use
        self._wanted = wanted
        self._metrics = metrics

    async def run(self, session: Session, stop: asyncio.Event) -> None:
        """Connect and run the session, again after every loss, until the session returns or `stop` is set.

        Whatever goes wrong counts as a loss: nobody watches over the supervisor, and without it nothing is heard or
        said any more.
        """
        attempt = 0
        while not stop.is_set():
            began = time.monotonic()
            try:
                async with self._open(stop) as link:
                    if link is not None:
                        await session(link)
            except (LinkLostError, *BROKER_ERRORS) as error:
                reason = describe(error)
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                # The library cancels what waits on a channel that is being closed; nobody cancelled us.
                reason = "the connection was closed"
            except Exception as error:  # noqa: BLE001  see the docstring
                reason = describe(error)
                _log.exception("bus_session_failed", link=self._name, reason=reason)
            else:
                return
            if time.monotonic() - began > STEADY_AFTER_S:
                attempt = 0
            wait_s = back_off_s(attempt, random.random())  # noqa: S311  jitter
            self._metrics.reconnects.labels(self._use).inc()
            _log.warning("bus_connection_lost", link=self._name, reason=reason, retry_in_s=round(wait_s, 2))
            attempt += 1
            await pause(stop, wait_s)

    @asynccontextmanager
    async def _open(self, stop: asyncio.Event) -> AsyncIterator[Link | None]:
        """Give an open link with everything declared, or None when `stop` was set first; close it afterwards."""
        opening = asyncio.create_task(self._connect())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({opening, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            if not opening.done():
                opening.cancel()
                await asyncio.wait({opening})
        if opening.cancelled():
            if not stop.is_set():
                raise LinkLostError("the connection was closed while it was being opened")
            yield None
            return
        link = opening.result()
        try:
            yield link
        finally:
            await _close(link.connection)

    async def _connect(self) -> Link:
        # Made apart from being opened: a connection object that is dropped without a close complains when collected.
        connection = aio_pika.Connection(
            make_url(self._amqp_url, heartbeat=HEARTBEAT_S), client_properties={"connection_name": self._name}
        )
        try:
            await connection.connect(timeout=CONNECT_TIMEOUT_S)
            link = Link(connection)
            async with asyncio.timeout(CONNECT_TIMEOUT_S * 3):
                down = await declare(connection, self._wanted)
        except BaseException:
            await _close(connection)
            raise
        _log.info("bus_connected", link=self._name)
        if down:
            _log.warning("bus_streams_down", link=self._name, queues=down)
        return link


async def _close(connection: AbstractConnection) -> None:
    """Close a connection, also one whose other end is silent; never raises."""
    try:
        async with asyncio.timeout(CLOSE_TIMEOUT_S):
            await connection.close()
    except BROKER_ERRORS as error:
        _log.debug("bus_connection_closed_hard", reason=describe(error))
        # The first close gave up its transport; this one only marks the object as closed.
        await connection.close()
