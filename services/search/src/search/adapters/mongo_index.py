"""The same questions answered by MongoDB itself: complete, but slower than the view.

It answers always where `SEARCH_INDEX=mongo`, and else while a replica's first view is built. Words, prefixes and filters
are conditions on `terms`; a phrase only narrows by its words there, and each candidate is then read and matched.
Relevance is plainer than the view's: the number of different query words found, a word in the title counting twice, and
once more where it is spelled as it was asked for.

Where it answers for a while only, words are not kept in the record: they would cost every article that is stored, for
ever. Then every article that passes the filters is read and matched for words, one question at a time, in bounded time and
with rests: what it takes is taken from the building of the view, which ends all this. Relevance is newest first.
"""

import asyncio
import re
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

import structlog

from search.adapters.mongo_collapse import count_stories, once_each, story_sizes
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
from search.adapters.mongo_facets import counted_key, grouped
from search.domain.article import Article, first_key, last_key, subject_of
from search.domain.facets import FacetName, Facets, counted, told
from search.domain.freshness import HALF_LIFE, LASTING
from search.domain.results import DEEPEST, Ask, Cursor, Found, Newest, shown
from search.ports import IndexUnavailableError
from shared.mongo import Collection, Database, Document, MongoUnavailableError, aggregate, translate, within
from shared.query import Filters, Query, Words, analyse, matches, sequences

Condition = dict[str, Any]

_log = structlog.get_logger()

_NEWEST = [("key", -1), ("_id", 1)]

_MOST_COUNTED = 1000
_MATCHED_AT_ONCE = 100

_REST_TIMES = 2.0
"""Where all are read for words, nobody else may have that done for so many times what it took."""


class MongoIndex:
    """Searches the record itself.

    Args:
        database: search's own.
        longest_s: seconds a question may take; reading every candidate of a phrase knows no other end.
        words: whether the record keeps words, see `MongoArticleStore`.
    """

    def __init__(self, database: Database, longest_s: float = 10.0, *, words: bool = True) -> None:
        self._longest_s = longest_s
        self._articles = database[ARTICLES]
        self._words = words
        self._free_at = 0.0

    async def search(self, ask: Ask) -> Found:
        """Return what was asked for; past the end there are no articles, but the total stands.

        Raises:
            IndexUnavailableError: MongoDB does not answer now, or there is too much to be read.
        """
        async with self._answering(ask.query):
            found = await self._search(ask)
            stories = await story_sizes(self._articles, found.articles)
            return replace(found, stories=stories, facets=await self._facets(ask) if ask.facets else {})

    async def order(self, query: Query, fresh_at: datetime | None) -> list[str]:
        """Return the ids of the articles that answer a query, by relevance: `DEEPEST` at most.

        Raises:
            IndexUnavailableError: MongoDB does not answer now, or there is too much to be read.
        """
        ask = Ask(query, "relevance", DEEPEST, fresh_at=fresh_at)
        async with self._answering(query):
            if self._is_matched_here(query):
                return [article.id for article in (await self._search_matching(ask)).articles]
            stages = _ordered(ask, self._condition(query))
            pipeline = [*stages, {"$limit": DEEPEST}, {"$project": {"_id": 1}}]
            return [str(row["_id"]) async for row in self._rows(pipeline, 1000)]

    async def among(self, query: Query, ids: Sequence[str]) -> Found:
        """Return those of some articles that answer a query, in the order of `ids`; the total is the query's.

        Raises:
            IndexUnavailableError: MongoDB does not answer now, or there is too much to be read.
        """
        async with self._answering(query):
            total = (await self._search(Ask(query, "newest", 1))).total
            condition = all_of([{"_id": {"$in": list(ids)}}, self._condition(query)])
            pipeline: list[Condition] = [{"$match": condition}, {"$project": WITHOUT_INTERNALS}]
            known = {article.id: article.listed() async for article in self._matching(query, pipeline)}
            articles = tuple(known[one] for one in ids if one in known)
            return Found(total, articles, None, await story_sizes(self._articles, articles))

    async def _search(self, ask: Ask) -> Found:
        if self._is_matched_here(ask.query):
            return await self._search_matching(ask)
        return await self._search_conditions(ask)

    def _is_matched_here(self, query: Query) -> bool:
        return _has_phrase(query) or self._reads_all(query)

    def _reads_all(self, query: Query) -> bool:
        """Tell whether every article that passes the filters must be read to answer."""
        return not (self._words or _only_filters(query))

    def _condition(self, query: Query) -> Condition:
        return condition_of(query, words=self._words)

    @asynccontextmanager
    async def _answering(self, query: Query) -> AsyncIterator[None]:
        """Bound the time of an answer, and tell what MongoDB's absence means to who asked."""
        began = time.monotonic()
        in_turn = self._reads_all(query)
        if in_turn and began < self._free_at:
            raise IndexUnavailableError
        if in_turn:
            self._free_at = began + self._longest_s
        try:
            # The server is told as well: it would go on with what nobody waits for any more.
            with translate(), within(self._longest_s):
                async with asyncio.timeout(self._longest_s):
                    yield
        except (MongoUnavailableError, TimeoutError) as error:
            raise IndexUnavailableError from error
        finally:
            if in_turn:
                ended = time.monotonic()
                self._free_at = ended + _REST_TIMES * (ended - began)

    async def _search_conditions(self, ask: Ask) -> Found:
        """Let MongoDB decide alone: its conditions say exactly what the query says."""
        condition = self._condition(ask.query)
        counting = count_stories if ask.collapse else _count
        total = await counting(self._articles, condition)
        start = 0 if ask.behind is not None else ask.start
        pages: list[Condition] = [
            {"$skip": start},
            {"$limit": ask.limit + 1},
            {"$project": WITHOUT_INTERNALS},
        ]
        pipeline = [*_ordered(ask, condition), *pages]
        rows = [row async for row in self._rows(pipeline, ask.limit + 1)]
        page = rows[: ask.limit]
        found = [article for row in page if (article := _article(row)) is not None]
        listed = tuple(article.listed() for article in found)
        more = None
        if len(rows) > ask.limit:
            more = _behind(ask, listed, Newest(page[-1]["key"], page[-1]["_id"]))
        return Found(total, listed, more)

    async def _facets(self, ask: Ask) -> Facets:
        if not self._is_matched_here(ask.query):
            return {name: told(name, await self._counts(name, ask.query)) for name in ask.facets}
        pipeline = [{"$match": self._condition(ask.query)}, {"$project": WITHOUT_INTERNALS}]
        return counted(ask.facets, [article async for article in self._matching(ask.query, pipeline)])

    async def _counts(self, name: FacetName, query: Query) -> list[tuple[str | int, int]]:
        pipeline = [{"$match": self._condition(query)}, *grouped(name), {"$limit": _MOST_COUNTED}]
        rows = [row async for row in self._rows(pipeline, _MOST_COUNTED)]
        return [(counted_key(name, row), int(row["count"])) for row in rows]

    async def _search_matching(self, ask: Ask) -> Found:
        """Read every candidate and match it here."""
        total, found = 0, list[Article]()
        start = 0 if ask.behind is not None else ask.start
        behind = ask.behind if isinstance(ask.behind, Newest) else None
        pipeline = [
            *_sorted(ask, self._condition(ask.query)),
            {"$project": WITHOUT_INTERNALS},
        ]
        passed, told = 0, set[str]()
        async for article in self._matching(ask.query, pipeline):
            story = article.story or article.id
            if story in told:
                continue
            if ask.collapse:
                told.add(story)
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
        more = _behind(ask, kept, Newest(kept[-1].key, kept[-1].id))
    return Found(total, kept, more)


def _behind(ask: Ask, articles: Sequence[Article], last: Newest) -> Cursor | None:
    """Return the place behind the articles of a page, in the order asked for."""
    if ask.sort == "newest":
        return last
    more = ask.start + ask.limit < DEEPEST and not ask.collapse
    return shown(ask.query, articles, ask.start) if more else None


async def _count(articles: Collection, condition: Condition) -> int:
    return await articles.count_documents(condition)


def _ordered(ask: Ask, condition: Condition) -> list[Condition]:
    """Return the stages that find what stands behind the cursor, in order; of each story the first of all."""
    if not isinstance(ask.behind, Newest):
        stages = _sorted(ask, condition)
        return once_each(stages) if ask.collapse else stages
    key, article_id = ask.behind.key, ask.behind.id
    behind = {"$or": [{"key": {"$lt": key}}, {"key": key, "_id": {"$gt": article_id}}]}
    if ask.collapse:
        return [*once_each(_sorted(ask, condition)), {"$match": behind}]
    return _sorted(ask, all_of([condition, behind]))


def _sorted(ask: Ask, condition: Condition) -> list[Condition]:
    if ask.sort == "newest":
        return [{"$match": condition}, {"$sort": dict(_NEWEST)}]
    wanted = sorted({term for words in _positive(ask.query) for term in _scoring_terms(words)})
    score: Condition = {"$size": {"$setIntersection": ["$terms", wanted]}}
    if ask.fresh_at is not None:
        score = {"$multiply": [score, _freshness(ask.fresh_at)]}
    return [
        {"$match": condition},
        {"$addFields": {"score": score}},
        {"$sort": {"score": -1, **dict(_NEWEST)}},
    ]


def _freshness(now: datetime) -> Condition:
    """Return the factor of `search.domain.freshness.weight`, as MongoDB computes it."""
    half_life_ms = HALF_LIFE.total_seconds() * 1000
    half_lives = {"$divide": [{"$max": [0, {"$subtract": [now, "$published_at"]}]}, half_life_ms]}
    return {"$add": [LASTING, {"$multiply": [1 - LASTING, {"$pow": [2, {"$multiply": [-1, half_lives]}]}]}]}


def _positive(query: Query) -> list[Words]:
    return [words for group in query.groups for words in group.any_of]


def _scoring_terms(words: Words) -> list[str]:
    if words.prefix:
        return []
    found = dict.fromkeys(term for run in sequences(words) for term in run)
    return [
        *(word_term(term, in_title=in_title) for term in found for in_title in (False, True)),
        *(form_term(word) for word in words.written),
    ]


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
        starts = [form_term(words.forms[0], in_title=words.in_title)]
        starts += [word_term(key, in_title=words.in_title) for (key,) in words.keys]
        return {"$or": [{"terms": {"$regex": f"^{re.escape(start)}"}} for start in starts]}
    runs = [[word_term(term, in_title=words.in_title) for term in run] for run in sequences(words)]
    if len(words.terms) == 1:
        return {"terms": {"$in": [term for (term,) in runs]}}
    return {"$or": [{"terms": {"$all": run}} for run in runs]}


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
