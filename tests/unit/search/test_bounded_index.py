"""Searches are bounded in time and number, so that a few cannot take the service from all."""

import asyncio
from contextlib import suppress

import pytest
from prometheus_client import CollectorRegistry

from search.adapters.bounded_index import BoundedIndex, Limits
from search.metrics import Metrics
from search.ports import IndexBusyError
from shared.testing.eventually import eventually
from tests.suites.article_builders import an_article
from tests.suites.article_index_suite import asking
from tests.suites.memory_articles import MemoryArticles


def bounded(articles: MemoryArticles, registry: CollectorRegistry, **limits: float) -> BoundedIndex:
    given = Limits(seconds=limits.get("seconds", 5), quick=1, costly=1, waiting=1)
    return BoundedIndex(articles, given, Metrics(registry))


async def test_a_search_over_its_time_is_given_up_but_keeps_its_place_until_it_has_ended() -> None:
    """Its thread cannot be stopped: were its place free, given up searches would take all threads."""
    articles, registry = MemoryArticles(), CollectorRegistry()
    await articles.fill([an_article("a")])
    index = bounded(articles, registry, seconds=0.02)
    articles.slow.clear()
    for _ in range(3):
        with pytest.raises(IndexBusyError):
            await index.search(asking())
    assert registry.get_sample_value("search_refused_total", {"reason": "too_slow"}) == 3
    articles.slow.set()

    async def answered() -> bool:
        # On a busy machine the first answers may take longer than that little time too.
        with suppress(IndexBusyError):
            return (await index.search(asking())).total == 1
        return False

    await eventually(answered, what="an answer after the slow one has ended")


async def test_costly_searches_do_not_stand_in_the_way_of_plain_ones() -> None:
    articles, registry = MemoryArticles(), CollectorRegistry()
    await articles.fill([an_article("a")])
    index = bounded(articles, registry)
    articles.slow.clear()
    costly = [asyncio.create_task(index.search(asking("ab* cd*"))) for _ in range(3)]
    with pytest.raises(IndexBusyError):
        await costly[2]
    plain = asyncio.create_task(index.search(asking()))
    articles.slow.set()
    assert (await plain).total == 1
    assert [(await task).total for task in costly[:2]] == [0, 0]
    assert registry.get_sample_value("search_refused_total", {"reason": "too_many"}) == 1
