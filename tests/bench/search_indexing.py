"""How fast search takes what waits in its queue, broker and database included: `python -m tests.bench.search_indexing`.

The queue is filled first (BENCH_EVENTS, 20000), then the service is started as a process of its own: how many articles a
second are stored, how many can be found, what processor time goes to the broker, the database and search. Beside it, in
the same run, the consumer that one would write first (`naive_consumer.py`) over the same events: its `$text` index takes
longer the more it holds, so a part of them would tell too much of it.
"""

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aio_pika
import httpx2
from prometheus_client import CollectorRegistry
from pymongo import MongoClient

from shared.bus import open_bus
from shared.contracts.envelope import Envelope, seal
from tests.bench import naive_consumer
from tests.bench.comparing import alone
from tests.bench.machine import begin, cpu_s, described, peak_mib, say
from tests.bench.news import collected
from tests.bench.own_search import Servers, servers
from tests.faults.processes import Service

EVENTS = int(os.environ.get("BENCH_EVENTS", "20000"))
IN_FLIGHT = 200
LOOK_EVERY_S = 0.5
GIVE_UP_S = 1800.0

STORED_AIM, FINDABLE_AIM, TIMES_NAIVE_AIM = 1200.0, 800.0, 4.0


@dataclass(frozen=True)
class Taken:
    """How the queue was worked off: articles a second, and processor seconds of each process."""

    stored_per_s: float
    findable_per_s: float
    announced: float
    cpu_s: dict[str, float]
    peak_mib: float


async def main() -> int:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="silkwire-bench-") as name:
        folder = Path(name)
        async with servers(folder) as running:
            await _fill_naive(running)
            naive_cpu = _server_cpu(running)
            naive = alone(naive_consumer.consume, running.broker.url, running.database.uri, EVENTS)
            naive_cpu = {stage: cpu - naive_cpu[stage] for stage, cpu in _server_cpu(running).items()}
            naive_cpu["consumer"] = naive.cpu_s
            _forget_naive(running)
            await _fill(running)
            search = running.search(folder)
            try:
                taken = await _take(running, search)
            finally:
                await search.close()
            versions = f"RabbitMQ {running.broker.version}, MongoDB {running.database.version}"
    print(f"{datetime.now(UTC):%Y-%m-%d}, {described()}, {versions}; {EVENTS:,} events of about 400 words\n")
    _print(taken, EVENTS / naive.seconds, naive_cpu)
    return 0


async def _fill(running: Servers) -> None:
    """Fill search's queue, as ingest would."""
    bus = open_bus(running.broker.url, service="bench", registry=CollectorRegistry())
    for start in range(0, EVENTS, IN_FLIGHT):
        say(f"{start:,} of {EVENTS:,} events are in the queue", again=True)
        await asyncio.gather(*map(bus.publish, _events(start, min(start + IN_FLIGHT, EVENTS))))
    await bus.close()


async def _fill_naive(running: Servers) -> None:
    """Fill a queue of the same kind for the other consumer."""
    async with await aio_pika.connect(running.broker.url) as connection:
        channel = await connection.channel(publisher_confirms=True)
        await channel.declare_queue(naive_consumer.QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        for start in range(0, EVENTS, IN_FLIGHT):
            events = _events(start, min(start + IN_FLIGHT, EVENTS))
            sent = [
                channel.default_exchange.publish(
                    aio_pika.Message(event.data, delivery_mode=aio_pika.DeliveryMode.PERSISTENT),
                    naive_consumer.QUEUE,
                )
                for event in events
            ]
            await asyncio.gather(*sent)


def _forget_naive(running: Servers) -> None:
    """Let the database have written what the other consumer left, so that it does not while search is measured."""
    with MongoClient[dict[str, Any]](running.database.uri) as client:
        client.drop_database(naive_consumer.DATABASE)
        client.admin.command("fsync")


def _events(start: int, end: int) -> Iterable[Envelope]:
    now = datetime.now(UTC)
    return [
        seal(collected(number, EVENTS), source="/silkwire/ingest", at=now) for number in range(start, end)
    ]


async def _take(running: Servers, search: Service) -> Taken:
    """Start search and watch it until everything can be found."""
    before = _server_cpu(running)
    await search.start()
    began, stored_at, found_at = time.monotonic(), 0.0, 0.0
    until = time.monotonic() + GIVE_UP_S
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{search.port}", trust_env=False) as asking:
        while not (stored_at and found_at):
            assert time.monotonic() < until, "it takes too long"
            await asyncio.sleep(LOOK_EVERY_S)
            await search.observe()
            now, stored = time.monotonic(), search.gauge("search_changes_total", outcome="stored")
            if not stored:
                began = now
            elif stored >= EVENTS:
                stored_at = stored_at or now
                found_at = (
                    now if search.gauge("search_view_ready") and await _found(asking) >= EVENTS else 0.0
                )
            say(f"{stored:,.0f} of {EVENTS:,} articles are stored", again=True)
    cpu = {stage: cpu - before[stage] for stage, cpu in _server_cpu(running).items()}
    cpu["search"] = cpu_s(search.pid)
    announced = search.gauge("outbox_relayed_total", result="ok")
    return Taken(
        EVENTS / (stored_at - began), EVENTS / (found_at - began), announced, cpu, peak_mib(search.pid)
    )


async def _found(asking: httpx2.AsyncClient) -> int:
    """Return how many articles can be found."""
    answer = await asking.get("/v1/search", params={"page_size": 1})
    return int(answer.json()["results"]["total"]) if answer.is_success else 0


def _server_cpu(running: Servers) -> dict[str, float]:
    return {"broker": cpu_s(running.broker.process.pid), "mongod": cpu_s(running.database.process.pid)}


def _print(taken: Taken, naive_per_s: float, naive_cpu: dict[str, float]) -> None:
    print("| consumer | stored/s | findable/s | CPU ms an article |\n|---|---|---|---|")
    ours = " + ".join(f"{stage} {1000 * cpu / EVENTS:.2f}" for stage, cpu in taken.cpu_s.items())
    theirs = " + ".join(f"{stage} {1000 * cpu / EVENTS:.2f}" for stage, cpu in naive_cpu.items())
    print(f"| search | {taken.stored_per_s:.0f} | {taken.findable_per_s:.0f} | {ours} |")
    print(f"| one insert per message | {naive_per_s:.0f} | {naive_per_s:.0f} | {theirs} |\n")
    print(
        f"announced by the time that all could be found: {taken.announced:,.0f}; memory of search at most {taken.peak_mib:.0f} MiB"
    )
    times = taken.findable_per_s / naive_per_s
    print(
        f"stored {taken.stored_per_s / naive_per_s:.1f} times as fast as the naive consumer, which finds what it stores"
    )
    print(
        _verdict(
            taken.stored_per_s >= STORED_AIM,
            f"{taken.stored_per_s:.0f} stored a second, at least {STORED_AIM:.0f}",
        )
    )
    print(
        _verdict(
            taken.findable_per_s >= FINDABLE_AIM,
            f"{taken.findable_per_s:.0f} findable a second, at least {FINDABLE_AIM:.0f}",
        )
    )
    print(
        _verdict(
            times >= TIMES_NAIVE_AIM,
            f"findable {times:.1f} times as fast as the naive consumer, at least {TIMES_NAIVE_AIM:.0f}",
        )
    )


def _verdict(kept: bool, what: str) -> str:
    return f"{'kept' if kept else 'NOT kept'}: {what}"


if __name__ == "__main__":
    begin()
    sys.exit(asyncio.run(main()))
