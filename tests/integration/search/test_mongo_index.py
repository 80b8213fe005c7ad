"""MongoDB's own index shows what every index must."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import pytest
import structlog

from search.adapters.mongo_article_store import MongoArticleStore
from search.adapters.mongo_documents import ARTICLES
from search.adapters.mongo_index import MongoIndex
from search.domain.article import Article, Change
from search.domain.results import Ask, Found
from shared.mongo import Database
from shared.query import Query, read_query
from tests.suites.answer_index_suite import AnswerIndexSuite
from tests.suites.article_builders import a_record, an_article
from tests.suites.article_index_suite import ArticleIndexSuite
from tests.suites.story_index_suite import StoryIndexSuite


class FilledRecord:
    """The record as an index that can be filled anew."""

    def __init__(self, database: Database, store: MongoArticleStore) -> None:
        self._articles = database[ARTICLES]
        self._store = store
        self._index = MongoIndex(database)

    async def fill(self, changes: Sequence[Change]) -> None:
        await self._articles.delete_many({})
        await self._store.save([a_record(change) for change in changes])
        # Stories are no part of a revision: the worker sets them afterwards.
        for change in changes:
            if isinstance(change, Article) and change.story is not None:
                await self._articles.update_one({"_id": change.id}, {"$set": {"story": change.story}})

    async def search(self, ask: Ask) -> Found:
        return await self._index.search(ask)

    async def order(self, query: Query, fresh_at: datetime | None) -> list[str]:
        return await self._index.order(query, fresh_at)

    async def among(self, query: Query, ids: Sequence[str]) -> Found:
        return await self._index.among(query, ids)


@pytest.mark.parametrize("typed", ["", '"old bazaar"'], ids=["by_conditions", "by_matching"])
@pytest.mark.parametrize("limit", [1, 2])
async def test_a_document_that_cannot_be_read_is_left_out_and_all_others_are_shown(
    database: Database, store: MongoArticleStore, typed: str, limit: int
) -> None:
    """One odd document must not take away every page that meets it, nor end the reading there."""
    index = FilledRecord(database, store)
    await index.fill([an_article(name, minutes=-n, title="The old bazaar") for n, name in enumerate("abcd")])
    await database[ARTICLES].update_one({"_id": "b"}, {"$set": {"title": 7}})
    seen: list[str] = []
    ask = Ask(read_query(typed), "newest", limit)
    with structlog.testing.capture_logs() as logs:
        while True:
            found = await index.search(ask)
            seen += [article.id for article in found.articles]
            if found.next is None:
                break
            ask = replace(ask, behind=found.next)
    assert seen == ["a", "c", "d"]
    assert {entry["event"] for entry in logs} == {"record_document_unreadable"}


@pytest.mark.parametrize("typed", ["", "bazaar", '"old bazaar"', "source:s1"])
async def test_the_server_ends_a_question_when_nobody_waits_for_it_any_more(
    database: Database, store: MongoArticleStore, typed: str
) -> None:
    """A filter over a million articles took the server twenty seconds; who had asked was told "busy" after two."""
    await store.save([a_record(an_article("a", title="The old bazaar"))])
    await database.command("profile", 2)
    await MongoIndex(database, 0.9).search(Ask(read_query(typed), "newest", 1, facets=("topic",)))
    await database.command("profile", 0)
    told = await database["system.profile"].find({"ns": {"$regex": f"{ARTICLES}$"}}).to_list(None)
    bounds_ms = [one["command"]["maxTimeMS"] for one in told if one["op"] == "command"]
    assert bounds_ms
    assert max(bounds_ms) <= 900


class TestMongoIndex(ArticleIndexSuite, AnswerIndexSuite, StoryIndexSuite):
    @pytest.fixture
    def index(self, database: Database, store: MongoArticleStore) -> FilledRecord:
        return FilledRecord(database, store)
