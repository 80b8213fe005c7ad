"""One consumer's deliveries: subscribes, gathers batches, and notices when it is to stop or was forgotten."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from aio_pika.abc import AbstractChannel
from aiormq.abc import DeliveredMessage
from prometheus_client import Gauge

from shared.bus.connection import BROKER_ERRORS, Link
from shared.bus.hand import Hand, Message
from shared.bus.ports import Subscription
from shared.bus.retry import describe
from shared.bus.waiting import either, end, pause

ANSWER_WITHIN_S = 5.0
"""Longest that the broker may take to answer. Without a bound a stop would wait until a silent link is given up."""

SILENT_FOR_S = 50.0
"""How long a consumer may hear nothing before the broker is asked whether it still knows it."""


@dataclass(frozen=True, slots=True)
class _Subscribed:
    """What the broker delivers by."""

    channel: AbstractChannel
    hand: Hand
    tag: str


class Inbox:
    """Messages as they come, on a channel of its own; use as an async context manager.

    Args:
        subscription: the queue, the prefetch and the size of a batch.
        link: the open connection.
        stop: set when the process is to stop consuming.
        up: the gauge that is 1 while the broker delivers to us.
        silent_for_s: how long silence lasts until it is suspicious, in seconds.

    Attributes:
        halt: set as soon as nothing more is to be started: on `stop`, when the link is lost, and on leaving.
    """

    def __init__(
        self,
        subscription: Subscription,
        link: Link,
        stop: asyncio.Event,
        *,
        up: Gauge,
        silent_for_s: float = SILENT_FOR_S,
    ) -> None:
        self.halt = asyncio.Event()
        self._subscription = subscription
        self._link = link
        self._stop = stop
        self._up = up
        self._silent_for_s = silent_for_s
        self._messages: asyncio.Queue[Message | None] = asyncio.Queue()
        self._received = 0
        self._unsettled: list[Message] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._subscribed: _Subscribed | None = None

    async def __aenter__(self) -> Self:
        await self._subscribe()
        self._up.set(1)
        self._tasks = [
            asyncio.create_task(self._end()),
            asyncio.create_task(self._ask_when_silent()),
        ]
        return self

    async def _subscribe(self) -> None:
        channel = await self._link.open_channel(confirms=False)
        underlay = await channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(
            lambda _frame: self._link.give_up("the broker cancelled the consumer")
        )
        await channel.set_qos(prefetch_count=self._subscription.prefetch)
        hand = Hand(underlay)

        async def receive(delivered: DeliveredMessage) -> None:
            self._receive(hand.take(delivered))

        subscribed = await underlay.basic_consume(self._subscription.queue, receive)
        self._subscribed = _Subscribed(channel, hand, subscribed.consumer_tag or "")

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._up.set(0)
        # Whoever takes the cancellation for the library's own then sees that it is over.
        self.halt.set()
        await end(self._tasks)

    async def batch(self) -> list[Message]:
        """Return the next messages: a full batch, or what came in `batch_wait_s`; nothing once halted."""
        self._forget_settled()
        first = await self._messages.get()
        if first is None or self._halted():
            return []
        gathered = [first]
        with suppress(TimeoutError):
            async with asyncio.timeout(self._subscription.batch_wait_s):
                while len(gathered) < self._subscription.batch_max:
                    message = await self._messages.get()
                    if message is None:
                        break
                    gathered.append(message)
        return [] if self._halted() else gathered

    def _halted(self) -> bool:
        # `_end` hears of it some turns of the loop later: a call could begin meanwhile.
        return self.halt.is_set() or self._stop.is_set() or self._link.lost.is_set()

    async def flush(self) -> None:
        """Return once the broker has every acknowledgement given so far, or the link is lost.

        Acknowledgements have no answer, but a channel is worked off in order: whoever answers the next request has
        had them. Setting the prefetch again changes nothing.
        """
        if self._subscribed is not None:
            try:
                await self._subscribed.channel.set_qos(
                    prefetch_count=self._subscription.prefetch, timeout=ANSWER_WITHIN_S
                )
            except BROKER_ERRORS as error:
                self._link.give_up(describe(error))

    def _receive(self, message: Message) -> None:
        self._received += 1
        self._unsettled.append(message)
        self._messages.put_nowait(message)

    async def _end(self) -> None:
        """Halt on stop or loss. On stop tell the broker at once, so that other replicas get what is still to come."""
        await either(self._stop, self._link.lost)
        self.halt.set()
        self._up.set(0)
        self._messages.put_nowait(None)
        if not self._link.lost.is_set() and self._subscribed is not None:
            with suppress(*BROKER_ERRORS):
                await self._subscribed.hand.channel.basic_cancel(
                    self._subscribed.tag, timeout=ANSWER_WITHIN_S
                )

    async def _ask_when_silent(self) -> None:
        """Give the link up when the queue has messages and we, with nothing in hand, hear of none; else subscribe anew.

        Whoever has deliveries in hand may have no room for more; that ends with their settling, so it can wait.
        """
        while True:
            before = self._received
            if await pause(self.halt, self._silent_for_s):
                return
            if self._idle_since(before) and await self._waiting_messages():
                await pause(self.halt, min(5.0, self._silent_for_s))
                if self._idle_since(before) and await self._waiting_messages():
                    self._link.give_up("the broker forgot the consumer")
                    return
            elif self._idle_since(before) and not self.halt.is_set():
                await self._renew()

    async def _renew(self) -> None:
        """Subscribe anew and let the old subscription go, which has nothing in hand as far as we know.

        The broker may think otherwise. A queue that is deleted and made again at once keeps its consumers on RabbitMQ
        3.10.8 and gives them the new queue's first messages, but the consumer's channel takes these for repeats of the
        old queue's and passes none on. They are not waiting, so asking for waiting messages does not show them.
        """
        old = self._subscribed
        try:
            await self._subscribe()
            if old is not None:
                await self._link.close_channel(old.channel)
        except BROKER_ERRORS as error:
            self._link.give_up(describe(error))

    def _idle_since(self, received: int) -> bool:
        self._forget_settled()
        return self._received == received and not self._unsettled

    def _forget_settled(self) -> None:
        self._unsettled = [message for message in self._unsettled if not message.settled]

    async def _waiting_messages(self) -> int:
        try:
            async with self._link.connection.channel() as channel:
                queue = await channel.declare_queue(self._subscription.queue, passive=True)
                return queue.declaration_result.message_count or 0
        except BROKER_ERRORS as error:
            self._link.give_up(describe(error))
            return 0
