"""From a durable queue to a handler: prefetch -> batch -> handler -> settle -> acknowledge, in that order.

The library cancels whatever runs in a delivery's callback when the channel dies, and its `process()` rejects on any
error. So the callback only puts the message into our own inbox, handlers run in our own task, and acknowledgements
are by hand, after the handler returned and after any republish was confirmed. On cancellation nothing is said: the
broker delivers again.
"""

import asyncio
from collections.abc import Sequence

import structlog

from shared.bus.connection import Link, LinkLostError, Supervisor
from shared.bus.errors import EventRefused
from shared.bus.flood_guard import FloodGuard
from shared.bus.hand import Message
from shared.bus.handling import Handling
from shared.bus.holding import HOLD_MAX_S, HeldTooLong, wait_without_deliveries
from shared.bus.inbox import Inbox
from shared.bus.lane import Lane
from shared.bus.metrics import BusMetrics
from shared.bus.ports import Subscription
from shared.bus.reading import read_delivery
from shared.bus.settling import BrokerDelivery, Settling
from shared.bus.suspects import delivery_count, judge_in_company
from shared.clock import Clock

_log = structlog.get_logger()


class Consumer:
    """One subscription on one connection of its own.

    Args:
        subscription: what to consume.
        supervisor: keeps the connection.
        settling: carries out fates.
        guard: at which pace, while most events die.
        retry_delays_s: the retry ladder.
        hold_max_s: longest that deliveries are held for a dependency, in seconds.
        clock: where time comes from.
        metrics: where it is counted.
    """

    def __init__(
        self,
        subscription: Subscription,
        *,
        supervisor: Supervisor,
        settling: Settling,
        guard: FloodGuard,
        retry_delays_s: Sequence[float],
        hold_max_s: float = HOLD_MAX_S,
        clock: Clock,
        metrics: BusMetrics,
    ) -> None:
        self._subscription = subscription
        self._supervisor = supervisor
        self._settling = settling
        self._guard = guard
        self._retry_delays_s = retry_delays_s
        self._hold_max_s = hold_max_s
        self._clock = clock
        self._metrics = metrics
        self._turn = asyncio.Lock()
        self._missing = ""

    async def run(self, stop: asyncio.Event) -> None:
        """Consume until `stop` is set, through any number of lost connections."""
        self._metrics.consumer_up.labels(self._subscription.queue).set(0)
        while not stop.is_set():
            self._missing = ""
            await self._supervisor.run(lambda link: self._session(link, stop), stop)
            if self._missing:
                # Everything was given back; subscribe again only once it can be handled.
                await wait_without_deliveries(self._subscription, self._missing, stop, self._metrics)

    async def _session(self, link: Link, stop: asyncio.Event) -> None:
        queue = self._subscription.queue
        inbox = Inbox(self._subscription, link, stop, up=self._metrics.consumer_up.labels(queue))
        handling = self._handling(inbox.halt, self._hold_max_s)
        async with inbox, self._lane(link, inbox.halt) as lane:
            _log.info("consumer_started", queue=queue)
            try:
                while messages := await inbox.batch():
                    async with self._turn:
                        await self._handle(messages, inbox, handling, lane)
            except HeldTooLong as error:
                self._missing = error.dependency
                return
            except EventRefused as error:
                raise LinkLostError(f"a retry or dead-letter queue is missing: {error.reason}") from error
            finally:
                _log.info("consumer_stopped", queue=queue, reason=link.reason or "stop")
        if link.lost.is_set() and not stop.is_set():
            raise LinkLostError(link.reason)

    def _handling(self, halt: asyncio.Event, hold_max_s: float) -> Handling[BrokerDelivery]:
        return Handling(
            self._subscription,
            self._settling.until(halt),
            halt,
            retry_delays_s=self._retry_delays_s,
            clock=self._clock,
            metrics=self._metrics,
            guard=self._guard,
            hold_max_s=hold_max_s,
        )

    def _lane(self, link: Link, halt: asyncio.Event) -> Lane:
        return Lane(
            self._subscription,
            link,
            halt,
            turn=self._turn,
            handling=self._handling(halt, hold_max_s=0),
            settling=self._settling,
            guard=self._guard,
        )

    async def _handle(
        self,
        messages: Sequence[Message],
        inbox: Inbox,
        handling: Handling[BrokerDelivery],
        lane: Lane,
    ) -> None:
        queue = self._subscription.queue
        self._metrics.redelivered.labels(queue).inc(sum(message.redelivered for message in messages))
        verdicts = [(message, judge_in_company(delivery_count(message.headers))) for message in messages]
        await self._set_apart([it for it, verdict in verdicts if verdict == "set_apart"], inbox, lane)
        readable: list[BrokerDelivery] = []
        for message in (it for it, verdict in verdicts if verdict == "handle"):
            read = read_delivery(message, queue)
            if isinstance(read, BrokerDelivery):
                readable.append(read)
            elif await self._guard.ready(inbox.halt):
                await self._settling.settle(message, read, inbox.halt)
        if readable:
            await handling.run(readable)

    async def _set_apart(self, suspects: Sequence[Message], inbox: Inbox, lane: Lane) -> None:
        """Send suspects to the lane; it cannot begin with them before the broker has taken them out of here.

        We have the turn, so nothing of the lane runs meanwhile. Else a suspect could end us before its
        acknowledgement left, and be in both queues, to die twice.
        """
        if not suspects:
            return
        moved = 0
        for message in suspects:
            moved += await self._settling.set_apart(message, inbox.halt)
        await inbox.flush()
        self._metrics.suspects.labels(self._subscription.queue).inc(moved)
        _log.warning("suspects_set_apart", queue=self._subscription.queue, events=moved)
        lane.wake()
