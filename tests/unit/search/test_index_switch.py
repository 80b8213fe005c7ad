"""Whoever answers, the answer says how old it may be."""

from datetime import datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from search.adapters.index_switch import IndexName, IndexSwitch
from search.domain.view_state import STALE_AFTER_S, ViewState
from search.metrics import Metrics
from search.ports import IndexUnavailableError
from tests.suites.article_builders import NOON, an_article
from tests.suites.article_index_suite import asking
from tests.suites.memory_articles import MemoryArticles


def switch(name: IndexName, index: MemoryArticles, as_of: datetime | None) -> IndexSwitch:
    return IndexSwitch(lambda: (name, index), lambda: as_of, Metrics(CollectorRegistry()))


async def test_a_view_that_has_lost_the_record_says_up_to_when_it_followed() -> None:
    """MongoDB is down: readers still get articles, and are told that later ones may be missing."""
    articles = MemoryArticles()
    await articles.fill([an_article("a")])
    earlier = NOON - timedelta(hours=1)
    found = await switch("tantivy", articles, earlier).search(asking())
    assert (found.total, found.as_of) == (1, earlier)


async def test_the_record_itself_is_never_old() -> None:
    found = await switch("mongo", MemoryArticles(), NOON).search(asking())
    assert found.as_of is None


async def test_an_index_that_cannot_answer_is_told_as_such() -> None:
    articles = MemoryArticles()
    articles.down = True
    with pytest.raises(IndexUnavailableError):
        await switch("tantivy", articles, None).search(asking())


@pytest.mark.parametrize(
    ("behind_s", "stale"), [(None, False), (0.4, False), (STALE_AFTER_S, False), (STALE_AFTER_S + 1, True)]
)
def test_a_view_is_stale_once_it_is_far_behind(behind_s: float | None, *, stale: bool) -> None:
    assert ViewState(behind_s=behind_s).stale is stale
