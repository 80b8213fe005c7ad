"""What Tantivy has committed at one moment, and what it knows of its articles as a whole: scores go by that."""

import json
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from typing import Any

from tantivy import Searcher

from search.adapters.tantivy_schema import Compiler
from search.domain.ranking import finding
from shared.query import Query

RECENT = 20_000
"""So many newest articles are looked at first where the newest that answer are wanted."""

_OUTGROWN_BY = 50_000

_MOST_REMEMBERED = 10_000
"""Terms of which it is remembered how many articles have them."""

_MOST_GUESSED = 8
"""Groups of words for which it is found out how many articles may answer: of more, few do."""

_TERMS = 8
"""Terms of a field read at first to find one of an article that is still there; nearly always the first one is."""


class Committed:
    """One state of Tantivy's; its `Statistics`, see memtable.py, are made out once.

    Args:
        searcher: what is committed.
        compiler: turns queries into Tantivy's.
        before: the state before this one, whose findings may do for this one.
    """

    def __init__(self, searcher: Searcher, compiler: Compiler, before: "Committed | None" = None) -> None:
        self.searcher = searcher
        self._compiler = compiler
        self._average: dict[str, float] = {}
        self._having: dict[tuple[str, str], int] = {}
        self._recent: tuple[int, int] | None = None if before is None else before._recent  # noqa: SLF001  its own kind's

    def known(self, ids: Collection[str]) -> frozenset[str]:
        """Return those of some articles that it has something of, if only what was deleted since the last merging."""
        return frozenset(one for one in ids if self.searcher.doc_freq("id", one))

    @property
    def recent_key(self) -> int | None:
        """The key from which on there are some of the newest articles: about `RECENT`. None where there are few in all.

        Any key would do: it only tells where to look first.
        """
        articles = int(self.searcher.num_docs)
        if articles < 2 * RECENT:
            return None
        if self._recent is None or articles > self._recent[1] + _OUTGROWN_BY:
            everything = self._compiler.everything()
            found = self.searcher.search(
                everything, limit=1, offset=RECENT, count=False, order_by_field="key"
            )
            self._recent = int(found.hits[0][0]), articles
        return self._recent[0]

    def most(self, query: Query) -> int:
        """Return how many articles answer a query at most, by how many have its words; a guess where there is a prefix."""
        words = [group.any_of for group in query.groups]
        if len(words) > _MOST_GUESSED:
            return 0
        bounds = [int(self.searcher.num_docs)]
        for any_of in words:
            parts = [part for one in any_of for part in finding(one)]
            # Of a prefix it is not known, and too much to find out.
            alike = (0 if part.beginning else self._having_all(part.field, part.run) for part in parts)
            bounds.append(sum(alike))
        wanted = [item for item in query.filters.fields if not item.negated]
        bounds += [sum(self.having(item.field, value) for value in item.values) for item in wanted]
        return min(bounds)

    def _having_all(self, name: str, run: Sequence[str]) -> int:
        return min(self.having(name, term) for term in run)

    @cached_property
    def documents(self) -> int:
        """How many articles it counts, those included that were deleted since the last merging."""
        return int(self._explained("id").get("N", 0))

    def having(self, name: str, term: str) -> int:
        """Return how many articles have a term in a field, those included that were deleted since the last merging."""
        known = self._having.get((name, term))
        if known is None:
            if len(self._having) >= _MOST_REMEMBERED:
                self._having = {}
            known = self._having[name, term] = int(self.searcher.doc_freq(name, term))
        return known

    def average_length(self, name: str) -> float:
        """Return how many terms a field has on average; 0 where no article has one."""
        if name not in self._average:
            self._average[name] = self._explained(name).get("avgdl", 0.0)
        return self._average[name]

    def _explained(self, name: str) -> dict[str, float]:
        """Return what Tantivy tells where it explains the score of some term of a field: the only place where it does."""
        if not self.searcher.num_docs:
            return {}
        for term in self._terms(name):
            query = self._compiler.having(name, term)
            for _, address in self.searcher.search(query, limit=1, count=False).hits:
                told = _told(json.loads(query.explain(self.searcher, address).to_json()))
                return {detail["description"].partition(",")[0]: float(detail["value"]) for detail in told}
        return {}

    def _terms(self, name: str) -> Iterator[str]:
        """Yield the terms of a field, those included that only deleted articles have."""
        read, limit = 0, _TERMS
        while len(terms := self.searcher.terms_with_prefix(name, "", limit=limit)) > read:
            for term, _ in terms[read:]:
                yield str(term)
            read, limit = len(terms), 8 * limit


def _told(explained: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield explained
    for detail in explained.get("details", ()):
        yield from _told(detail)
