"""Paging on two replicas of one record: by cursor while articles arrive, by page while all is quiet."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from search.adapters.mongo_article_store import MongoArticleStore
from search.adapters.mongo_index import MongoIndex
from search.adapters.mongo_walks import SHARED_S, WALKS, MongoWalks
from search.adapters.walking_index import WalkingIndex
from search.api.routes import make_router
from search.domain.article import Article, subject_of
from search.ports import RankedIndex
from shared.clock import SystemClock
from shared.mongo import Database
from shared.query import analyse, matches, read_query
from shared.testing.clock import FixedClock
from shared.testing.eventually import eventually
from shared.web import create_api
from tests.integration.search.test_mongo_follower import save
from tests.suites.article_builders import NOON, a_source, a_withdrawal, an_article
from tests.suites.search_replica import Replica, replica

WORDS = ("rail", "minister", "bazaar", "Osh", "Tashkent", "snow", "gas", "border")
QUERIES = (
    "rail",
    "rail minister",
    "minister OR bazaar",
    '"rail minister"',
    "ta*",
    "rail -snow",
    "source:s1 osh",
)


def articles(count: int, start: int = 0) -> list[Article]:
    """Articles that share words, lengths and, now and then, their instant of publication and all of their text."""
    made = []
    for number in range(start, start + count):
        words = [WORDS[(number * step) % len(WORDS)] for step in range(1, 3 + number % 9)]
        made.append(
            an_article(
                f"n{number:04}",
                minutes=number // 3,
                title=" ".join(words[:2]),
                text=" ".join(words),
                source=a_source(id=f"s{number % 4}", name=f"Source {number % 4}"),
            )
        )
    return made


def wanted(q: str, among: list[Article]) -> set[str]:
    """Return the ids that answer, by reading every article."""
    query = read_query(q)
    return {article.id for article in among if matches(query, analyse(subject_of(article)))}


def client_of(index: RankedIndex, store: MongoArticleStore, database: Database) -> httpx2.AsyncClient:
    api = create_api("Search", "", registry=CollectorRegistry())
    walking = WalkingIndex(index, MongoWalks(database, SystemClock()))
    api.include_router(make_router(walking, store, FixedClock(NOON)))
    return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=api), base_url="http://search.test")


@pytest.fixture
async def replicas(
    database: Database, store: MongoArticleStore, tmp_path: Path
) -> AsyncIterator[tuple[Replica, Replica]]:
    """Two replicas with views of their own, built of the same articles in batches of their own."""
    async with AsyncExitStack() as opened:
        first = await opened.enter_async_context(replica(database, store, tmp_path / "one"))
        for start in range(0, 150, 30):
            await save(store, articles(30, start))
        edited = [
            an_article(f"n{number:04}", rev=2, minutes=number, text="rail") for number in range(0, 20, 2)
        ]
        await save(store, [*edited, a_withdrawal("n0001")])
        second = await opened.enter_async_context(replica(database, store, tmp_path / "two"))
        yield first, second


def current() -> list[Article]:
    """The articles that both replicas show at first."""
    edited = {f"n{number:04}" for number in range(0, 20, 2)}
    kept = [one for one in articles(150) if one.id not in edited and one.id != "n0001"]
    return kept + [an_article(one, rev=2, text="rail") for one in sorted(edited)]


async def level(replicas: tuple[Replica, Replica], count: int) -> None:
    """Wait until both views show so many articles."""

    async def both() -> bool:
        counts = [await one.view.count() for one in replicas]
        return counts == [count, count] and all(one.follower.caught_up for one in replicas)

    await eventually(both, within_s=20, what=f"{count} articles in both views")


async def walk(
    clients: list[httpx2.AsyncClient], between: Callable[[], Awaitable[None]] | None = None, **parameters: Any
) -> tuple[list[str], list[int]]:
    """Return the ids of all pages and the totals they told, each page from the replica whose turn it is."""
    seen, totals = list[str](), list[int]()
    while True:
        response = await clients[len(totals) % 2].get("/v1/search", params=parameters)
        assert response.status_code == 200, response.text
        body = response.json()
        seen += [article["id"] for article in body["articles"]]
        totals.append(body["results"]["total"])
        if body["results"]["next_cursor"] is None:
            return seen, totals
        parameters["cursor"] = body["results"]["next_cursor"]
        if between is not None:
            await between()


@pytest.mark.parametrize("sort", ["newest", "relevance"])
async def test_a_walk_over_two_replicas_while_articles_arrive_meets_every_article_once(
    replicas: tuple[Replica, Replica], store: MongoArticleStore, database: Database, sort: str
) -> None:
    """A program that reads everything must neither miss an article nor be told one twice, whichever replica answers."""
    await level(replicas, 149)
    clients = [client_of(one.view, store, database) for one in replicas]
    arrived = 150

    async def arrive() -> None:
        nonlocal arrived
        await save(store, articles(2, arrived))
        arrived += 2

    for q, size in zip(QUERIES, (9, 4, 9, 2, 9, 7, 3), strict=True):
        seen, _ = await walk(clients, arrive, q=q, sort=sort, page_size=size)
        assert len(seen) == len(set(seen)), q
        assert wanted(q, current()) <= set(seen), q
    assert arrived > 190


async def test_on_a_quiet_index_pages_agree_with_a_count_of_all_and_with_those_of_the_other_replica(
    replicas: tuple[Replica, Replica], store: MongoArticleStore, database: Database
) -> None:
    await _pages_agree(replicas, store, database, "newest")


async def test_pages_by_relevance_agree_on_replicas_that_carry_no_replaced_revisions(
    replicas: tuple[Replica, Replica], store: MongoArticleStore, database: Database, tmp_path: Path
) -> None:
    """Tantivy counts replaced revisions among the words until they are merged away (ADR 12): these are built anew."""
    await level(replicas, 149)
    async with (
        replica(database, store, tmp_path / "three") as third,
        replica(database, store, tmp_path / "four") as fourth,
    ):
        await _pages_agree((third, fourth), store, database, "relevance")


async def _pages_agree(
    replicas: tuple[Replica, Replica], store: MongoArticleStore, database: Database, sort: str
) -> None:
    await level(replicas, 149)
    clients = [client_of(one.view, store, database) for one in replicas]
    for q in QUERIES:
        expected = wanted(q, current())
        orders = []
        for client in clients:
            seen: list[str] = []
            for page in range(1, len(expected) // 7 + 2):
                asked: dict[str, str | int] = {"q": q, "sort": sort, "page": page, "page_size": 7}
                body = (await client.get("/v1/search", params=asked)).json()
                assert body["results"]["total"] == len(expected), q
                seen += [article["id"] for article in body["articles"]]
            orders.append(seen)
        assert orders[0] == orders[1], q
        assert sorted(orders[0]) == sorted(expected), q


async def test_a_walk_may_begin_on_a_view_and_go_on_in_mongodb(
    replicas: tuple[Replica, Replica], store: MongoArticleStore, database: Database
) -> None:
    """A replica whose first view is still being built answers from MongoDB, with the cursors of the others."""
    await level(replicas, 149)
    clients = [client_of(replicas[0].view, store, database), client_of(MongoIndex(database), store, database)]
    for sort in ("newest", "relevance"):
        seen, totals = await walk(clients, q="rail", sort=sort, page_size=10)
        assert sorted(seen) == sorted(wanted("rail", current()))
        assert set(totals) == {len(seen)}


async def test_a_cursor_that_is_used_again_and_again_keeps_one_order(database: Database) -> None:
    """Ten thousand ids are kept for each; whoever reloads a page must not fill the disk."""
    clock = FixedClock(NOON)
    walks = MongoWalks(database, clock)
    first = await walks.keep("name", ["a", "b", "c"])
    assert await walks.keep("name", ["c", "a"]) == first
    assert await walks.read(first, 1, 5) == ["b", "c"]
    assert await walks.keep("other", ["c"]) != first
    clock.advance(SHARED_S)
    assert await walks.keep("name", ["c", "a"]) != first
    assert await database[WALKS].count_documents({}) == 3
