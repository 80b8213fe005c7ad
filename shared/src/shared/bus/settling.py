"""Carries out fates on the broker: acknowledge; or republish, wait for the confirm, and only then acknowledge.

A crash between confirm and acknowledgement makes a duplicate, never a loss.
"""

import asyncio
import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

import structlog

from shared.bus import dead_letters, topology
from shared.bus.connection import BROKER_ERRORS
from shared.bus.errors import PublishUnconfirmed
from shared.bus.flood import Outcome
from shared.bus.flood_guard import FloodGuard
from shared.bus.hand import Message
from shared.bus.handling import Settle
from shared.bus.headers import strip_broker_headers
from shared.bus.metrics import BusMetrics
from shared.bus.publisher import Publisher
from shared.bus.retry import Bury, Done, Failure, Fate, RetryLater, back_off_s, write_failure
from shared.bus.waiting import pause
from shared.clock import Clock
from shared.contracts.envelope import Envelope
from shared.failpoints import BUS_RETRY_CONFIRMED, failpoint

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class BrokerDelivery:
    """An event and the message it came in."""

    envelope: Envelope
    failure: Failure
    message: Message


class Settling:
    """Settles the deliveries of one queue.

    Args:
        queue: the work queue.
        service: who settles, written into dead letters.
        publisher: for retries and dead letters.
        clock: where time comes from.
        metrics: where it is counted.
        guard: told what became of each event.
    """

    def __init__(
        self,
        queue: str,
        *,
        service: str,
        publisher: Publisher,
        clock: Clock,
        metrics: BusMetrics,
        guard: FloodGuard,
    ) -> None:
        self._queue = queue
        self._service = service
        self._publisher = publisher
        self._clock = clock
        self._metrics = metrics
        self._guard = guard

    def until(self, halt: asyncio.Event) -> Settle[BrokerDelivery]:
        """Return how to settle until `halt` is set; what is not settled by then is left to the broker."""

        async def settle(deliveries: Sequence[BrokerDelivery], fate: Fate) -> None:
            messages = [delivery.message for delivery in deliveries]
            if isinstance(fate, Done):
                await self._done(messages)
            else:
                for message in messages:
                    await self.settle(message, fate, halt)

        return settle

    async def settle(self, message: Message, fate: Fate, halt: asyncio.Event) -> None:
        """Carry out one fate.

        A message whose channel is gone cannot be acknowledged and comes again. So it is left as it is: sent on as
        well, it would live or die twice.

        Raises:
            EventRefused: the retry or dead-letter queue is missing.
        """
        if message.hand.lost:
            return
        if isinstance(fate, RetryLater):
            if await self._retry(message, fate, halt):
                await _acknowledge([message])
                self._metrics.retries.labels(self._queue, str(fate.failure.attempts)).inc()
                self._count("retried")
        elif isinstance(fate, Bury):
            if await self._bury(message, fate, halt):
                await _acknowledge([message])
                self._metrics.dead_letters.labels(self._queue, fate.cause).inc()
                self._count("buried")
        else:
            await self._done([message])

    async def set_apart(self, message: Message, halt: asyncio.Event) -> bool:
        """Send a message to the lane of suspects, as new there; return False when halted first.

        Raises:
            EventRefused: the lane is missing.
        """
        if message.hand.lost:
            return False
        headers = strip_broker_headers(message.headers)
        lane = topology.suspect_queue(self._queue)
        sent = await self._send(topology.requeue_exchange(), lane, headers, message.body, halt)
        if sent:
            await _acknowledge([message])
        return sent

    async def _done(self, messages: Sequence[Message]) -> None:
        # Nearly always of one channel: only a consumer that has just subscribed anew may have two.
        for hand in {message.hand for message in messages if not message.hand.lost}:
            its_own = [message for message in messages if message.hand is hand]
            await _acknowledge(its_own)
            self._count("ok", len(its_own))

    def _count(self, outcome: Outcome, events: int = 1) -> None:
        self._metrics.consumed.labels(self._queue, outcome).inc(events)
        for _ in range(events):
            self._guard.record(outcome)

    async def _retry(self, message: Message, fate: RetryLater, halt: asyncio.Event) -> bool:
        headers = {**strip_broker_headers(message.headers), **write_failure(fate.failure)}
        target = topology.retry_queue(self._queue, fate.delay_s)
        sent = await self._send(topology.retry_exchange(), target, headers, message.body, halt)
        if sent:
            failpoint(BUS_RETRY_CONFIRMED)
            _log.info(
                "event_retried",
                queue=self._queue,
                event_id=message.headers.get("cloudEvents_id"),
                attempt=fate.failure.attempts,
                delay_s=fate.delay_s,
                reason=fate.reason,
                outcome="retried",
            )
        return sent

    async def _bury(self, message: Message, fate: Bury, halt: asyncio.Event) -> bool:
        said = dead_letters.epitaph(fate, queue=self._queue, service=self._service, at=self._clock.now())
        headers = dead_letters.to_headers(message.headers, said)
        sent = await self._send(topology.dead_letter_exchange(), self._queue, headers, message.body, halt)
        if sent:
            dead_letters.log_burial(said, message.headers.get("cloudEvents_id"))
        return sent

    async def _send(
        self, exchange: str, key: str, headers: Mapping[str, object], body: bytes, halt: asyncio.Event
    ) -> bool:
        """Publish until confirmed; return False when halted first."""
        attempt = 0
        while True:
            try:
                await self._publisher.send(exchange, key, headers, body)
            except PublishUnconfirmed:
                if await pause(halt, back_off_s(attempt, random.random())):  # noqa: S311  jitter
                    return False
                attempt += 1
            else:
                return True


async def _acknowledge(messages: Sequence[Message]) -> None:
    # On a dead channel the broker delivers again, and handlers are idempotent.
    with suppress(*BROKER_ERRORS):
        await messages[0].hand.acknowledge(messages)
