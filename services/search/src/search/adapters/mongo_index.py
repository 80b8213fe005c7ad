"""The same questions answered by MongoDB itself: complete, but slower than the view.

It answers always where `SEARCH_INDEX=mongo`, and else while a replica's first view is built. Words, prefixes and filters
are conditions on `terms`; a phrase only narrows by its words there, and each candidate is then read and matched.
Relevance is plainer than the view's: the number of different query words found, a word in the title counting twice.

Where it answers for a while only, words are not kept in the record: they would cost every article that is stored, for
ever. Then every article that passes the filters is read and matched for words, one question at a time, in bounded time and
with rests: what it takes is taken from the building of the view, which ends all this. Relevance is newest first.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator
from typing import Any

import structlog

from search.adapters.mongo_documents import (
    ARTICLES,
    LIVE,
    WITHOUT_INTERNALS,
    UnreadableDocumentError,
    all_of,
    change_from,
    filter_term,
    form_term,
    word_term,
)
from search.domain.article import Article, first_key, last_key, subject_of
from search.domain.results import DEEPEST, Ask, Cursor, Found, Newest, Ranked
from search.ports import IndexUnavailableError
from shared.mongo import Database, Document, MongoUnavailableError, aggregate, translate
from shared.query import Filters, Query, Words, analyse, matches

Condition = dict[str, Any]

_log = structlog.get_logger()

_NEWEST = [("key", -1), ("_id", 1)]

_MATCHED_AT_ONCE = 100
_MATCHING_MAX_S = 5.0
"""Longest that articles are read to be matched; whoever asks is then told to come again."""

_REST_TIMES = 2.0
"""Where all are read for words, nobody else may have that done for so many times what it took."""


class MongoIndex:
    """Searches the record itself.

    Args:
        database: search's own.
        words: whether the record keeps words, see `MongoArticleStore`.
    """

    def __init__(self, database: Database, *, words: bool = True) -> None:
        self._articles = database[ARTICLES]
        self._words = words
        self._free_at = 0.0

    async def search(self, ask: Ask) -> Found:
        """Return what was asked for; past the end there are no articles, but the total stands.

        Raises:
            IndexUnavailableError: MongoDB does not answer now, or there is too much to be read.
        """
        try:
            with translate():
                if not (self._words or _only_filters(ask.query)):
                    return await self._search_in_turn(ask)
                if _has_phrase(ask.query):
                    async with asyncio.timeout(_MATCHING_MAX_S):
                        return await self._search_matching(ask)
                return await self._search_conditions(ask)
        except (MongoUnavailableError, TimeoutError) as error:
            raise IndexUnavailableError from error

    async def _search_conditions(self, ask: Ask) -> Found:
        """Let MongoDB decide alone: its conditions say exactly what the query says."""
        condition = condition_of(ask.query)
        total = await self._articles.count_documents(condition)
        start = _start(ask)
        pages: list[Condition] = [
            {"$skip": start},
            {"$limit": ask.limit + 1},
            {"$project": WITHOUT_INTERNALS},
        ]
        pipeline = [*_ordered(ask, condition), *pages]
        rows = [row async for row in self._rows(pipeline, ask.limit + 1)]
        shown = rows[: ask.limit]
        found = [article for row in shown if (article := _article(row)) is not None]
        more = None
        if len(rows) > ask.limit:
            more = _behind(ask, len(shown), Newest(shown[-1]["key"], shown[-1]["_id"]))
        return Found(total, tuple(article.listed() for article in found), more)

    async def _search_in_turn(self, ask: Ask) -> Found:
        began = time.monotonic()
        if began < self._free_at:
            raise IndexUnavailableError
        self._free_at = began + _MATCHING_MAX_S
        try:
            async with asyncio.timeout(_MATCHING_MAX_S):
                return await self._search_matching(ask)
        finally:
            ended = time.monotonic()
            self._free_at = ended + _REST_TIMES * (ended - began)

    async def _search_matching(self, ask: Ask) -> Found:
        """Read every candidate and match it here."""
        total, found, start = 0, list[Article](), _start(ask)
        behind = ask.behind if isinstance(ask.behind, Newest) else None
        pipeline = [
            *_ordered(Ask(ask.query, ask.sort, ask.limit), condition_of(ask.query, words=self._words)),
            {"$project": WITHOUT_INTERNALS},
        ]
        passed = 0
        async for article in self._matching(ask.query, pipeline):
            total += 1
            if behind is not None and (-article.key, article.id) <= (-behind.key, behind.id):
                continue
            if passed >= start and len(found) <= ask.limit:
                found.append(article.listed())
            passed += 1
        return _answer(ask, total, found)

    async def _matching(self, query: Query, pipeline: list[Condition]) -> AsyncIterator[Article]:
        """Give the articles that match, in the pipeline's order; they are matched in a thread, some at a time."""
        rows: list[Document] = []
        async for row in self._rows(pipeline, _MATCHED_AT_ONCE):
            rows.append(row)
            if len(rows) == _MATCHED_AT_ONCE:
                for article in await asyncio.to_thread(_matching, query, rows):
                    yield article
                rows = []
        for article in await asyncio.to_thread(_matching, query, rows):
            yield article

    def _rows(self, pipeline: list[Condition], batch: int) -> AsyncIterator[Document]:
        return aggregate(self._articles, pipeline, batchSize=batch, allowDiskUse=True)


def _article(row: Document) -> Article | None:
    """Leave out what cannot be read: one odd document must not keep all others from being found."""
    try:
        change = change_from(row)
    except UnreadableDocumentError as error:
        _log.error("record_document_unreadable", article_id=str(error), outcome="skipped")
        return None
    return change if isinstance(change, Article) else None


def _matching(query: Query, rows: list[Document]) -> list[Article]:
    articles = [article for row in rows if (article := _article(row)) is not None]
    return [article for article in articles if matches(query, analyse(subject_of(article)))]


def _answer(ask: Ask, total: int, found: list[Article]) -> Found:
    """Keep what was asked for of what was found: one more, if there is more."""
    kept = tuple(article.listed() for article in found[: ask.limit])
    more: Cursor | None = None
    if len(found) > ask.limit:
        more = _behind(ask, len(kept), Newest(kept[-1].key, kept[-1].id))
    return Found(total, kept, more)


def _behind(ask: Ask, shown: int, last: Newest) -> Cursor | None:
    """Return the place behind what is shown, in the order asked for."""
    if ask.sort == "newest":
        return last
    end = _start(ask) + shown
    return Ranked(end) if end < DEEPEST else None


def _start(ask: Ask) -> int:
    if isinstance(ask.behind, Ranked):
        return ask.behind.count
    return 0 if ask.behind is not None else ask.start


def _ordered(ask: Ask, condition: Condition) -> list[Condition]:
    if isinstance(ask.behind, Newest):
        key, article_id = ask.behind.key, ask.behind.id
        behind = {"$or": [{"key": {"$lt": key}}, {"key": key, "_id": {"$gt": article_id}}]}
        condition = all_of([condition, behind])
    if ask.sort == "newest":
        return [{"$match": condition}, {"$sort": dict(_NEWEST)}]
    wanted = sorted({term for words in _positive(ask.query) for term in _scoring_terms(words)})
    score = {"$size": {"$setIntersection": ["$terms", wanted]}}
    return [
        {"$match": condition},
        {"$addFields": {"score": score}},
        {"$sort": {"score": -1, **dict(_NEWEST)}},
    ]


def _positive(query: Query) -> list[Words]:
    return [words for group in query.groups for words in group.any_of]


def _scoring_terms(words: Words) -> list[str]:
    if words.prefix:
        return []
    return [word_term(term, in_title=in_title) for term in words.terms for in_title in (False, True)]


def _has_phrase(query: Query) -> bool:
    return any(len(words.terms) > 1 for words in (*_positive(query), *query.excluded))


def _only_filters(query: Query) -> bool:
    return not query.groups and not query.excluded


def condition_of(query: Query, *, words: bool = True) -> Condition:
    """Return the condition that no article fails which answers the query; without phrases, none else passes.

    Args:
        query: what was asked.
        words: whether the record keeps words; if not, they are no part of the condition.
    """
    conditions: list[Condition] = [{"state": LIVE}]
    if words:
        conditions += [{"$or": [_found(one) for one in group.any_of]} for group in query.groups]
        conditions += [{"$nor": [_found(one)]} for one in query.excluded if len(one.terms) == 1]
    return all_of(conditions + _filter_conditions(query.filters))


def _found(words: Words) -> Condition:
    if words.prefix:
        start = form_term(words.terms[0], in_title=words.in_title)
        return {"terms": {"$regex": f"^{re.escape(start)}"}}
    return {"terms": {"$all": [word_term(term, in_title=words.in_title) for term in words.terms]}}


def _filter_conditions(filters: Filters) -> list[Condition]:
    conditions: list[Condition] = []
    for item in filters.fields:
        values = [filter_term(item.field, value) for value in item.values]
        conditions.append({"terms": {"$nin" if item.negated else "$in": values}})
    if filters.after is not None:
        conditions.append({"key": {"$gte": first_key(filters.after)}})
    if filters.before is not None:
        conditions.append({"key": {"$lte": last_key(filters.before)}})
    return conditions
