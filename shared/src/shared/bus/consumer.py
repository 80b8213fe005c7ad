"""From a durable queue to a handler: prefetch -> batch -> handler -> settle -> acknowledge, in that order.

The library cancels whatever runs in a delivery's callback when the channel dies, and its `process()` rejects on any
error. So the callback only puts the message into our own inbox, handlers run in our own task, and acknowledgements
are by hand, after the handler returned and after any republish was confirmed. On cancellation nothing is said: the
broker delivers again.
"""

import asyncio
from collections.abc import Sequence

import structlog
from aio_pika.abc import AbstractIncomingMessage

from shared.bus.connection import Link, LinkLostError, Supervisor
from shared.bus.errors import EventRefused
from shared.bus.handling import Handling, HeldTooLong, wait_for_dependency
from shared.bus.inbox import Inbox
from shared.bus.metrics import BusMetrics
from shared.bus.ports import Subscription
from shared.bus.retry import Bury, Failure, describe, read_failure
from shared.bus.settling import BrokerDelivery, Settling
from shared.clock import Clock
from shared.contracts.catalogue import QUEUES
from shared.contracts.envelope import UndecodableEventError, from_headers

_log = structlog.get_logger()


class Consumer:
    """One subscription on one connection of its own.

    Args:
        subscription: what to consume.
        supervisor: keeps the connection.
        settling: carries out fates.
        retry_delays_s: the retry ladder.
        clock: where time comes from.
        metrics: where it is counted.
    """

    def __init__(
        self,
        subscription: Subscription,
        *,
        supervisor: Supervisor,
        settling: Settling,
        retry_delays_s: Sequence[float],
        clock: Clock,
        metrics: BusMetrics,
    ) -> None:
        self._subscription = subscription
        self._supervisor = supervisor
        self._settling = settling
        self._retry_delays_s = retry_delays_s
        self._clock = clock
        self._metrics = metrics

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop` is set, through any number of lost connections."""
        self._metrics.consumer_up.labels(self._subscription.queue).set(0)
        while not stop.is_set():
            try:
                await self._supervisor.run(lambda link: self._session(link, stop), stop)
            except HeldTooLong:
                # Everything was given back; subscribe again only once it can be handled.
                await wait_for_dependency(self._subscription, stop)

    async def _session(self, link: Link, stop: asyncio.Event) -> None:
        up = self._metrics.consumer_up.labels(self._subscription.queue)
        inbox = Inbox(self._subscription, link, stop, up=up)
        handling = Handling(
            self._subscription,
            self._settling.until(inbox.halt),
            inbox.halt,
            retry_delays_s=self._retry_delays_s,
            clock=self._clock,
            metrics=self._metrics,
        )
        async with inbox:
            _log.info("consumer_started", queue=self._subscription.queue)
            try:
                while messages := await inbox.batch():
                    await self._handle(messages, handling, inbox.halt)
            except EventRefused as error:
                raise LinkLostError(f"a retry or dead-letter queue is missing: {error.reason}") from error
            finally:
                _log.info("consumer_stopped", queue=self._subscription.queue, reason=link.reason or "stop")
        if link.lost.is_set() and not stop.is_set():
            raise LinkLostError(link.reason)

    async def _handle(
        self,
        messages: Sequence[AbstractIncomingMessage],
        handling: Handling[BrokerDelivery],
        halt: asyncio.Event,
    ) -> None:
        readable: list[BrokerDelivery] = []
        for message in messages:
            if message.redelivered:
                self._metrics.redelivered.labels(self._subscription.queue).inc()
            read = _read(message, self._subscription.queue)
            if isinstance(read, BrokerDelivery):
                readable.append(read)
            else:
                await self._settling.settle(message, read, halt)
        if readable:
            await handling.run(readable)


def _read(message: AbstractIncomingMessage, queue: str) -> BrokerDelivery | Bury:
    failure = Failure()
    try:
        failure = read_failure(message.headers)
        envelope = from_headers(message.headers, message.body)
    except Exception as error:  # noqa: BLE001  no message, however odd, may end the consumer: it would come again
        reason = error.reason if isinstance(error, UndecodableEventError) else describe(error)
        return Bury("undecodable", _once_more(failure), reason)
    if envelope.type not in QUEUES[queue]:
        return Bury("unsupported", _once_more(failure), f"{queue} does not support the type {envelope.type}")
    return BrokerDelivery(envelope, failure, message)


def _once_more(failure: Failure) -> Failure:
    return Failure(failure.attempts + 1, failure.first_at)
