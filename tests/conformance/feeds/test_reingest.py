"""Reading a real feed again adds nothing, in whatever order its entries come: no article twice, no revision for nothing."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from ingest.adapters.feedparser_entries import parse_feed
from ingest.adapters.mongo_item_store import MongoItemStore
from ingest.domain.articles.normalise import normalise_feed
from ingest.domain.decoding.decode import decode
from ingest.domain.fetching.outcomes import UnreadableFeedError
from ingest.domain.parsing.entries import RawFeed
from ingest.metrics import Metrics
from ingest.pipeline.storing import Storing
from ingest.ports import ItemStore
from shared import mongo
from shared.testing.clock import FixedClock
from tests.suites.ingest_fakes import MemoryItemStore, MemorySourceStore
from tests.suites.ingest_stores import source

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
URL = "https://a.kg/rss"
SUFFIXES = frozenset({".xml", ".rss", ".atom", ".rdf", ".json", ".rss2", ".rss1", ".rss91"})
SAMPLE = 6
"""Every sixth feed goes through the real store too."""

FULL = 2
READINGS = ("first", "again", "turned round", "the first half", "the second half")


@dataclass
class Tally:
    """What all feeds came to, by the reading."""

    feeds: int = 0
    readings: list[Counter[str]] = field(default_factory=lambda: [Counter() for _ in READINGS])
    unsettled: list[str] = field(default_factory=list)


def feeds_of(folder: Path) -> Iterator[tuple[str, RawFeed]]:
    """Yield every document that is a feed with entries."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in SUFFIXES and path.is_file():
            with suppress(UnreadableFeedError):
                feed = parse_feed(decode(path.read_bytes()).text, URL)
                if feed.entries:
                    yield str(path.relative_to(folder)), feed


async def read_often(name: str, feed: RawFeed, items: ItemStore, tally: Tally) -> None:
    """Store a feed, an hour later again, then turned round, then its halves, as a feed that moves on shows them."""
    clock = FixedClock(NOW)
    known = MemorySourceStore(clock)
    storing = Storing(
        items=items,
        sources=known,
        clock=clock,
        metrics=Metrics(CollectorRegistry()),
        published=lambda: None,
    )
    # Each feed is an outlet of its own: many of them are one and the same feed, broken in different ways.
    its = source("a", outlet=name)
    middle = len(feed.entries) // 2
    orders = (feed.entries, feed.entries, feed.entries[::-1], feed.entries[:middle], feed.entries[middle:])
    repeats = normalise_feed(feed, its, URL).repeated > 0
    tally.feeds += 1
    for number, entries in enumerate(orders):
        counts: Counter[str] = Counter()
        if number > FULL and repeats:
            continue  # the half with the older version of an entry that is listed twice is another feed
        read = normalise_feed(replace(feed, entries=entries), its, URL)
        await storing.store(read.candidates, its, counts)
        tally.readings[number] += counts
        if number and counts - Counter(same=counts["same"]):
            tally.unsettled.append(f"{name}, {READINGS[number]}: {dict(counts)}")
        clock.advance(timedelta(hours=1).total_seconds())


def told(tally: Tally) -> str:
    """Return the tally in one line."""
    readings = (f"{name} {dict(counts)}" for name, counts in zip(READINGS, tally.readings, strict=True))
    return f"{tally.feeds} feeds with entries: {', '.join(readings)}"


async def test_re_reading_any_feed_adds_nothing(
    conformance_data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A reader would see every article twice, and every subscriber hear it twice."""
    tally = Tally()
    for name, feed in feeds_of(conformance_data / "feeds"):
        await read_often(name, feed, MemoryItemStore(), tally)
        await asyncio.sleep(0)
    with capsys.disabled():
        print(f"\n  in memory: {told(tally)}")
    assert tally.unsettled == []
    assert tally.readings[0]["new"] > 1700
    assert {verdict for counts in tally.readings[1:] for verdict in counts} == {"same"}


@pytest.fixture
async def items(mongodb_uri: str, database_name: str) -> AsyncIterator[MongoItemStore]:
    client = mongo.connect(mongodb_uri)
    store = MongoItemStore(client.database(database_name))
    await store.ensure_indexes()
    yield store
    await client.close()


@pytest.mark.timeout(300)
async def test_nor_does_it_on_the_real_database(
    conformance_data: Path, items: MongoItemStore, capsys: pytest.CaptureFixture[str]
) -> None:
    tally = Tally()
    for number, (name, feed) in enumerate(feeds_of(conformance_data / "feeds")):
        if number % SAMPLE == 0:
            await read_often(name, feed, items, tally)
    with capsys.disabled():
        print(f"\n  on MongoDB: {told(tally)}")
    assert tally.unsettled == []
    assert {verdict for counts in tally.readings[1:] for verdict in counts} == {"same"}
