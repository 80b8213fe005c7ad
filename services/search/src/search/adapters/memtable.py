"""The newest articles of a view, in memory: they are found as soon as they are analysed, and Tantivy commits them seldom.

A commit of twenty articles costs Tantivy three times as much for each as one of a thousand (docs/performance.md), and an
article must not wait for the thousandth. So it is held here as well until it is committed, and searched by the same rules:
`shared.query.matches`, and BM25 over the terms that Tantivy is given. An article that is held hides what Tantivy has of it.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol

from search.domain import bm25
from search.domain.article import Article
from search.domain.ranking import Part, bonuses, finding
from shared.query import Analysed, Query, has_beginning, has_run, matches, sequences

_WORDS_OF_ONE = 1000
"""Words up to which an article counts as one; it takes 100 kB of memory for 400 words, and 2 MB for the longest there are."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One article that is held.

    Attributes:
        article: with what a list of results shows of it.
        analysed: what it is found by.
        story: the number of its story, see `story_number`; None while it tells its story alone.
    """

    article: Article
    analysed: Analysed
    story: int | None
    _counts: dict[str, Counter[str]] = field(default_factory=dict, repr=False)

    @property
    def weight(self) -> int:
        """How many usual articles it takes as much room as."""
        return 1 + (len(self.analysed.title.terms) + len(self.analysed.text.terms)) // _WORDS_OF_ONE

    def texts(self, name: str) -> Iterator[list[str]]:
        """Yield the texts of a field as terms; no phrase reaches over the end of one."""
        whole, _, kind = name.partition("_")
        parts = [self.analysed.title] if whole == "title" else [self.analysed.title, self.analysed.text]
        for part in parts:
            yield part.written if kind == "forms" else part.keys if kind == "keys" else part.terms

    def counts(self, name: str) -> Counter[str]:
        """Return how often a field has each term."""
        known = self._counts.get(name)
        if known is None:
            known = Counter()
            for text in self.texts(name):
                known.update(text)
            self._counts[name] = known
        return known

    def length(self, name: str) -> int:
        """Return how many terms a field has."""
        return sum(map(len, self.texts(name)))


class Statistics(Protocol):
    """What Tantivy knows of the articles that it has."""

    @property
    def documents(self) -> int:
        """How many there are, those included that were deleted since the last merging."""
        ...

    def having(self, name: str, term: str) -> int:
        """Return how many have a term in a field."""
        ...

    def average_length(self, name: str) -> float:
        """Return how many terms a field has on average; 0 where no article has one."""
        ...


@dataclass(frozen=True, slots=True)
class Memtable:
    """What is held at one moment.

    Attributes:
        held: article id -> its row; None where the article is gone.
        hidden: those of the ids that Tantivy has something of, which must not be shown.
    """

    held: Mapping[str, Row | None] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()

    @property
    def rows(self) -> list[Row]:
        """The articles that can be found."""
        return [row for row in self.held.values() if row is not None]

    def with_changes(self, changes: Mapping[str, Row | None], hidden: Iterable[str]) -> "Memtable":
        """Return what is held once further changes are; `hidden` are those of their ids that Tantivy knows."""
        return Memtable({**self.held, **changes}, self.hidden.union(hidden))

    def without(self, committed: Mapping[str, Row | None]) -> dict[str, Row | None]:
        """Return what is still to be held once Tantivy has these changes: what came of an article since stays."""
        unlike = object()
        return {one: row for one, row in self.held.items() if committed.get(one, unlike) is not row}

    def matching(self, query: Query) -> list[Row]:
        """Return the articles that answer a query."""
        rows = self.rows
        for group in query.groups:
            if not any(words.prefix for words in group.any_of):
                # Nearly all that does not answer lacks the words, and that is soon seen.
                first = {run[0] for words in group.any_of for run in sequences(words)}
                rows = [row for row in rows if not first.isdisjoint(row.analysed.words)]
        return rows if query.finds_all else [row for row in rows if matches(query, row.analysed)]

    def scored(self, query: Query, known: Statistics) -> list[tuple[float, Row]]:
        """Return the articles that answer a query, with their scores among all."""
        found = self.matching(query)
        if not found:
            return []
        wanted = [words for group in query.groups for words in group.any_of]
        parts = [part for words in wanted for part in (*finding(words), *bonuses(words))]
        weigh = _Weighing(parts, self.rows, known)
        return [(weigh.score(row), row) for row in found]


class _Weighing:
    """What the parts of a query count.

    By what Tantivy knows of its articles, since it scores its own by that alone: so articles that say the same score the
    same in either tier. Where it has none, by the articles in memory.
    """

    def __init__(self, parts: list[Part], rows: list[Row], known: Statistics) -> None:
        self._rows = rows
        self._known = known
        counted = [part for part in parts if not part.beginning]
        self._beginnings = [part for part in parts if part.beginning]
        # An article of 64 words asked for is asked for four hundred parts: so what can be is made out beforehand.
        self._words = defaultdict[str, list[tuple[str, float, float]]](list)
        self._phrases = list[tuple[Part, float]]()
        for part in counted:
            idf = sum(self._idf_of(part.field, term) for term in part.run)
            if len(part.run) == 1:
                self._words[part.field].append((part.run[0], idf, part.times))
            else:
                self._phrases.append((part, idf))
        self._average = {name: self._average_of(name) for name in {part.field for part in counted}}

    def _idf_of(self, name: str, term: str) -> float:
        if documents := self._known.documents:
            return bm25.idf(documents, self._known.having(name, term))
        return bm25.idf(len(self._rows), sum(term in row.counts(name) for row in self._rows))

    def _average_of(self, name: str) -> float:
        return (
            self._known.average_length(name)
            or sum(row.length(name) for row in self._rows) / len(self._rows)
            or 1.0
        )

    def score(self, row: Row) -> float:
        norms = {name: bm25.norm(row.length(name), average) for name, average in self._average.items()}
        score = 0.0
        for name, words in self._words.items():
            counts, norm = row.counts(name), norms[name]
            for term, idf, times in words:
                if frequency := counts.get(term):
                    score += times * bm25.score(idf, frequency, norm)
        for part, idf in self._phrases:
            if frequency := _runs(part, row):
                score += part.times * bm25.score(idf, frequency, norms[part.field])
        return score + sum(part.times for part in self._beginnings if _begins(part, row))


def _begins(part: Part, row: Row) -> bool:
    """Return whether a field has a term that begins so."""
    return has_beginning(row.analysed, part.run[0], **_where(part.field))


def _runs(part: Part, row: Row) -> int:
    """Return how often a field has terms one after the other."""
    if not has_run(row.analysed, part.run, **_where(part.field)):
        return 0
    run = list(part.run)
    return sum(
        text[place : place + len(run)] == run
        for text in row.texts(part.field)
        for place in range(len(text) - len(run) + 1)
    )


@cache
def _where(name: str) -> dict[str, bool]:
    """Return where the matcher finds what a field has."""
    whole, _, kind = name.partition("_")
    return {"keys": kind == "keys", "in_title": whole == "title"}
