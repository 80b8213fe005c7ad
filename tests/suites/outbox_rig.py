"""An outbox to try: its owner's side, a bus that remembers, and relays that run within a block."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry

from shared.bus import EventRefused, LiveItem, LiveStart, PublishUnconfirmed, Subscription
from shared.clock import SystemClock
from shared.contracts.envelope import Envelope
from shared.outbox import (
    BUCKETS,
    Gate,
    OutboxMetrics,
    Relay,
    bucket_of,
    entries,
)
from shared.outbox.pending import with_pending
from shared.testing.eventually import eventually
from tests.suites.bus_suite import withdrawn


@dataclass
class ToldBus:
    """A bus that remembers what it was told, and can be down, slow, or refuse.

    Attributes:
        told: how often each subject was published and confirmed.
        refused: subjects it will never take.
        down: while set, nothing is confirmed.
        open: publishes wait for it.
    """

    told: Counter[str] = field(default_factory=Counter)
    envelopes: list[Envelope] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    down: bool = False
    open: asyncio.Event = field(default_factory=asyncio.Event)
    at_once: int = 0
    most_at_once: int = 0

    def __post_init__(self) -> None:
        self.open.set()

    async def publish(self, event: Envelope) -> None:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.open.wait()
            if event.subject in self.refused:
                raise EventRefused("no queue wants it")
            if self.down:
                raise PublishUnconfirmed("down")
            self.told[event.subject] += 1
            self.envelopes.append(event)
        finally:
            self.at_once -= 1

    async def consume(self, subscription: Subscription, stop: asyncio.Event) -> None:
        raise NotImplementedError

    def read_live(self, start: LiveStart, stop: asyncio.Event) -> AsyncGenerator[LiveItem, None]:
        raise NotImplementedError

    async def check(self) -> bool:
        return not self.down

    async def close(self) -> None:
        self.down = True


@dataclass
class Outbox:
    """The owner's side of a collection with an outbox."""

    collection: Any
    bus: ToldBus = field(default_factory=ToldBus)
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    async def store(self, *names: str) -> None:
        """Store documents, each with one event."""
        await self.collection.insert_many(
            [
                {"_id": name, "rev": 1, "bucket": bucket_of(name), "pending": entries(withdrawn(name))}
                for name in names
            ]
        )

    async def pending(self) -> int:
        """How many documents have pending events."""
        return int(await self.collection.count_documents(with_pending(list(range(BUCKETS)))))

    def relay(self, gate: Gate | None = None, **options: Any) -> Relay:
        """A relay of this outbox."""
        metrics = OutboxMetrics(options.pop("registry", CollectorRegistry()))
        return Relay(
            self.collection, self.bus, clock=SystemClock(), owner="r", metrics=metrics, gate=gate, **options
        )


class Watched:
    """A collection that counts calls, and whose updates of many fail first where told to."""

    def __init__(self, collection: Any, failures: Sequence[Exception] = ()) -> None:
        self._collection = collection
        self.failures = list(failures)
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        self.calls[name] += 1
        return getattr(self._collection, name)

    async def update_many(self, found: dict[str, Any], update: dict[str, Any]) -> Any:
        self.calls["update_many"] += 1
        if self.failures:
            raise self.failures.pop(0)
        return await self._collection.update_many(found, update)


@asynccontextmanager
async def relaying(*relays: Relay) -> AsyncIterator[None]:
    """Run relays within the block, stopping them in order at its end."""
    stop = asyncio.Event()
    tasks = [asyncio.create_task(relay.run(stop)) for relay in relays]
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(asyncio.gather(*tasks), 15)


async def empty(outbox: Outbox) -> None:
    """Wait until nothing is pending."""

    async def probe() -> bool:
        return await outbox.pending() == 0

    await eventually(probe, within_s=20, what="the outbox is empty")
