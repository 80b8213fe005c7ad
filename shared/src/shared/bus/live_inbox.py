"""One reader's deliveries from the live stream: subscribes at an offset and notices when it is to stop.

A stream needs manual acknowledgement, which here is only the broker's leave to send more, and a prefetch.
"""

import asyncio
from types import TracebackType
from typing import Literal, Self

from aio_pika.abc import AbstractIncomingMessage

from shared.bus.connection import BROKER_ERRORS, CONNECT_TIMEOUT_S, Link, LinkLostError
from shared.bus.retry import describe
from shared.bus.waiting import either, end, pause
from shared.contracts.catalogue import LIVE

PREFETCH = 64
"""Most events held; of the largest size they are 48 MiB, of the usual one a few hundred KiB."""

SILENT_FOR_S = 60.0
"""How long a reader may hear nothing before the broker is asked whether there is something to hear."""

ANSWER_WITHIN_S = 5.0
OFFSET_HEADER = "x-stream-offset"


class LiveInbox:
    """Messages of the live stream as they come, on a channel of its own; use as an async context manager.

    Args:
        link: the open connection.
        stop: set when reading is to end.
        offset: where the broker begins: the oldest message, the newest chunk of messages, or an offset. It may begin
            before that, by whole chunks.
        silent_for_s: how long silence lasts until it is suspicious, in seconds.
    """

    def __init__(
        self,
        link: Link,
        stop: asyncio.Event,
        offset: Literal["first", "last"] | int,
        *,
        silent_for_s: float = SILENT_FOR_S,
    ) -> None:
        self._link = link
        self._stop = stop
        self._offset = offset
        self._silent_for_s = silent_for_s
        self._halt = asyncio.Event()
        self._messages: asyncio.Queue[AbstractIncomingMessage | None] = asyncio.Queue()
        self._newest: AbstractIncomingMessage | None = None
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        channel = await self._link.open_channel(confirms=False)
        underlay = await channel.get_underlay_channel()
        underlay.on_consumer_cancel_callbacks.add(
            lambda _frame: self._link.give_up("the broker cancelled the reader")
        )
        await channel.set_qos(prefetch_count=PREFETCH)
        queue = await channel.get_queue(LIVE, ensure=False)
        await queue.consume(self._receive, arguments={OFFSET_HEADER: self._offset}, timeout=CONNECT_TIMEOUT_S)
        self._tasks = [asyncio.create_task(self._end()), asyncio.create_task(self._ask_when_silent())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._halt.set()
        await end(self._tasks)

    async def next(self, within_s: float | None = None) -> AbstractIncomingMessage | None:
        """Return the next message, which the caller acknowledges; None once stopped.

        Raises:
            TimeoutError: nothing came within `within_s` seconds.
            LinkLostError: nothing more will come.
        """
        async with asyncio.timeout(within_s):
            message = await self._messages.get()
        if self._stop.is_set():
            return None
        if message is None:
            raise LinkLostError(self._link.reason)
        return message

    async def count(self) -> int:
        """Ask the broker how many messages the stream has. It knows that only as of some seconds ago.

        Raises:
            LinkLostError: no answer.
        """
        try:
            async with (
                asyncio.timeout(ANSWER_WITHIN_S),
                self._link.connection.channel(publisher_confirms=False) as channel,
            ):
                queue = await channel.declare_queue(LIVE, passive=True)
                return queue.declaration_result.message_count or 0
        except BROKER_ERRORS as error:
            raise LinkLostError(f"the broker does not answer: {describe(error)}") from error

    async def _receive(self, message: AbstractIncomingMessage) -> None:
        self._newest = message
        self._messages.put_nowait(message)

    async def _end(self) -> None:
        await either(self._stop, self._link.lost)
        self._halt.set()
        self._messages.put_nowait(None)

    async def _ask_when_silent(self) -> None:
        """Give the link up when the stream goes on and we, with nothing in hand, hear of nothing."""
        while True:
            newest = self._newest
            if await pause(self._halt, self._silent_for_s):
                return
            if newest is not self._newest or (newest is not None and not newest.processed):
                continue
            if await self._newest_chunk() > (-1 if newest is None else offset_of(newest)):
                await pause(self._halt, min(ANSWER_WITHIN_S, self._silent_for_s))
                if newest is self._newest:
                    self._link.give_up("the broker forgot the reader")
                    return

    async def _newest_chunk(self) -> int:
        """Return the offset at which the newest chunk of messages begins, -1 when there is none."""
        arrived: asyncio.Queue[AbstractIncomingMessage] = asyncio.Queue()
        try:
            async with self._link.connection.channel(publisher_confirms=False) as channel:
                await channel.set_qos(prefetch_count=1)
                queue = await channel.get_queue(LIVE, ensure=False)
                await queue.consume(arrived.put, arguments={OFFSET_HEADER: "last"})
                try:
                    async with asyncio.timeout(ANSWER_WITHIN_S):
                        return offset_of(await arrived.get())
                except TimeoutError:
                    return -1
        except BROKER_ERRORS as error:
            self._link.give_up(describe(error))
            return -1


def offset_of(message: AbstractIncomingMessage) -> int:
    """Return a message's offset in the stream.

    Raises:
        LinkLostError: it has none, so what we read is no stream.
    """
    offset = message.headers.get(OFFSET_HEADER)
    if not isinstance(offset, int):
        raise LinkLostError(f"a message of {LIVE} has no offset")
    return offset
