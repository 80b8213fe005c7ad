"""Search's API over articles in memory."""

from collections.abc import AsyncIterator

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from search.adapters.bounded_index import BoundedIndex, Limits
from search.adapters.walking_index import WalkingIndex
from search.api.routes import make_router
from search.metrics import Metrics
from shared.testing.clock import FixedClock
from shared.web import create_api
from tests.suites.article_builders import NOON, an_article
from tests.suites.memory_articles import MemoryArticles, MemoryWalks


@pytest.fixture
async def articles() -> MemoryArticles:
    articles = MemoryArticles()
    await articles.fill(
        [an_article(f"n{number}", minutes=number, text=f"rail word{number} three") for number in range(20)]
    )
    return articles


@pytest.fixture
def walks() -> MemoryWalks:
    return MemoryWalks()


@pytest.fixture
async def client(articles: MemoryArticles, walks: MemoryWalks) -> AsyncIterator[httpx2.AsyncClient]:
    api = create_api("Search", "", registry=CollectorRegistry())
    index = BoundedIndex(
        WalkingIndex(articles, walks), Limits(seconds=5, quick=1, waiting=1), Metrics(CollectorRegistry())
    )
    api.include_router(make_router(index, articles, FixedClock(NOON)))
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=api), base_url="http://search.test"
    ) as client:
        yield client
