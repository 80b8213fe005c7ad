"""The bus as everyone else sees it: publish with a promise, consume with a contract. Two implementations keep it.

RabbitMQ (`shared.bus.rabbit`) and memory (`shared.bus.memory`) pass the same suites, tests/suites/bus_suite.py and
live_suite.py.
"""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.bus.errors import EventRefused
from shared.bus.live import LiveItem, LiveStart
from shared.contracts.catalogue import LIVE, QUEUES
from shared.contracts.envelope import MAX_BODY_BYTES, Envelope

PUBLISH_TIMEOUT_S = 10.0
"""Longest a publish may take."""

Handler = Callable[[Sequence[Envelope]], Awaitable[None]]
"""Takes a batch and returns once its effects are durable. It must be safe to call twice with the same events.

What it raises decides the fate of the events. A batch that raises is tried again event by event, so that one bad
event never harms others.

* `Reject` or `UndecodableEventError`: to the dead letters at once.
* `DependencyDown`: held until the probe answers, then called again; no attempt is counted.
* anything else, the deadline included: the retry ladder, then the dead letters.
* `asyncio.CancelledError` when the consumer itself is cancelled: nothing; the bus delivers again.
"""

Probe = Callable[[], Awaitable[bool]]
"""Returns whether a dependency answers again. It may raise: that counts as no."""


@dataclass(frozen=True, slots=True)
class Subscription:
    """One consumer: a durable queue and what to do with its events.

    Raises ValueError for a queue that is not in the catalogue, and for the live stream, which is read by offset.

    Attributes:
        queue: a durable queue of the catalogue.
        handler: see `Handler`. Its events always have a type that the queue supports.
        probe: asked while a dependency is down; None means the handler itself is tried again.
        batch_max: most events in one call.
        batch_wait_s: longest a first event waits for company, in seconds.
        prefetch: most events held unacknowledged; this is the bound on memory.
        deadline_s: longest one call of the handler may take, in seconds.
    """

    queue: str
    handler: Handler
    probe: Probe | None = None
    batch_max: int = 128
    batch_wait_s: float = 0.02
    prefetch: int = 256
    deadline_s: float = 30.0

    def __post_init__(self) -> None:
        if self.queue not in QUEUES or self.queue == LIVE:
            raise ValueError(f"not a work queue of the catalogue: {self.queue}")


class Bus(Protocol):
    """A way to say events and to hear them, at least once and in any order."""

    async def publish(self, event: Envelope) -> None:
        """Return once every durable queue bound to the event's type has it.

        Safe to repeat: readers drop repeats by the event's id and the highest revision wins.

        Raises:
            PublishUnconfirmed: unknown whether the bus has it; keep the event and publish it again later.
            EventRefused: too large, or no queue wants its type; record it, it must not block others.
        """
        ...

    async def consume(self, subscription: Subscription, stop: asyncio.Event) -> None:
        """Hand the queue's events to the handler until `stop` is set.

        Survives the loss of the broker. Once `stop` is set no new call is started; the one under way is finished
        and acknowledged, and everything else is left for the next consumer.
        """
        ...

    def read_live(self, start: LiveStart, stop: asyncio.Event) -> AsyncGenerator[LiveItem, None]:
        """Give the live stream's events in the order of their offsets, until `stop` is set.

        Every reader has a place of its own and hears everything; nothing is taken from others. An event's offset is
        where to go on after it: in this call the reader does so by itself, through any number of lost brokers, with
        no event missing and none given twice; another call, in any process, does so when it is given the offset.

            async with contextlib.aclosing(bus.read_live(start, stop)) as items:
                async for item in items:
                    match item:
                        case LiveReady():  # from here on nothing is missed: now read what `next` leaves out
                        case LiveEvent():  # item.offset is the id of the Server-Sent Event
                        case LiveReset():  # the place is lost; the oldest event kept follows: tell `reset`
                        case LiveLost():   # the stream is away for now; `LiveReady` follows: tell `degraded`

        What cannot be read is passed over, counted and logged. A repeat of one of the last 20,000 events is left
        out; a reader that has just begun knows of few events before its start, and readers must bear a repeat
        anyway. Memory is bounded: what the caller does not take stays on the bus. Leaving the loop early, close the
        generator (as above), or its connection lives until the collector finds it.

        Args:
            start: `first`, the oldest event kept; `next`, what is published once `LiveReady` was given; or an
                offset, after which to begin (-1: before the very first).
            stop: ends the reading.

        Raises:
            ValueError: a negative offset other than -1.
        """
        ...

    async def check(self) -> bool:
        """Return whether events can be published now."""
        ...

    async def close(self) -> None:
        """Close all connections; consumers must have been stopped before."""
        ...


def check_size(event: Envelope) -> None:
    """Refuse an event that is too large to travel.

    Raises:
        EventRefused: larger than `MAX_BODY_BYTES`.
    """
    if len(event.data) > MAX_BODY_BYTES:
        raise EventRefused(f"{len(event.data)} bytes, more than {MAX_BODY_BYTES}")
