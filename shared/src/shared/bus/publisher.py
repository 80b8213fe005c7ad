"""Confirmed publishing: a publish that returns has been taken, durably, by every queue it was meant for."""

import asyncio
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from aio_pika import DeliveryMode
from aio_pika.exceptions import DeliveryError, PublishError
from aiormq import Channel
from pamqp.commands import Basic
from pamqp.common import FieldTable

from shared.bus.connection import BROKER_ERRORS, Link, LinkLostError, Supervisor
from shared.bus.errors import EventRefused, PublishUnconfirmed
from shared.bus.metrics import BusMetrics
from shared.bus.ports import PUBLISH_TIMEOUT_S
from shared.bus.retry import describe
from shared.bus.topology import retry_exchange
from shared.bus.waiting import either
from shared.contracts.envelope import CONTENT_TYPE
from shared.failpoints import BUS_RETRY_SENT, BUS_SENT, unanswered

IN_FLIGHT_MAX = 256


class Publisher:
    """Publishes on one connection of its own, which a blocked consumer cannot hold up.

    Args:
        supervisor: keeps the connection.
        app_id: the service, written into every message.
        metrics: where `bus_connected` is kept.
        timeout_s: longest a publish may take, waiting for a connection included.
    """

    def __init__(
        self,
        supervisor: Supervisor,
        *,
        app_id: str,
        metrics: BusMetrics,
        timeout_s: float = PUBLISH_TIMEOUT_S,
    ) -> None:
        self._supervisor = supervisor
        self._app_id = app_id
        self._metrics = metrics
        self._timeout_s = timeout_s
        self._room = asyncio.Semaphore(IN_FLIGHT_MAX)
        self._open = asyncio.Event()
        self._link: Link | None = None
        self._channel: Channel | None = None

    def reconnect(self, reason: str) -> None:
        """Give the connection up; on the next one everything is declared anew."""
        if self._link is not None:
            self._link.give_up(reason)

    @property
    def connected(self) -> bool:
        """Whether a publish would be sent at once."""
        return self._open.is_set()

    async def run(self, stop: asyncio.Event) -> None:
        """Keep the connection until `stop` is set, whatever goes wrong with it."""

        async def session(link: Link) -> None:
            channel = await link.open_channel(confirms=True)
            self._channel = cast("Channel", await channel.get_underlay_channel())
            self._link = link
            self._open.set()
            self._metrics.connected.set(1)
            try:
                await either(stop, link.lost)
            finally:
                self._open.clear()
                self._metrics.connected.set(0)
            if not stop.is_set():
                raise LinkLostError(link.reason)

        await self._supervisor.run(session, stop)

    async def send(self, exchange: str, routing_key: str, headers: Mapping[str, object], body: bytes) -> None:
        """Publish one message; return once it is confirmed.

        Raises:
            PublishUnconfirmed: unknown whether the broker has it.
            EventRefused: no queue is bound to the routing key.
        """
        sent_on: Link | None = None
        sent_at = 0.0
        try:
            async with asyncio.timeout(self._timeout_s), self._room:
                await self._open.wait()
                channel = self._channel_now()
                sent_on, sent_at = self._link, time.monotonic()
                # The library's exchanges and messages are passed by: building and checking them costs more than the
                # sending. And nobody waits until his bytes have left, with all others behind him: the confirm tells.
                publishing = channel.basic_publish(
                    body,
                    exchange=exchange,
                    routing_key=routing_key,
                    properties=self._properties(headers),
                    mandatory=True,
                    wait=False,
                )
                sent = BUS_RETRY_SENT if exchange == retry_exchange() else BUS_SENT
                await unanswered(sent, publishing)
        except PublishError as error:
            raise EventRefused(f"no queue wants {routing_key}") from error
        except DeliveryError as error:
            raise PublishUnconfirmed("the broker refused it for now (a queue is full)") from error
        except TimeoutError as error:
            if sent_on is None:
                raise PublishUnconfirmed("no connection to the broker") from error
            waited_s = time.monotonic() - sent_at
            # A channel that lost one confirm may have lost count of all of them. But most of the time may have gone
            # in waiting for the link or for room, and others rely on a link that is only slow, or hardly open.
            if waited_s >= self._timeout_s / 2:
                sent_on.give_up("a confirm did not come")
            raise PublishUnconfirmed(f"no confirm within {waited_s:.2g} s") from error
        except (LinkLostError, *BROKER_ERRORS) as error:
            raise PublishUnconfirmed(describe(error)) from error
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # The library cancels what waits on a channel that is being closed; nobody cancelled us.
            raise PublishUnconfirmed("the connection was closed") from error

    def _channel_now(self) -> Channel:
        if self._channel is None:
            raise LinkLostError("not open")
        return self._channel

    def _properties(self, headers: Mapping[str, object]) -> Basic.Properties:
        table: FieldTable = dict(headers)  # type: ignore[arg-type]  # AMQP field values: ours are text and numbers
        return Basic.Properties(
            headers=table,
            content_type=CONTENT_TYPE,
            delivery_mode=DeliveryMode.PERSISTENT,
            # Fresh for every attempt: the library keeps confirms by it, and two equal ones in flight corrupt them.
            message_id=uuid.uuid4().hex,
            timestamp=datetime.now(UTC),
            app_id=self._app_id,
        )
