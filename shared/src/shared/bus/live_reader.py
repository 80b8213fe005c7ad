"""From the live stream to whoever reads it: connect -> subscribe near the place -> show the place -> hand out.

The broker keeps no place for a reader. So the place is kept here, and after every loss the reader subscribes a little
before it and looks for the very event it has passed last: seeing it proves that nothing is missing in between, on
any broker and whatever was done to the stream meanwhile.
"""

import asyncio
import random
from collections.abc import AsyncGenerator
from typing import Literal

import structlog
from aio_pika.abc import AbstractIncomingMessage

from shared.bus.connection import BROKER_ERRORS, CONNECT_TIMEOUT_S, Link, LinkLostError, Supervisor
from shared.bus.live import (
    Lapse,
    LiveItem,
    LiveLost,
    LiveReady,
    LiveReset,
    LiveStart,
    Place,
    Verdict,
    open_live,
)
from shared.bus.live_inbox import LiveInbox, offset_of
from shared.bus.metrics import BusMetrics
from shared.bus.retry import back_off_s, describe
from shared.bus.topology import Topology, declare
from shared.bus.waiting import end, pause
from shared.contracts.catalogue import LIVE
from shared.contracts.envelope import Envelope, UndecodableEventError, from_headers

LOOK_BACK = 256
"""How many events before its place a reader reads again, so that it knows a repeat of one of them."""

SETTLE_S = 2.0
"""How long a healthy broker may take to send what it has. Seen: 20 ms for the first message."""

QUIET_S = 0.25
"""A pause this long says that the newest chunk of messages has been sent to its end."""

OFFSET_MAX = 2**62
"""What a client calls an offset may be any number; this one can be said to a broker and no stream gets there."""

_log = structlog.get_logger()


class LiveReader:
    """One reader on one connection of its own; reads once.

    Args:
        start: see `Bus.read_live`.
        supervisor: keeps the connection.
        wanted: what is declared on the broker.
        metrics: where it is counted.
        settle_s: see `SETTLE_S`.
    """

    def __init__(
        self,
        start: LiveStart,
        *,
        supervisor: Supervisor,
        wanted: Topology,
        metrics: BusMetrics,
        settle_s: float = SETTLE_S,
    ) -> None:
        # None: after whatever is the end of the stream once it can be read.
        self._place = None if start == "next" else Place(start if isinstance(start, int) else None)
        self._supervisor = supervisor
        self._stream = Topology(
            (),
            tuple(queue for queue in wanted.queues if queue.name == LIVE),
            tuple(binding for binding in wanted.bindings if binding.queue == LIVE),
        )
        self._metrics = metrics
        self._settle_s = settle_s
        # One item at most: the next message is read, and acknowledged, when the last one was taken.
        self._handoff: asyncio.Queue[LiveItem | None] = asyncio.Queue(1)
        self._ready = False
        self._down = False

    async def read(self, stop: asyncio.Event) -> AsyncGenerator[LiveItem, None]:
        """See `Bus.read_live`."""
        halt = asyncio.Event()
        tasks = [asyncio.create_task(self._read(halt)), asyncio.create_task(_halt_on(stop, halt))]
        try:
            while (item := await self._handoff.get()) is not None:
                yield item
        finally:
            halt.set()
            await end(tasks)
            self._mark(ready=False)

    async def _read(self, stop: asyncio.Event) -> None:
        """Read until `stop` is set, whatever goes wrong with the connection."""
        attempt = 0
        while not stop.is_set():
            try:
                await self._supervisor.run(lambda link: self._session(link, stop), stop)
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                # The library cancels what waits on a channel that is being closed; nobody cancelled us.
                await self._lose("the connection was closed")
            except Exception as error:  # noqa: BLE001  nobody watches this task, and the reader must not fall silent
                _log.exception("live_reading_failed", reason=describe(error))
                await self._lose(describe(error))
            else:
                # Stopped, or sent to the oldest event kept.
                attempt = 0
                continue
            self._metrics.reconnects.labels("live").inc()
            await pause(stop, back_off_s(attempt, random.random()))  # noqa: S311  jitter
            attempt += 1
        await self._handoff.put(None)

    async def _session(self, link: Link, stop: asyncio.Event) -> None:
        try:
            if not await self._stream_is_up(link, stop):
                return
            async with LiveInbox(link, stop, self._begin_at()) as inbox:
                if self._place is None:
                    self._place = await self._find_end(inbox)
                else:
                    self._place.deliver_again()
                await self._follow(inbox, self._place)
        except (LinkLostError, *BROKER_ERRORS) as error:
            await self._lose(link.reason or describe(error))
            raise

    def _begin_at(self) -> Literal["first", "last"] | int:
        if self._place is None:
            return "last"
        if self._place.after is None:
            return "first"
        return min(max(0, self._place.after - LOOK_BACK), OFFSET_MAX)

    async def _stream_is_up(self, link: Link, stop: asyncio.Event) -> bool:
        """Wait until the broker can open the stream, which it may never do; return False when stopped first."""
        attempt = 0
        while not stop.is_set():
            async with asyncio.timeout(CONNECT_TIMEOUT_S):
                down = await declare(link.connection, self._stream)
            self._metrics.live_down.set(1 if down else 0)
            if not down:
                if self._down:
                    _log.info("live_stream_up", queue=LIVE)
                self._down = False
                return True
            if not self._down:
                _log.warning("live_stream_down", queue=LIVE, see="docs/operations.md")
            self._down = True
            await pause(stop, back_off_s(attempt, random.random()))  # noqa: S311  jitter
            attempt += 1
        return False

    async def _find_end(self, inbox: LiveInbox) -> Place:
        """Read the newest chunk of messages to its end, and return the place after it.

        `next` itself is not asked of the broker, because it says what that is only with the next event: a connection
        lost before would leave a reader without a place. When events come without a pause, the end is where we are
        after `settle_s`.
        """
        place = Place(-1)
        within_s = self._settle_s
        loop = asyncio.get_running_loop()
        until = loop.time() + self._settle_s
        while within_s > 0:
            try:
                message = await inbox.next(within_s)
            except TimeoutError:
                if place.after == -1 and await inbox.count():
                    continue
                break
            if message is None:
                break
            place.skip(offset_of(message), _id_of(message))
            await message.ack()
            within_s = min(QUIET_S, until - loop.time())
        place.sure = True
        return place

    async def _follow(self, inbox: LiveInbox, place: Place) -> None:
        """Hand out what comes; return when stopped, or when the place is lost and is now the oldest event kept."""
        if place.sure:
            await self._take_place(place.after)
        silences = 0
        while True:
            try:
                message = await inbox.next(None if place.sure else self._settle_s)
            except TimeoutError:
                # Asking shows that the broker works; then silence means that there is nothing where we were.
                await inbox.count()
                silences += 1
                if silences > 1:
                    await self._reset(place, "unknown")
                    return
                continue
            if message is None:
                return
            before = place.after
            envelope = _read(message)
            verdict = place.judge(offset_of(message), envelope.id if isinstance(envelope, Envelope) else None)
            if verdict in {Verdict.EXPIRED, Verdict.UNKNOWN}:
                await self._reset(place, "expired" if verdict is Verdict.EXPIRED else "unknown")
                return
            if place.sure:
                await self._take_place(before)
            await self._hand_out(verdict, message, envelope)
            await message.ack()

    async def _hand_out(
        self, verdict: Verdict, message: AbstractIncomingMessage, envelope: Envelope | UndecodableEventError
    ) -> None:
        if verdict is Verdict.REPEAT:
            self._metrics.live_events.labels("repeated").inc()
        if verdict is not Verdict.NEW:
            return
        offset = offset_of(message)
        try:
            if isinstance(envelope, UndecodableEventError):
                raise envelope
            item = open_live(offset, envelope)
        except UndecodableEventError as error:
            self._metrics.live_events.labels("undecodable").inc()
            _log.warning("live_event_undecodable", offset=offset, reason=error.reason)
            return
        self._metrics.live_events.labels("ok").inc()
        await self._handoff.put(item)

    async def _take_place(self, after: int | None) -> None:
        if not self._ready:
            _log.info("live_reader_ready", after=after)
            self._mark(ready=True)
            await self._handoff.put(LiveReady(after))

    async def _lose(self, reason: str) -> None:
        if self._ready:
            self._mark(ready=False)
            await self._handoff.put(LiveLost(reason))

    async def _reset(self, place: Place, lapse: Lapse) -> None:
        after = -1 if place.after is None else place.after
        _log.warning("live_place_lost", after=after, lapse=lapse)
        self._metrics.live_resets.labels(lapse).inc()
        self._mark(ready=False)
        place.begin_anew()
        await self._handoff.put(LiveReset(after, lapse))

    def _mark(self, *, ready: bool) -> None:
        if ready != self._ready:
            self._ready = ready
            self._metrics.live_readers.inc(1 if ready else -1)


async def _halt_on(stop: asyncio.Event, halt: asyncio.Event) -> None:
    await stop.wait()
    halt.set()


def _read(message: AbstractIncomingMessage) -> Envelope | UndecodableEventError:
    try:
        return from_headers(message.headers, message.body)
    except UndecodableEventError as error:
        return error
    except Exception as error:  # noqa: BLE001  no message, however odd, may end the reader: it would come again
        return UndecodableEventError(describe(error))


def _id_of(message: AbstractIncomingMessage) -> str | None:
    envelope = _read(message)
    return envelope.id if isinstance(envelope, Envelope) else None
