"""The same questions answered by MongoDB itself: complete, but slower than the view.

It answers while a replica's first view is built, and always where `SEARCH_INDEX=mongo`. Words, prefixes and filters
are conditions on `terms`; a phrase only narrows by its words there, and each candidate is then read and matched.
Relevance is plainer than the view's: the number of different query words found, a word in the title counting twice, and
once more where it is spelled as it was asked for.
"""

import re
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
from shared.query import Filters, Query, Words, analyse, matches, sequences

Condition = dict[str, Any]

_log = structlog.get_logger()

_NEWEST = [("key", -1), ("_id", 1)]


class MongoIndex:
    """Searches the record itself.

    Args:
        database: search's own.
    """

    def __init__(self, database: Database) -> None:
        self._articles = database[ARTICLES]

    async def search(self, ask: Ask) -> Found:
        """Return what was asked for; past the end there are no articles, but the total stands.

        Raises:
            IndexUnavailableError: MongoDB does not answer now.
        """
        try:
            with translate():
                if _has_phrase(ask.query):
                    return await self._search_matching(ask)
                return await self._search_conditions(ask)
        except MongoUnavailableError as error:
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

    async def _search_matching(self, ask: Ask) -> Found:
        """Read every candidate and match it here."""
        total, found, start = 0, list[Article](), _start(ask)
        behind = ask.behind if isinstance(ask.behind, Newest) else None
        pipeline = [
            *_ordered(Ask(ask.query, ask.sort, ask.limit), condition_of(ask.query)),
            {"$project": WITHOUT_INTERNALS},
        ]
        passed = 0
        async for article in self._read(pipeline, 100):
            if not matches(ask.query, analyse(subject_of(article))):
                continue
            total += 1
            if behind is not None and (-article.key, article.id) <= (-behind.key, behind.id):
                continue
            if passed >= start and len(found) <= ask.limit:
                found.append(article.listed())
            passed += 1
        return _answer(ask, total, found)

    async def _read(self, pipeline: list[Condition], batch: int) -> AsyncIterator[Article]:
        async for row in self._rows(pipeline, batch):
            article = _article(row)
            if article is not None:
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
    found = dict.fromkeys(term for run in sequences(words) for term in run)
    return [
        *(word_term(term, in_title=in_title) for term in found for in_title in (False, True)),
        *(form_term(word) for word in words.written),
    ]


def _has_phrase(query: Query) -> bool:
    return any(len(words.terms) > 1 for words in (*_positive(query), *query.excluded))


def condition_of(query: Query) -> Condition:
    """Return the condition that no article fails which answers the query; without phrases, none else passes."""
    conditions: list[Condition] = [{"state": LIVE}]
    conditions += [{"$or": [_found(words) for words in group.any_of]} for group in query.groups]
    conditions += [{"$nor": [_found(words)]} for words in query.excluded if len(words.terms) == 1]
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
