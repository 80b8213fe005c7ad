"""A process that dies at an exact place, and what its successor makes of it: nothing is lost, little is said twice."""

import asyncio
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from pymongo import MongoClient

from shared import failpoints
from shared.bus.rabbit import RabbitBus
from shared.contracts.envelope import Envelope
from shared.failpoints import EXIT_KILLED
from shared.testing.eventually import eventually
from tests.integration.ingest.local_web import LocalWeb, Page, local_web, pair_of_ports
from tests.suites.bus_suite import RETRY_DELAYS_S, consuming, wait_until, withdrawn
from tests.suites.ingest_fakes import rss

FEED = rss([("https://a.kg/1", "One"), ("https://a.kg/2", "Two")])
INGEST = [
    failpoints.INGEST_AFTER_FETCH,
    failpoints.INGEST_AFTER_STORE,
    failpoints.INGEST_AFTER_ETAG,
    failpoints.OUTBOX_BEFORE_PUBLISH,
    failpoints.OUTBOX_AFTER_CONFIRM,
    failpoints.BUS_SENT,
]

READER = """
import asyncio, sys
from prometheus_client import CollectorRegistry
from shared import failpoints
from shared.bus import Subscription
from shared.bus.rabbit import RabbitBus

async def fail(events):
    raise RuntimeError("not today")

async def main(url, armed):
    failpoints.arm(armed)
    bus = RabbitBus(url, service="reader", registry=CollectorRegistry(), retry_delays_s=(0.2, 0.2))
    bus.start()
    await bus.consume(Subscription("search.articles.v1", fail), asyncio.Event())

asyncio.run(main(*sys.argv[1:]))
"""


class Hearer:
    """Counts how often each event arrives."""

    def __init__(self) -> None:
        self.heard: Counter[str] = Counter()

    async def __call__(self, events: Sequence[Envelope]) -> None:
        self.heard.update(event.id for event in events)


@pytest.fixture
async def web() -> AsyncIterator[LocalWeb]:
    async with local_web() as serving:
        serving.pages["/a"] = Page(FEED, etag=True)
        yield serving


@pytest.fixture
async def bus(amqp_url: str) -> AsyncIterator[RabbitBus]:
    bus = RabbitBus(amqp_url, service="test", registry=CollectorRegistry(), retry_delays_s=RETRY_DELAYS_S)
    bus.start()
    await eventually(bus.check, within_s=20, what="the bus is connected")
    yield bus
    await bus.close()


@asynccontextmanager
async def child(*arguments: str, **environment: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A Python process of ours, ended with the block."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, *arguments, env={**os.environ, "LOG_LEVEL": "warning", **environment}
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
        await asyncio.wait_for(process.wait(), 30)


@pytest.fixture
def servers(amqp_url: str, mongodb_uri: str, database_name: str) -> dict[str, str]:
    """What a service of this test is told of its servers."""
    return {
        "AMQP_URL": amqp_url,
        "MONGODB_URI": mongodb_uri,
        "INGEST_MONGODB_DATABASE": database_name,
        "SEARCH_MONGODB_DATABASE": database_name,
    }


@pytest.fixture
def ingest(servers: dict[str, str], web: LocalWeb, tmp_path: Path) -> dict[str, str]:
    """Settings of ingest on one source."""
    sources = tmp_path / "sources.opml"
    row = f'<outline text="a" id="a" outlet="a.kg" xmlUrl="{web.url("/a")}"/>'
    sources.write_text(f"<opml><body>{row}</body></opml>", encoding="utf-8")
    return {
        **servers,
        "INGEST_SOURCES": str(sources),
        "INGEST_ALLOW_PRIVATE_ADDRESSES": "true",
        "INGEST_DEFAULT_INTERVAL_S": "1",
        "INGEST_MIN_INTERVAL_S": "1",
        "INGEST_LEASE_S": "2",
        "INGEST_HOST": "127.0.0.1",
        "INGEST_PORT": str(pair_of_ports()),
    }


@pytest.fixture
def search(servers: dict[str, str]) -> dict[str, str]:
    """Settings of search without a view."""
    address = {"SEARCH_HOST": "127.0.0.1", "SEARCH_PORT": str(pair_of_ports())}
    return {**servers, **address, "SEARCH_INDEX": "mongo"}


@pytest.mark.parametrize("point", INGEST)
async def test_wherever_ingest_dies_its_successor_says_every_article(
    point: str, bus: RabbitBus, ingest: dict[str, str]
) -> None:
    hearer = Hearer()
    async with consuming(bus, hearer):
        async with child("-m", "ingest", **ingest, SILKWIRE_FAILPOINTS=f"{point}:1") as dying:
            assert await asyncio.wait_for(dying.wait(), 60) == EXIT_KILLED
        async with child("-m", "ingest", **ingest):
            await wait_until(lambda: len(hearer.heard) == 2, "both articles are said", within_s=60)
    assert max(hearer.heard.values()) <= 2


@pytest.mark.parametrize("point", [failpoints.SEARCH_BEFORE_WRITE, failpoints.SEARCH_AFTER_WRITE])
async def test_wherever_search_dies_its_successor_stores_every_article(
    point: str, bus: RabbitBus, search: dict[str, str], mongodb_admin: MongoClient[dict[str, Any]]
) -> None:
    names = [f"a{number}" for number in range(20)]
    for name in names:
        await bus.publish(withdrawn(name))
    articles = mongodb_admin[search["SEARCH_MONGODB_DATABASE"]]["articles"]
    async with child("-m", "search", **search, SILKWIRE_FAILPOINTS=f"{point}:1") as dying:
        assert await asyncio.wait_for(dying.wait(), 60) == EXIT_KILLED
    async with child("-m", "search", **search):
        await wait_until(lambda: articles.count_documents({}) == 20, "all are stored", within_s=60)
    assert {row["_id"] for row in articles.find({}, {"_id": 1})} == set(names)


async def test_a_poisoned_event_kills_search_after_every_restart(
    bus: RabbitBus, search: dict[str, str]
) -> None:
    """What the lane for suspects is for needs an event that really kills."""
    await bus.publish(withdrawn("poison"))
    for _ in range(2):
        async with child("-m", "search", **search, SILKWIRE_FAILPOINTS="search.handle:match=poison") as dying:
            assert await asyncio.wait_for(dying.wait(), 60) == EXIT_KILLED


@pytest.mark.parametrize("point", [failpoints.BUS_RETRY_SENT, failpoints.BUS_RETRY_CONFIRMED])
async def test_a_reader_that_dies_in_the_middle_of_a_retry_loses_nothing(
    point: str, bus: RabbitBus, amqp_url: str
) -> None:
    events = [withdrawn(f"a{number}") for number in range(20)]
    for event in events:
        await bus.publish(event)
    async with child("-c", READER, amqp_url, f"{point}:5") as dying:
        assert await asyncio.wait_for(dying.wait(), 60) == EXIT_KILLED
    hearer = Hearer()
    async with consuming(bus, hearer):
        await wait_until(lambda: len(hearer.heard) == 20, "all are handled")
    assert hearer.heard.keys() == {event.id for event in events}
    assert hearer.heard.total() <= 21
