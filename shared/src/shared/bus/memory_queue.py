"""What the memory bus keeps: one work queue per reader, and the live stream as a ring."""

import asyncio
import random
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, field

from shared.bus.errors import PublishUnconfirmed
from shared.bus.live import Lapse, LiveReady, LiveReset, LiveStart, Repeats
from shared.bus.retry import Failure
from shared.bus.waiting import either, pause
from shared.contracts.envelope import Envelope

LIVE_RING_EVENTS = 20_000


@dataclass(eq=False, slots=True)
class MemoryDelivery:
    """An event on its way to one reader.

    Attributes:
        envelope: the event.
        settled: done once the reader handled or buried it.
        failure: its failed attempts so far.
        waiters: how many publishes wait for it; a repeat of an event that is on its way joins the first.
        with_reader: whether a reader has it in hand.
    """

    envelope: Envelope
    settled: asyncio.Future[None]
    failure: Failure = field(default_factory=Failure)
    waiters: int = 0
    with_reader: bool = False


class WorkQueue:
    """Deliveries to one reader, which may have several consumers.

    Args:
        shuffle: when given, deliveries are taken in an order drawn from it.
    """

    def __init__(self, shuffle: random.Random | None = None) -> None:
        self._shuffle = shuffle
        self._ready: list[MemoryDelivery] = []
        self._open: dict[str, MemoryDelivery] = {}
        self._later: dict[str, asyncio.TimerHandle] = {}
        self._arrived = asyncio.Event()

    async def deliver(self, event: Envelope) -> None:
        """Return once a reader settled the event.

        When the wait is cut short, an event that no reader has begun with is taken back.

        Raises:
            PublishUnconfirmed: the bus was closed.
        """
        delivery = self._open.get(event.id)
        if delivery is None:
            delivery = MemoryDelivery(event, asyncio.get_running_loop().create_future())
            self._open[event.id] = delivery
            self._put(delivery)
        delivery.waiters += 1
        try:
            await asyncio.shield(delivery.settled)
        finally:
            delivery.waiters -= 1
            if not delivery.waiters and not delivery.settled.done():
                self._take_back(delivery)

    async def take(self, most: int, wait_s: float, halt: asyncio.Event) -> list[MemoryDelivery]:
        """Return the next deliveries, at most `most`; nothing once halted."""
        # What was there may be taken back, or be taken by another consumer, while this one waits for company.
        while not halt.is_set():
            while not self._ready and not halt.is_set():
                self._arrived.clear()
                await either(self._arrived, halt)
            if len(self._ready) < most and wait_s > 0:
                await pause(halt, wait_s)
            if self._ready:
                break
        if halt.is_set():
            return []
        if self._shuffle is not None:
            self._shuffle.shuffle(self._ready)
        taken, self._ready = self._ready[:most], self._ready[most:]
        for delivery in taken:
            delivery.with_reader = True
        return taken

    def settle(self, delivery: MemoryDelivery) -> None:
        """Say that the reader is done with it."""
        delivery.with_reader = False
        self._open.pop(delivery.envelope.id, None)
        if not delivery.settled.done():
            delivery.settled.set_result(None)

    def put_later(self, delivery: MemoryDelivery, delay_s: float) -> None:
        """Deliver it again after a delay."""
        delivery.with_reader = False
        loop = asyncio.get_running_loop()
        self._later[delivery.envelope.id] = loop.call_later(delay_s, self._put_back, delivery)

    def give_back(self, deliveries: Iterable[MemoryDelivery]) -> None:
        """Deliver again, at once, whatever of these the reader left as it was."""
        for delivery in deliveries:
            if delivery.with_reader:
                self._put(delivery)

    def close(self) -> None:
        """Forget everything; whoever waits is told that nothing is known."""
        for handle in self._later.values():
            handle.cancel()
        self._later.clear()
        for delivery in self._open.values():
            if not delivery.settled.done() and delivery.waiters:
                delivery.settled.set_exception(PublishUnconfirmed("the bus was closed"))
        self._open.clear()
        self._ready.clear()

    def _take_back(self, delivery: MemoryDelivery) -> None:
        if delivery in self._ready and not delivery.failure.attempts:
            self._ready.remove(delivery)
            del self._open[delivery.envelope.id]

    def _put_back(self, delivery: MemoryDelivery) -> None:
        self._later.pop(delivery.envelope.id, None)
        self._put(delivery)

    def _put(self, delivery: MemoryDelivery) -> None:
        delivery.with_reader = False
        self._ready.append(delivery)
        self._arrived.set()


class LiveRing:
    """The last events of the live stream, each with an offset that grows by one.

    Args:
        first_offset: the first event's offset. The process's start in milliseconds keeps a new process's offsets
            above those of the one before, so that an offset of an earlier life is seen as too old.
        most: how many events are kept.

    Attributes:
        events: what is kept, by offset, oldest first.
        next_offset: the offset of the next event.
    """

    def __init__(self, first_offset: int, most: int = LIVE_RING_EVENTS) -> None:
        self._most = most
        self.events: dict[int, Envelope] = {}
        self._repeats = Repeats(most)
        self._grown = asyncio.Event()
        self.next_offset = first_offset

    @property
    def first_offset(self) -> int:
        """The offset of the oldest event still kept."""
        return self.next_offset - len(self.events)

    def append(self, event: Envelope) -> bool:
        """Add an event at the end; the oldest falls out when the ring is full. Return False for a repeat."""
        if self._repeats.has(event.id):
            return False
        self.events[self.next_offset] = event
        self.next_offset += 1
        if len(self.events) > self._most:
            del self.events[self.first_offset]
        self._grown.set()
        self._grown = asyncio.Event()
        return True

    async def read(
        self, start: LiveStart, stop: asyncio.Event
    ) -> AsyncGenerator[LiveReady | LiveReset | tuple[int, Envelope], None]:
        """Give every event with its offset, as `Bus.read_live` does, until `stop` is set."""
        after = self._begin_after(start)
        lapse = self._lapse(after)
        if lapse is None:
            yield LiveReady(None if start == "first" else after)
        while not stop.is_set():
            lapse = self._lapse(after)
            if lapse is not None:
                yield LiveReset(after, lapse)
                after = self.first_offset - 1
                yield LiveReady(None)
            elif after + 1 < self.next_offset:
                after += 1
                yield after, self.events[after]
            else:
                await either(self._grown, stop)

    def _begin_after(self, start: LiveStart) -> int:
        if isinstance(start, int):
            return start
        return self.next_offset - 1 if start == "next" else self.first_offset - 1

    def _lapse(self, after: int) -> Lapse | None:
        if after >= self.next_offset:
            return "unknown"
        return "expired" if after + 1 < self.first_offset else None
