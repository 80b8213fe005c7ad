"""MongoDB's `$text` for comparison: the articles in a collection of their own with a text index over title and text.

It knows no prefixes, no words of the title alone, and no OR beside an AND: such queries cannot be asked.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from pymongo import DESCENDING, TEXT, MongoClient

from search.domain.article import Article
from shared.query import Query, Words
from tests.bench.comparing import entry_of, keys_of
from tests.bench.mix import PAGE_SIZE, Line, spoken

DATABASE = "bench_text"
_Row = dict[str, Any]


class MongoText:
    """A collection with a text index, which is built when all articles are there: faster than while they come.

    Args:
        where: the server's address.
    """

    def __init__(self, where: str) -> None:
        self._client: MongoClient[_Row] = MongoClient(where)
        self._articles = self._client[DATABASE]["articles"]

    def add(self, articles: Sequence[Article]) -> None:
        """Store articles."""
        self._articles.insert_many([_document(told) for told in articles], ordered=False)

    def finish(self) -> None:
        """Build the indexes."""
        self._articles.create_index([("key", DESCENDING)])
        self._articles.create_index(
            [("title", TEXT), ("text", TEXT)],
            weights={"title": 3, "text": 1},
            default_language="none",
            language_override="none",
        )

    def answer(self, line: Line) -> int | None:
        """Fetch the page that a query asks for; return the exact total, or None when it cannot be asked here."""
        said = _said(line.query)
        if said is None:
            return None
        condition: _Row = {"$text": {"$search": said}, **_filters(line.query)}
        total = self._articles.count_documents(condition)
        shown: _Row = {"entry": 1}
        if line.ranked:
            shown["score"] = {"$meta": "textScore"}
        order: Any = [("score", {"$meta": "textScore"})] if line.ranked else [("key", DESCENDING)]
        found = self._articles.find(condition, shown).sort(order).skip(line.start).limit(PAGE_SIZE)
        found.to_list()
        return total

    def bytes_per_article(self) -> float:
        """Return what an article takes on disk, indexes included."""
        told = self._client[DATABASE].command("collStats", "articles")
        return float((told["storageSize"] + told["totalIndexSize"]) / told["count"])


def _document(told: Article) -> _Row:
    texts = {"_id": told.id, "title": told.title, "text": told.text, "entry": entry_of(told)}
    return {**texts, "key": told.key, "published_at": told.published_at, "keys": keys_of(told)}


def _said(query: Query) -> str | None:
    """Return the search string: phrases must all be there, bare words need not."""
    wanted = [words for group in query.groups for words in group.any_of]
    if not wanted or any(words.prefix or words.in_title for words in (*wanted, *query.excluded)):
        return None
    alternatives = len(wanted) > len(query.groups)
    if alternatives and (len(query.groups) > 1 or any(len(spoken(words)) > 1 for words in wanted)):
        return None
    parts = [_word(words) if alternatives or len(wanted) == 1 else _phrase(words) for words in wanted]
    return " ".join([*parts, *(f"-{_word(words)}" for words in query.excluded)])


def _word(words: Words) -> str:
    return spoken(words)[0] if len(spoken(words)) == 1 else _phrase(words)


def _phrase(words: Words) -> str:
    return '"' + " ".join(spoken(words)) + '"'


def _filters(query: Query) -> _Row:
    conditions: list[_Row] = [
        {f"keys.{item.field}": {"$nin" if item.negated else "$in": list(item.values)}}
        for item in query.filters.fields
    ]
    if query.filters.after is not None:
        first = datetime.combine(query.filters.after, time(), UTC)
        conditions.append({"published_at": {"$gte": first}})
    if query.filters.before is not None:
        behind = datetime.combine(query.filters.before, time(), UTC) + timedelta(days=1)
        conditions.append({"published_at": {"$lt": behind}})
    return {"$and": conditions} if conditions else {}
