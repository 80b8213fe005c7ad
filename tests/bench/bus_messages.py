"""What a message costs whoever says or hears it: `python -m tests.bench.bus_messages`.

BENCH_EVENTS (5,000) of an article's size are published, as many at once as the bus lets through, and then consumed in
batches by a handler that does nothing, on a RabbitMQ of its own; processor time of this process and of the broker, each
the least of any round.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import uvloop
from prometheus_client import CollectorRegistry

from shared.bus import Subscription
from shared.bus.publisher import IN_FLIGHT_MAX
from shared.bus.rabbit import RabbitBus
from shared.contracts.envelope import Envelope
from shared.testing.eventually import eventually
from silkwire.backing import rabbitmq
from tests.bench.machine import begin, cpu_s, described

EVENTS = int(os.environ.get("BENCH_EVENTS", "5000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
BODY_BYTES = 6000
TYPE, QUEUE = "article.collected.v1", "search.articles.v1"


def _event(number: int) -> Envelope:
    return Envelope(
        id=f"{number:064x}",
        type=TYPE,
        source="/silkwire/ingest",
        subject=f"a{number}",
        time=datetime.now(UTC),
        data=os.urandom(BODY_BYTES),
    )


async def _publish(bus: RabbitBus, events: Sequence[Envelope]) -> None:
    left = iter(events)

    async def some() -> None:
        for event in left:
            await bus.publish(event)

    async with asyncio.TaskGroup() as group:
        for _ in range(IN_FLIGHT_MAX):
            group.create_task(some())


async def _consume(bus: RabbitBus, count: int) -> None:
    stop, left = asyncio.Event(), count

    async def handle(events: Sequence[Envelope]) -> None:
        nonlocal left
        left -= len(events)
        if left <= 0:
            stop.set()

    await bus.consume(Subscription(QUEUE, handle), stop)


async def _measure(url: str, broker: int) -> list[float]:
    """Return the least CPU ms that an event cost in any round: published here and at the broker, consumed here and there."""
    bus = RabbitBus(url, service="bench", registry=CollectorRegistry())
    bus.start()
    await eventually(bus.check, within_s=30, what="the bus is connected")
    events = [_event(number) for number in range(EVENTS)]
    rounds: list[list[float]] = []
    for _ in range(ROUNDS):
        seen_s = [time.process_time(), cpu_s(broker)]
        await _publish(bus, events)
        seen_s += [time.process_time(), cpu_s(broker)]
        await _consume(bus, len(events))
        seen_s += [time.process_time(), cpu_s(broker)]
        rounds.append([after - before for before, after in zip(seen_s, seen_s[2:], strict=False)])
    await bus.close()
    return [min(times) * 1000 / EVENTS for times in zip(*rounds, strict=True)]


def main() -> int:
    """Start the broker, measure, print the table."""
    begin()
    with tempfile.TemporaryDirectory(prefix="silkwire-bench-") as name:
        broker = rabbitmq.start(Path(name) / "rabbitmq")
        try:
            costs = uvloop.run(_measure(broker.url, broker.process.pid))
        finally:
            broker.stop()
    print(
        f"{datetime.now(UTC):%Y-%m-%d}, {described()}, RabbitMQ {broker.version}; {EVENTS:,} events of 6 kB\n"
    )
    print("| CPU ms an event | service | broker |\n|---|---:|---:|")
    for what, (ours, brokers) in zip(("published", "consumed"), (costs[:2], costs[2:]), strict=True):
        print(f"| {what} | {ours:.3f} | {brokers:.3f} |")
    return 0


if __name__ == "__main__":
    sys.exit(main())
