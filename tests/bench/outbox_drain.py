"""How fast a full outbox drains, on a RabbitMQ and a MongoDB of its own: `python -m tests.bench.outbox_drain`.

Two ways are compared: as it was (64 in flight, each confirmed event taken out by an update of its own) and as it is.
The old way lives here only.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import uvloop
from prometheus_client import CollectorRegistry

from shared.bus.rabbit import RabbitBus
from shared.clock import SystemClock
from shared.contracts.catalogue import CATALOGUE
from shared.contracts.envelope import Envelope
from shared.mongo import Collection, Driver, Mongo, connect, translate
from shared.outbox import OutboxMetrics, Relay, bucket_of, ensure_indexes, entries
from shared.outbox import relay as relaying
from shared.outbox.pending import without
from shared.testing.eventually import eventually
from silkwire.backing import mongod, rabbitmq
from tests.bench.machine import begin, described

EVENTS = int(os.environ.get("BENCH_EVENTS", "5000"))
BODY_BYTES = 6000
"""About what an article of a news site weighs."""

ROUNDS = 5
TYPE = "article.collected.v1"


class OneByOne:
    """Takes each event out by an update of its own, as the relay did before it wrote in bulk."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def take_out(self, document_id: object, event_id: str) -> bool:
        """Write at once."""
        with translate():
            await self._collection.update_one({"_id": document_id}, without([event_id]))
        return True

    async def close(self) -> None:
        """Nothing is left."""


@dataclass(frozen=True)
class Way:
    """A way to drain."""

    name: str
    driver: Driver
    in_flight: int
    alter: Callable[[Relay, Collection], None]


def _as_it_was(relay: Relay, collection: Collection) -> None:
    relay._clearing = OneByOne(collection)  # type: ignore[assignment]  # the old way has no other door


def _as_it_is(_relay: Relay, _collection: Collection) -> None:
    return


WAYS = [
    Way("64 in flight, one by one", "motor", 64, _as_it_was),
    Way("64 in flight, one by one", "pymongo", 64, _as_it_was),
    Way("256 in flight, in bulk", "motor", 256, _as_it_is),
    Way("256 in flight, in bulk", "pymongo", 256, _as_it_is),
]


def _event(number: int) -> Envelope:
    return Envelope(
        id=f"{number:064x}",
        type=TYPE,
        source="/silkwire/ingest",
        subject=f"a{number}",
        time=datetime.now(UTC),
        data=os.urandom(BODY_BYTES),
    )


async def _fill(collection: Collection) -> None:
    await ensure_indexes(collection)
    for start in range(0, EVENTS, 1000):
        rows: list[dict[str, Any]] = [
            {
                "_id": f"a{number}",
                "rev": 1,
                "bucket": bucket_of(f"a{number}"),
                "pending": entries(_event(number)),
            }
            for number in range(start, min(start + 1000, EVENTS))
        ]
        await collection.insert_many(rows)


@dataclass(frozen=True)
class Round:
    """One drain."""

    events_per_s: float
    cpu_ms_per_event: float


async def _drain(bus: RabbitBus, collection: Collection, way: Way) -> Round:
    """Fill an outbox and drain it."""
    await _fill(collection)
    relaying.IN_FLIGHT_MAX = way.in_flight
    relay = Relay(
        collection, bus, clock=SystemClock(), owner="bench", metrics=OutboxMetrics(CollectorRegistry())
    )
    way.alter(relay, collection)
    stop = asyncio.Event()
    began, cpu_began = time.perf_counter(), time.process_time()
    running = asyncio.create_task(relay.run(stop))

    async def empty() -> bool:
        return not await collection.count_documents({"pending.id": {"$exists": True}}, limit=1)

    await eventually(empty, within_s=300, every_s=0.2, what="an empty outbox")
    seconds, cpu_s = time.perf_counter() - began, time.process_time() - cpu_began
    stop.set()
    await running
    return Round(EVENTS / seconds, cpu_s * 1000 / EVENTS)


async def _measure(amqp_url: str, mongodb_uri: str) -> dict[str, list[Round]]:
    """Let each way drain in turn, again and again, so that a busy minute of the machine meets all of them."""
    bus = RabbitBus(amqp_url, service="bench", registry=CollectorRegistry())
    bus.start()
    await eventually(bus.check, within_s=30, what="the bus is connected")
    found: dict[str, list[Round]] = {}
    for number in range(ROUNDS):
        for way in WAYS:
            client: Mongo = connect(mongodb_uri, driver=way.driver, appname="bench")
            database = f"bench_{way.driver}_{way.in_flight}_{number}"
            done = await _drain(bus, client.database(database)["items"], way)
            found.setdefault(f"{way.name} | {way.driver}", []).append(done)
            await client.drop_database(database)
            await client.close()
    await bus.close()
    return found


def main() -> int:
    """Start the servers, measure, print the table."""
    assert TYPE in CATALOGUE
    begin()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="silkwire-bench-")))
        broker = rabbitmq.start(folder / "rabbitmq")
        stack.callback(broker.stop)
        database = mongod.start(folder / "mongodb")
        stack.callback(database.stop)
        found = uvloop.run(_measure(broker.url, database.uri))
        versions = f"RabbitMQ {broker.version}, MongoDB {database.version}"
    out = sys.stdout.write
    out(f"{datetime.now(UTC):%Y-%m-%d}, {described()}, {versions}; {EVENTS} events of {BODY_BYTES} bytes\n\n")
    out("| way | driver | events/s (median) | of rounds | CPU ms an event |\n|---|---|---|---|---|\n")
    for way, rounds in found.items():
        rates = sorted(done.events_per_s for done in rounds)
        cpu_ms = median(done.cpu_ms_per_event for done in rounds)
        out(f"| {way} | {median(rates):.0f} | {rates[0]:.0f} to {rates[-1]:.0f} | {cpu_ms:.2f} |\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
