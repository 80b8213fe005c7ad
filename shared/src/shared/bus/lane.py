"""The lane of suspects: events whose readers kept dying are handled here one at a time, with nothing else running.

    Q ──delivered often──▶ Q.suspects ──one alone──▶ handler
                                │ its reader ended again and again: dead letter, cause crash_suspect

The broker counts how often it delivered an event and the reader went away without settling it. That count tells of an
event only if nothing else can have ended the reader. So an event is fetched only once the turn is ours, when no other
handler call runs, and is settled before the turn is given up; nothing is ever prefetched. An event that cannot be
handled now (told to stop, or a dependency is down) is handed back as new, so that it is not blamed for that.

Several replicas may fetch from the lane at once: each holds one event, alone in its own process, and the broker's
counts hold across all of them. Rules: `shared.bus.suspects`.
"""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self

import structlog
from aio_pika.abc import AbstractChannel
from pamqp.commands import Basic

from shared.bus.connection import BROKER_ERRORS, Link
from shared.bus.errors import EventRefused
from shared.bus.flood_guard import FloodGuard
from shared.bus.hand import Hand, Message
from shared.bus.handling import Handling
from shared.bus.holding import HeldTooLong, wait_for_dependency
from shared.bus.inbox import ANSWER_WITHIN_S
from shared.bus.ports import Subscription
from shared.bus.reading import read_delivery
from shared.bus.retry import Bury, describe, read_failure
from shared.bus.settling import BrokerDelivery, Settling
from shared.bus.suspects import conviction, delivery_count, judge_alone
from shared.bus.topology import suspect_queue
from shared.bus.waiting import either

LOOK_EVERY_S = 10.0
"""How often to look for suspects that another process left behind. Our own we know of at once."""

_log = structlog.get_logger()


class Lane:
    """Handles suspects beside a consumer, on a channel of its own; use as an async context manager.

    Args:
        subscription: whose suspects, and what to do with them.
        link: the consumer's open connection.
        halt: once set, nothing more is started.
        turn: held by whoever calls the handler.
        handling: calls the handler, and does not hold for a dependency.
        settling: carries out fates.
        guard: at which pace, while most events die.
        look_every_s: see `LOOK_EVERY_S`.
    """

    def __init__(
        self,
        subscription: Subscription,
        link: Link,
        halt: asyncio.Event,
        *,
        turn: asyncio.Lock,
        handling: Handling[BrokerDelivery],
        settling: Settling,
        guard: FloodGuard,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        self._subscription = subscription
        self._link = link
        self._halt = halt
        self._turn = turn
        self._handling = handling
        self._settling = settling
        self._guard = guard
        self._look_every_s = look_every_s
        self._woken = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def wake(self) -> None:
        """Say that there are suspects."""
        self._woken.set()

    async def __aenter__(self) -> Self:
        channel = await self._link.open_channel(confirms=False)
        self._task = asyncio.create_task(self._run(channel))
        self._task.add_done_callback(self._on_end)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the event in hand come to its end, unless we are cancelled ourselves."""
        self._halt.set()
        task = self._task
        if task is None:
            return
        if kind is not None and issubclass(kind, asyncio.CancelledError):
            task.cancel()
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()

    def _on_end(self, task: asyncio.Task[None]) -> None:
        error = None if task.cancelled() else task.exception()
        if not self._halt.is_set():
            self._link.give_up(f"the lane of suspects ended: {describe(error) if error else 'cancelled'}")

    async def _run(self, channel: AbstractChannel) -> None:
        try:
            hand = Hand(await channel.get_underlay_channel())
            while not self._halt.is_set():
                self._woken.clear()
                await self._empty(channel, hand)
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._look_every_s):
                        await either(self._woken, self._halt)
        except EventRefused as error:
            self._link.give_up(f"a retry or dead-letter queue is missing: {error.reason}")
        except BROKER_ERRORS as error:
            self._link.give_up(describe(error))

    async def _empty(self, channel: AbstractChannel, hand: Hand) -> None:
        """Handle suspects until there are none."""
        # Asking how many there are costs the broker nothing; fetching is a write to a quorum queue's log.
        name = suspect_queue(self._subscription.queue)
        queue = await channel.declare_queue(name, passive=True, timeout=ANSWER_WITHIN_S)
        if not queue.declaration_result.message_count:
            return
        held = 0
        while not self._halt.is_set():
            async with self._turn:
                if not await self._guard.ready(self._halt):
                    return
                fetched = await hand.channel.basic_get(name, timeout=ANSWER_WITHIN_S)
                if isinstance(fetched.delivery, Basic.GetEmpty):
                    return
                came_to_an_end = await self._handle(hand.take(fetched))
                # The broker has our acknowledgement once it answers the next request of the same channel.
                await channel.set_qos(prefetch_count=1, timeout=ANSWER_WITHIN_S)
            held = 0 if came_to_an_end else held + 1
            if held:
                await wait_for_dependency(self._subscription, self._halt, held - 1)

    async def _handle(self, message: Message) -> bool:
        """Settle one suspect; return False when it was handed back because it could not be handled now."""
        count, queue = delivery_count(message.headers), self._subscription.queue
        if judge_alone(count) == "bury":
            await self._settling.settle(message, conviction(count, read_failure(message.headers)), self._halt)
            return True
        read = read_delivery(message, queue)
        if isinstance(read, Bury):
            await self._settling.settle(message, read, self._halt)
            return True
        _log.debug("suspect_alone", queue=queue, event_id=read.envelope.id, earlier_deliveries=count)
        with suppress(HeldTooLong):
            await self._handling.run([read])
        if message.settled:
            return True
        await self._settling.set_apart(message, self._halt)
        return False
