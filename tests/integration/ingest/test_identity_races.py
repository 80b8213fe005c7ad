"""Two replicas that store the same news at once, on a real MongoDB: never one revision twice, never an article twice."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry
from pymongo import MongoClient

from ingest.adapters.mongo_item_store import MongoItemStore
from ingest.adapters.mongo_source_store import MongoSourceStore
from ingest.domain.articles.normalise import normalise_feed
from ingest.domain.parsing.entries import Markup, RawEntry, RawFeed
from ingest.metrics import Metrics
from ingest.pipeline.storing import Storing
from ingest.pipeline.withdraw import Withdrawals
from shared import mongo
from shared.clock import SystemClock
from tests.suites.ingest_stores import source

AT = datetime(2026, 9, 22, 4, tzinfo=UTC)
FEEDS = [source(name, outlet="a.kg") for name in ("news", "politics", "economy")]
LONG = " ".join(f"word{n}" for n in range(30))


@dataclass(frozen=True)
class Shown:
    """An entry by numbers, so that entries have guid, address, title and text in common or not."""

    guid: int
    link: int
    title: int
    text: int

    def entry(self) -> RawEntry:
        return RawEntry(
            guid=f"guid-number-{self.guid}" if self.guid else None,
            link=f"https://a.kg/{self.link}",
            title=Markup(f"Title {self.title}", is_html=False),
            contents=(Markup(f"{LONG} {self.text}", is_html=False),),
            published=(AT + timedelta(minutes=self.title)).isoformat(),
        )


SMALL = st.integers(0, 3)
ENTRIES = st.lists(st.builds(Shown, SMALL, SMALL, SMALL, SMALL), min_size=1, max_size=5)
ROUNDS = st.lists(st.tuples(ENTRIES, ENTRIES, ENTRIES), min_size=1, max_size=3)


def storing(database: mongo.Database) -> Storing:
    """Return a replica of its own on the common database."""
    return Storing(
        items=MongoItemStore(database),
        sources=MongoSourceStore(database),
        clock=SystemClock(),
        metrics=Metrics(CollectorRegistry()),
        published=lambda: None,
    )


async def show(replica: Storing, number: int, shown: Sequence[Shown]) -> Counter[str]:
    feed, counts = FEEDS[number], Counter[str]()
    entries = tuple(one.entry() for one in shown)
    read = normalise_feed(RawFeed(kind="rss20", entries=entries), feed, feed.url)
    await replica.store(read.candidates, feed, counts)
    return counts


def check(documents: Sequence[dict[str, Any]]) -> None:
    """No key stands for two articles, and each article's revisions are 1, 2, 3, each said once."""
    keys = Counter(key for one in documents for key in one["keys"])
    assert [key for key, count in keys.items() if count > 1] == []
    for one in documents:
        said = sorted(event["id"] for event in one["pending"])
        assert len(said) == len(set(said)) == one["rev"]


@pytest.mark.timeout(240)
def test_replicas_that_store_the_same_news_at_once_make_no_article_and_no_revision_twice(
    mongodb_uri: str, database_name: str, mongodb_admin: MongoClient[dict[str, Any]]
) -> None:
    items = mongodb_admin[database_name]["items"]

    async def race(rounds: Sequence[tuple[Sequence[Shown], ...]]) -> None:
        client = mongo.connect(mongodb_uri)
        database = client.database(database_name)
        await MongoItemStore(database).ensure_indexes()
        await MongoSourceStore(database).seed(FEEDS)
        for shown in rounds:
            await asyncio.gather(*(show(storing(database), n, one) for n, one in enumerate(shown)))
        await client.close()

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(ROUNDS)
    def property_holds(rounds: list[tuple[list[Shown], list[Shown], list[Shown]]]) -> None:
        items.delete_many({})
        asyncio.run(race(rounds))
        check(list(items.find()))

    property_holds()


async def test_an_article_that_many_replicas_bring_at_once_under_other_names_is_one(
    database: mongo.Database,
) -> None:
    """The same page under ten guids, by ten replicas at the same moment."""
    await MongoItemStore(database).ensure_indexes()
    await MongoSourceStore(database).seed(FEEDS)
    shown = [Shown(guid, 1, 1, 1) for guid in range(1, 11)]
    random.Random(1).shuffle(shown)  # noqa: S311  an order, no secret
    counts = await asyncio.gather(*(show(storing(database), n % 3, [one]) for n, one in enumerate(shown)))
    assert sum(one["new"] for one in counts) == 1
    found = await database["items"].find().to_list(None)
    assert len(found) == 1
    check(found)


async def test_a_withdrawal_among_many_edits_is_the_last_word(database: mongo.Database) -> None:
    """Whatever was decided before it is refused, and nothing of it waits to be published."""
    items = MongoItemStore(database)
    await items.ensure_indexes()
    replica, withdraw = (
        storing(database),
        Withdrawals(items, SystemClock(), Metrics(CollectorRegistry()), lambda: None),
    )
    await show(replica, 0, [Shown(1, 1, 1, 1)])
    (item,) = await items.known_by([(await database["items"].find_one({}) or {})["_id"]])
    edits = [asyncio.create_task(show(storing(database), 0, [Shown(1, 1, 1, 2 + n)])) for n in range(6)]
    done = await withdraw(item.id, "owner", "a reason")
    await asyncio.gather(*edits)
    await show(replica, 0, [Shown(1, 1, 2, 9)])
    document = await database["items"].find_one({"_id": item.id})
    assert document is not None
    assert (document["state"], document["rev"]) == ("withdrawn", done.item.rev)
    assert [event["type"] for event in document["pending"]] == ["article.withdrawn.v1"]
