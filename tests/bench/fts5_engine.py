"""SQLite's FTS5 for comparison: title and text in an index without content, what a page shows in a table beside it."""

import sqlite3
from collections.abc import Sequence
from itertools import chain

from search.domain.article import Article
from shared.query import Filter, Query, Words
from tests.bench.comparing import entry_of, keys_of
from tests.bench.mix import PAGE_SIZE, Line, spoken

_TABLES = """
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(title, text, content='', tokenize='unicode61');
CREATE TABLE IF NOT EXISTS articles(
    number INTEGER PRIMARY KEY, day TEXT, source TEXT, outlet TEXT, country TEXT, language TEXT, topic TEXT, entry BLOB
);
CREATE INDEX IF NOT EXISTS of_language ON articles(language, number);
CREATE INDEX IF NOT EXISTS of_country ON articles(country, number);
CREATE INDEX IF NOT EXISTS of_topic ON articles(topic, number);
"""
_NAMES = ("source", "outlet", "country", "language", "topic")


class Fts5:
    """An index in one file; numbers grow with the time of publication, so that newest first needs no sorting.

    Args:
        where: the file.
    """

    def __init__(self, where: str) -> None:
        self._database = sqlite3.connect(where)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.executescript(_TABLES)

    def add(self, articles: Sequence[Article]) -> None:
        """Index articles."""
        first = self._database.execute("SELECT coalesce(max(number), 0) + 1 FROM articles").fetchone()[0]
        words = [(number, told.title, told.text) for number, told in enumerate(articles, first)]
        rows = [(number, *_row(told)) for number, told in enumerate(articles, first)]
        with self._database:
            self._database.executemany("INSERT INTO words(rowid, title, text) VALUES (?, ?, ?)", words)
            self._database.executemany("INSERT INTO articles VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def finish(self) -> None:
        """Let the file be one file."""
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._database.close()

    def answer(self, line: Line) -> int | None:
        """Fetch the page that a query asks for; return the exact total."""
        condition, values = _condition(line.query)
        tables = "articles"
        if line.query.groups:
            tables = "words JOIN articles ON articles.number = words.rowid"
        order = (
            "bm25(words, 3.0, 1.0)"
            if line.ranked
            else f"{'words.rowid' if line.query.groups else 'number'} DESC"
        )
        # Joined only where a filter needs it: counting without the other table is several times faster.
        counted = "words" if line.query.groups and not _has_filters(line.query) else tables
        total = self._database.execute(f"SELECT count(*) FROM {counted} {condition}", values).fetchone()[0]  # noqa: S608  texts of our own
        page = (
            f"SELECT entry FROM {tables} {condition} ORDER BY {order} LIMIT {PAGE_SIZE} OFFSET {line.start}"  # noqa: S608  as above
        )
        self._database.execute(page, values).fetchall()
        return int(total)


def _row(told: Article) -> tuple[str | bytes, ...]:
    keys = keys_of(told)
    return (
        told.published_at.date().isoformat(),
        *(f"|{'|'.join(keys[name])}|" for name in _NAMES),  # type: ignore[index]  # they are its keys
        entry_of(told),
    )


def _has_filters(query: Query) -> bool:
    return bool(query.filters.fields or query.filters.after or query.filters.before)


def _condition(query: Query) -> tuple[str, list[str]]:
    conditions, values = [], list[str]()
    if query.groups:
        conditions.append("words MATCH ?")
        values.append(_match(query))
    for item in query.filters.fields:
        conditions.append(_filter(item))
        values += [f"%|{value}|%" for value in item.values]
    for sign, day in ((">=", query.filters.after), ("<=", query.filters.before)):
        if day is not None:
            conditions.append(f"day {sign} ?")
            values.append(day.isoformat())
    return (f"WHERE {' AND '.join(conditions)}" if conditions else "", values)


def _filter(item: Filter) -> str:
    either = " OR ".join(f"{item.field} LIKE ?" for _ in item.values)
    return f"{'NOT ' if item.negated else ''}({either})"


def _match(query: Query) -> str:
    wanted = " AND ".join(f"({' OR '.join(map(_said, group.any_of))})" for group in query.groups)
    return " NOT ".join(chain([f"({wanted})"], map(_said, query.excluded)))


def _said(words: Words) -> str:
    quoted = '"' + " ".join(spoken(words)) + '"'
    return f"{'title : ' if words.in_title else ''}{quoted}{' *' if words.prefix else ''}"
