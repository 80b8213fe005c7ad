"""How soon an article can be found, at a steady flow: `python -m tests.bench.search_freshness`.

Search runs as a process of its own on a RabbitMQ and a MongoDB of this program's. Articles are published at BENCH_RATE a
second (200) for BENCH_SECONDS (60); meanwhile the newest are asked for over HTTP again and again. The time is from the
call of publish to the arrival of the first answer that shows the article, so asking itself is in it.
"""

import asyncio
import logging
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import structlog
from prometheus_client import CollectorRegistry
from pymongo import MongoClient

from search.adapters.mongo_documents import ARTICLES
from shared.bus import Bus, open_bus
from shared.contracts.envelope import Envelope, seal
from tests.bench.machine import cpu_s, described, percentile, say
from tests.bench.news import collected
from tests.bench.own_search import DATABASE, servers

RATE = float(os.environ.get("BENCH_RATE", "200"))
SECONDS = float(os.environ.get("BENCH_SECONDS", "60"))
COUNT = int(RATE * SECONDS)

ASK_EVERY_S = 0.02
PAGE = 12
GIVE_UP_S = 30.0
P50_AIM_S, P99_AIM_S = 0.150, 0.500


class Watch:
    """When each article was published, and when it was first seen in an answer; seconds of one clock."""

    def __init__(self) -> None:
        self.published: dict[str, float] = {}
        self.published_at: dict[str, datetime] = {}
        self.found: dict[str, float] = {}
        self.asked = 0

    @property
    def waits_s(self) -> list[float]:
        """How long each article that was found had to wait."""
        return [at - self.published[article_id] for article_id, at in self.found.items()]


def made() -> list[Envelope]:
    """Return all events, made beforehand: making them would take from what is measured."""
    now, events = datetime.now(UTC), list[Envelope]()
    for number in range(COUNT):
        # Newest first is then the order of publishing, so that a short page shows what is new.
        newer = {"published_at": now + timedelta(milliseconds=number)}
        event = collected(number, COUNT).model_copy(update=newer)
        events.append(seal(event, source="/silkwire/ingest", at=now))
        if number % 1000 == 0:
            say(f"{number:,} of {COUNT:,} events are made", again=True)
    return events


async def publish(bus: Bus, events: Sequence[Envelope], watch: Watch) -> None:
    """Publish at a steady rate, whether or not earlier ones are confirmed."""
    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for number, event in enumerate(events):
            await asyncio.sleep(max(0.0, began + number / RATE - time.perf_counter()))
            watch.published[event.subject] = time.perf_counter()
            watch.published_at[event.subject] = datetime.now(UTC)
            tasks.create_task(bus.publish(event))


async def ask(http: httpx2.AsyncClient, watch: Watch) -> None:
    """Ask for the newest until all are found, or nothing new comes any more."""
    last_news = time.perf_counter()
    while len(watch.found) < COUNT and time.perf_counter() - last_news < GIVE_UP_S:
        began = time.perf_counter()
        if await _ask_once(http, watch):
            last_news = time.perf_counter()
        await asyncio.sleep(max(0.0, ASK_EVERY_S - (time.perf_counter() - began)))


async def _ask_once(http: httpx2.AsyncClient, watch: Watch) -> int:
    """Take down which articles are there for the first time; goes on to the next page while all of one are new.

    By cursor: a page by number has moved on by what came since the one before.
    """
    new, wanted = 0, {"page_size": str(PAGE), "excerpt_words": "0"}
    while True:
        answer = (await http.get("/v1/search", params=wanted)).raise_for_status().json()
        at = time.perf_counter()
        watch.asked += 1
        fresh = [article["id"] for article in answer["articles"] if article["id"] not in watch.found]
        watch.found |= dict.fromkeys(fresh, at)
        new += len(fresh)
        if len(fresh) < PAGE or not answer["results"]["next_cursor"]:
            return new
        wanted["cursor"] = answer["results"]["next_cursor"]


async def main() -> int:
    """Measure, print, and say whether the aims were kept."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    async with AsyncExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="silkwire-bench-")))
        running = await opened.enter_async_context(servers(folder))
        search = running.search(folder)
        opened.push_async_callback(search.close)
        await search.start()
        await search.ready()
        bus = open_bus(running.broker.url, service="bench", registry=CollectorRegistry())
        opened.push_async_callback(bus.close)
        http = await opened.enter_async_context(
            httpx2.AsyncClient(base_url=f"http://127.0.0.1:{search.port}", trust_env=False, timeout=10)
        )
        events = made()
        say(f"\n{RATE:g} articles a second for {SECONDS:g} s")
        watch, cpu = Watch(), cpu_s(search.pid)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(publish(bus, events, watch))
            tasks.create_task(ask(http, watch))
        cpu = cpu_s(search.pid) - cpu
        print(f"{datetime.now(UTC):%Y-%m-%d}, {described()}; {RATE:g} articles a second for {SECONDS:g} s\n")
        return _verdict(watch, await asyncio.to_thread(stored_waits_s, running.database.uri, watch), cpu)


def stored_waits_s(uri: str, watch: Watch) -> list[float]:
    """Return how long each article took from its publishing until the store began to write it, by the clock of this machine."""
    with MongoClient[dict[str, Any]](uri, tz_aware=True) as client:
        found = list(client[DATABASE][ARTICLES].find({}, {"stored_at": 1}))
    return [(one["stored_at"] - watch.published_at[one["_id"]]).total_seconds() for one in found]


def _verdict(watch: Watch, stored_s: list[float], cpu: float) -> int:
    waits = watch.waits_s
    p50, p99 = percentile(waits, 0.5), percentile(waits, 0.99)
    print(f"found                       {len(watch.found):,} of {COUNT:,}, in {watch.asked:,} answers")
    print(f"published to findable, p50  {p50 * 1000:.0f} ms (below {P50_AIM_S * 1000:.0f})")
    print(f"                       p99  {p99 * 1000:.0f} ms (below {P99_AIM_S * 1000:.0f})")
    print(f"                       max  {max(waits) * 1000:.0f} ms")
    print(f"published to stored, p50    {percentile(stored_s, 0.5) * 1000:.0f} ms")
    print(f"                     p99    {percentile(stored_s, 0.99) * 1000:.0f} ms")
    print(f"processor time of search    {cpu:.1f} s, {cpu / COUNT * 1000:.2f} ms an article")
    kept = len(watch.found) == COUNT and p50 < P50_AIM_S and p99 < P99_AIM_S
    print(f"the aims are {'kept' if kept else 'NOT kept'}")
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
