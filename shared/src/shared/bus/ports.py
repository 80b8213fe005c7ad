"""The bus as everyone else sees it: publish with a promise, consume with a contract. Two implementations keep it.

RabbitMQ (`shared.bus.rabbit`) and memory (`shared.bus.memory`) pass the same suite, tests/suites/bus_suite.py.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from shared.bus.errors import EventRefused
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
