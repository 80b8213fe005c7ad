"""The bus on RabbitMQ: one connection to publish, one more for each consumer and each reader of the live stream."""

import asyncio
import time
from collections.abc import AsyncGenerator

import structlog
from prometheus_client import CollectorRegistry

from shared.bus.connection import Supervisor
from shared.bus.consumer import Consumer
from shared.bus.errors import EventRefused, PublishUnconfirmed
from shared.bus.flood import FloodLimits
from shared.bus.flood_guard import FloodGuard
from shared.bus.holding import HOLD_MAX_S
from shared.bus.live import LiveItem, LiveStart, check_start
from shared.bus.live_reader import LiveReader
from shared.bus.metrics import BusMetrics
from shared.bus.ports import PUBLISH_TIMEOUT_S, Subscription, check_size
from shared.bus.publisher import Publisher
from shared.bus.retry import RETRY_DELAYS_S
from shared.bus.settling import Settling
from shared.bus.topology import EVENTS, topology
from shared.clock import Clock, SystemClock
from shared.contracts.catalogue import CATALOGUE
from shared.contracts.envelope import Envelope, to_headers

_log = structlog.get_logger()


class RabbitBus:
    """See `shared.bus.ports.Bus`; made by `shared.bus.open_bus`.

    Args:
        amqp_url: where the broker is.
        service: who speaks and listens.
        registry: where the metrics go.
        retry_delays_s: the retry ladder, in seconds.
        publish_timeout_s: longest a publish may take.
        hold_max_s: longest that a consumer holds deliveries for a dependency, in seconds.
        flood: when a consumer's dead letters are a flood.
        clock: where time comes from.
    """

    def __init__(
        self,
        amqp_url: str,
        *,
        service: str,
        registry: CollectorRegistry,
        retry_delays_s: tuple[float, ...] = RETRY_DELAYS_S,
        publish_timeout_s: float = PUBLISH_TIMEOUT_S,
        hold_max_s: float = HOLD_MAX_S,
        flood: FloodLimits | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._amqp_url = amqp_url
        self._service = service
        self._retry_delays_s = retry_delays_s
        self._hold_max_s = hold_max_s
        self._flood = flood or FloodLimits()
        self._clock = clock or SystemClock()
        self._wanted = topology(retry_delays_s)
        self._metrics = BusMetrics(registry)
        self._publisher = Publisher(
            self._supervisor("publish"),
            app_id=service,
            metrics=self._metrics,
            timeout_s=publish_timeout_s,
        )
        self._closing = asyncio.Event()
        self._publishing: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to connect, in the background."""
        if self._publishing is None:
            self._publishing = asyncio.create_task(self._publisher.run(self._closing))

    async def publish(self, event: Envelope) -> None:
        """See `Bus.publish`."""
        started = time.perf_counter()
        result = "unconfirmed"
        try:
            check_size(event)
            await self._send(event)
            result = "ok"
        except EventRefused:
            result = "refused"
            raise
        finally:
            seconds = time.perf_counter() - started
            self._metrics.count_publish(event.type, result, seconds)
            _log.debug(
                "event_published",
                type=event.type,
                event_id=event.id,
                outcome=result,
                seconds=round(seconds, 4),
            )

    async def _send(self, event: Envelope) -> None:
        try:
            await self._publisher.send(EVENTS, event.type, to_headers(event), event.data)
        except EventRefused as error:
            if event.type not in CATALOGUE:
                raise
            # A queue was deleted or is down. That passes, and must not cost the event.
            self._publisher.reconnect(error.reason)
            raise PublishUnconfirmed(f"{error.reason} just now") from error

    async def consume(self, subscription: Subscription, stop: asyncio.Event) -> None:
        """See `Bus.consume`."""
        guard = FloodGuard(subscription.queue, limits=self._flood, clock=self._clock, metrics=self._metrics)
        settling = Settling(
            subscription.queue,
            service=self._service,
            publisher=self._publisher,
            clock=self._clock,
            metrics=self._metrics,
            guard=guard,
        )
        consumer = Consumer(
            subscription,
            supervisor=self._supervisor("consume"),
            settling=settling,
            guard=guard,
            retry_delays_s=self._retry_delays_s,
            hold_max_s=self._hold_max_s,
            clock=self._clock,
            metrics=self._metrics,
        )
        await consumer.run(stop)

    def read_live(self, start: LiveStart, stop: asyncio.Event) -> AsyncGenerator[LiveItem, None]:
        """See `Bus.read_live`."""
        check_start(start)
        reader = LiveReader(
            start,
            supervisor=self._supervisor("live"),
            wanted=self._wanted,
            metrics=self._metrics,
        )
        return reader.read(stop)

    async def check(self) -> bool:
        """See `Bus.check`."""
        return self._publisher.connected

    async def close(self) -> None:
        """See `Bus.close`."""
        self._closing.set()
        if self._publishing is not None:
            await self._publishing

    def _supervisor(self, use: str) -> Supervisor:
        return Supervisor(
            self._amqp_url,
            name=f"{self._service}:{use}",
            use=use,
            wanted=self._wanted,
            metrics=self._metrics,
        )
