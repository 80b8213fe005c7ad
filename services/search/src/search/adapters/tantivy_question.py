"""One query asked of one unchanging state of a Tantivy index: pages, totals, and where the next page begins."""

from collections.abc import Sequence
from typing import Any

from tantivy import DocAddress, Searcher
from tantivy import Query as TantivyQuery

from search.adapters.tantivy_schema import Compiler, from_document
from search.domain.article import HIGHEST_KEY, Article
from search.domain.results import DEEPEST, Ask, Found, Newest, Ranked

Hit = tuple[Any, DocAddress]


class Question:
    """One query asked of one unchanging state of the index."""

    def __init__(self, searcher: Searcher, compiler: Compiler, query: TantivyQuery) -> None:
        self._searcher = searcher
        self._compiler = compiler
        self._query = query

    def ranked(self, ask: Ask) -> Found:
        """Answer by relevance; articles of one page that score alike stand newest first."""
        start = ask.behind.count if isinstance(ask.behind, Ranked) else ask.start
        total, hits = self._hits(self._query, start, ask.limit, None)
        scored = [(score, self._article(address)) for score, address in hits]
        scored.sort(key=lambda pair: (-pair[0], -pair[1].key, pair[1].id))
        end = start + len(scored)
        more = scored and end < min(total, DEEPEST)
        return Found(total, tuple(article for _, article in scored), Ranked(end) if more else None)

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
        placed = dict(enumerate(self._in_order(hits), start=first))
        keys = [key for key, _ in hits]
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
