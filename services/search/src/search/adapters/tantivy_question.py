"""One query asked of one unchanging state of a Tantivy index: pages, totals, and where the next page begins."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from tantivy import DocAddress, Searcher
from tantivy import Query as TantivyQuery

from search.adapters.tantivy_schema import FACET_FIELDS, Compiler, from_document, id_of
from search.domain.article import HIGHEST_KEY, Article, instant_of
from search.domain.facets import MOST_VALUES, FacetName, Facets, told
from search.domain.freshness import weight_at
from search.domain.results import DEEPEST, Ask, Found, Newest, shown

Hit = tuple[Any, DocAddress]

RESCORED = 200
"""Best matches whose age is then counted too; what lies behind them stands by words alone."""

_SCORE_DIGITS = 5
"""Decimals of a score that count. Replicas add up the same parts in different orders, and differ behind these."""

_COUNTED_VALUES = 10 * MOST_VALUES
_COUNTED_IN_SEGMENT = 60_000


class Question:
    """One query asked of one unchanging state of the index."""

    def __init__(self, searcher: Searcher, compiler: Compiler, query: TantivyQuery) -> None:
        self._searcher = searcher
        self._compiler = compiler
        self._query = query

    def answer(self, ask: Ask) -> Found:
        """Answer in the order asked for."""
        return self.ranked(ask) if ask.sort == "relevance" else self.newest(ask)

    def ranked(self, ask: Ask) -> Found:
        """Answer by relevance; articles that score alike stand newest first."""
        total, scored = self._scored(ask.start, ask.limit, ask.fresh_at)
        placed = [(score, self._article(address)) for score, address in scored]
        placed.sort(key=lambda pair: (-pair[0], -pair[1].key, pair[1].id))
        articles = tuple(article for _, article in placed)
        more = articles and ask.start + len(articles) < min(total, DEEPEST)
        return Found(total, articles, shown(ask.query, articles, ask.start) if more else None)

    def order(self, fresh_at: datetime | None) -> list[str]:
        """Return the ids of what answers, by relevance, as far as that order reaches."""
        _, scored = self._scored(0, DEEPEST, fresh_at)
        return [id_of(self._searcher.doc(address)) for _, address in scored]

    def among(self, ids: Sequence[str]) -> Found:
        """Return those of some articles that answer, in the order of their ids, and the total of all that do."""
        query = self._compiler.with_ids(self._query, ids)
        _, hits = self._hits(query, 0, max(len(ids), 1), None)
        known = {article.id: article for article in (self._article(address) for _, address in hits)}
        return Found(self._count(self._query), tuple(known[one] for one in ids if one in known), None)

    def facets(self, names: Sequence[FacetName]) -> Facets:
        """Count what answers by the values it has."""
        wanted = {
            name: {
                "terms": {
                    "field": FACET_FIELDS[name],
                    "size": _COUNTED_VALUES,
                    "segment_size": _COUNTED_IN_SEGMENT,
                    "order": {"_key": "desc"} if name == "day" else {"_count": "desc"},
                }
            }
            for name in names
        }
        counts = self._searcher.aggregate(self._query, wanted)
        return {
            name: told(name, [(row["key"], row["doc_count"]) for row in counts[name]["buckets"]])
            for name in names
        }

    def _scored(
        self, start: int, limit: int, fresh_at: datetime | None
    ) -> tuple[int, list[tuple[float, DocAddress]]]:
        """Return the total and the places from `start` on: the best by score and age, behind them by score alone."""
        if start >= RESCORED:
            total, hits = self._hits(self._query, start, limit, None)
            return total, _unscored(hits)
        total, hits = self._hits(self._query, 0, max(RESCORED, start + limit), None)
        placed = [(score, hits[at][1]) for score, at in aged(self._searcher, hits[:RESCORED], fresh_at)]
        placed += _unscored(hits[RESCORED:])
        return total, placed[start : start + limit]

    def newest(self, ask: Ask) -> Found:
        """Answer newest first; articles of equal keys, which are rare, stand in the order of their ids."""
        if isinstance(ask.behind, Newest):
            query = self._compiler.with_keys(self._query, 0, ask.behind.key)
            twins = self._twins(self._query, ask.behind.key)
            start = sum(article.id <= ask.behind.id for article in twins)
            total = self._count(self._query)
        else:
            query, start, total = self._query, ask.start, None
        found, articles = self._window(query, start, ask.limit)
        last = articles[-1] if articles and start + len(articles) < found else None
        return Found(
            found if total is None else total, tuple(articles), Newest(last.key, last.id) if last else None
        )

    def _window(self, query: TantivyQuery, start: int, limit: int) -> tuple[int, list[Article]]:
        """Return the total and the articles from `start` on, right even where equal keys lie across an edge.

        One hit more is taken on either side: when its key equals its neighbour's, all of that key are fetched.
        """
        first = max(start - 1, 0)
        total, hits = self._hits(query, first, start - first + limit + 1, "key")
        keys = [key for key, _ in hits]
        if len(set(keys)) == len(keys):
            # Nearly always: then nothing is read but what the page shows.
            return total, [self._article(address) for _, address in hits[start - first :][:limit]]
        placed = dict(enumerate(self._in_order(hits), start=first))
        edges = set(keys[:1]) if start and keys[:1] == keys[1:2] else set()
        if len(keys) == start - first + limit + 1 and keys[-1:] == keys[-2:-1]:
            edges.add(keys[-1])
        for key in edges:
            above = self._count(self._compiler.with_keys(query, key + 1, HIGHEST_KEY))
            placed |= dict(enumerate(self._twins(query, key), start=above))
        wanted = range(start, start + limit)
        return total, [placed[place] for place in wanted if place in placed]

    def _in_order(self, hits: Sequence[Hit]) -> list[Article]:
        articles = [self._article(address) for _, address in hits]
        return sorted(articles, key=lambda article: (-article.key, article.id))

    def _twins(self, query: TantivyQuery, key: int) -> list[Article]:
        same = self._compiler.with_keys(query, key, key)
        count = self._count(same)
        return self._in_order(self._hits(same, 0, count, "key")[1]) if count else []

    def _count(self, query: TantivyQuery) -> int:
        return self._hits(query, 0, 1, "key")[0]

    def _hits(
        self, query: TantivyQuery, start: int, limit: int, order: str | None
    ) -> tuple[int, Sequence[Hit]]:
        result = self._searcher.search(query, limit=limit, offset=start, order_by_field=order)
        return result.count, result.hits  # type: ignore[attr-defined]  # it has a count that its stub leaves out

    def _article(self, address: DocAddress) -> Article:
        return from_document(self._searcher.doc(address))


def aged(searcher: Searcher, best: Sequence[Hit], fresh_at: datetime | None) -> list[tuple[float, int]]:
    """Return the order of the best matches by score and age, equal ones newest first: score, and place by words alone."""
    keys = searcher.fast_field_values("key", [address for _, address in best])
    rows = []
    for at, ((score, _), value) in enumerate(zip(best, keys, strict=True)):
        key = int(value or 0)
        weighed = score if fresh_at is None else score * weight_at(instant_of(key), fresh_at)
        rows.append((round(weighed, _SCORE_DIGITS), key, at))
    rows.sort(key=lambda row: (-row[0], -row[1]))
    return [(score, at) for score, _, at in rows]


def _unscored(hits: Sequence[Hit]) -> list[tuple[float, DocAddress]]:
    """Return places that stand as they are, below every score."""
    return [(-float(place), address) for place, (_, address) in enumerate(hits, start=1)]
