"""What Tantivy has committed at one moment, and what it knows of its articles as a whole: scores go by that."""

import json
from collections.abc import Collection, Iterator
from functools import cached_property
from typing import Any

from tantivy import Searcher

from search.adapters.tantivy_schema import Compiler

_TERMS = 8
"""Terms of a field read at first to find one of an article that is still there; nearly always the first one is."""


class Committed:
    """One state of Tantivy's; its `Statistics`, see memtable.py, are made out once.

    Args:
        searcher: what is committed.
        compiler: turns queries into Tantivy's.
    """

    def __init__(self, searcher: Searcher, compiler: Compiler) -> None:
        self.searcher = searcher
        self._compiler = compiler
        self._average: dict[str, float] = {}

    def known(self, ids: Collection[str]) -> frozenset[str]:
        """Return those of some articles that it has something of, if only what was deleted since the last merging."""
        return frozenset(one for one in ids if self.searcher.doc_freq("id", one))

    @cached_property
    def documents(self) -> int:
        """How many articles it counts, those included that were deleted since the last merging."""
        return int(self._explained("id").get("N", 0))

    def having(self, name: str, term: str) -> int:
        """Return how many articles have a term in a field."""
        return int(self.searcher.doc_freq(name, term))

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
