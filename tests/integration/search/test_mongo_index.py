"""MongoDB's own index shows what every index must."""

from collections.abc import Sequence

import pytest

from search.adapters.mongo_article_store import MongoArticleStore
from search.adapters.mongo_documents import ARTICLES
from search.adapters.mongo_index import MongoIndex
from search.domain.article import Change
from search.domain.results import Ask, Found
from shared.mongo import Database
from tests.suites.article_builders import a_record
from tests.suites.article_index_suite import ArticleIndexSuite


class FilledRecord:
    """The record as an index that can be filled anew."""

    def __init__(self, database: Database, store: MongoArticleStore) -> None:
        self._articles = database[ARTICLES]
        self._store = store
        self._index = MongoIndex(database)

    async def fill(self, changes: Sequence[Change]) -> None:
        await self._articles.delete_many({})
        await self._store.save([a_record(change) for change in changes])

    async def search(self, ask: Ask) -> Found:
        return await self._index.search(ask)


class TestMongoIndex(ArticleIndexSuite):
    @pytest.fixture
    def index(self, database: Database, store: MongoArticleStore) -> FilledRecord:
        return FilledRecord(database, store)
