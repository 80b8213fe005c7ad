"""Answers of a Tantivy index in which each story stands once, and how many articles tell each story that is shown.

Tantivy cannot group. So all matches that tell a story with others are looked at, by two fast fields and without reading
them: that gives the exact total. The page is then found by walking down the order and leaving out what was passed before.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tantivy import DocAddress, Searcher
from tantivy import Query as TantivyQuery

from search.adapters.tantivy_schema import Compiler, from_document
from search.domain.article import Article
from search.domain.results import Ask, Found, Newest

Hit = tuple[Any, DocAddress]
_Place = tuple[int, int]

_CHUNK = 200


def story_sizes(searcher: Searcher, compiler: Compiler, articles: Iterable[Article]) -> Mapping[str, int]:
    """Return how many articles of the index tell each story that some articles tell."""
    stories = {article.story for article in articles if article.story is not None}
    return {story: _count(searcher, compiler.of_story(story)) for story in stories}


class CollapsedQuestion:
    """One query asked of one unchanging state of the index, each story once."""

    def __init__(self, searcher: Searcher, compiler: Compiler, query: TantivyQuery) -> None:
        self._searcher = searcher
        self._compiler = compiler
        self._query = query

    def answer(self, ask: Ask) -> Found:
        """Answer in the order asked for; a story stands where the first of its articles that match would stand."""
        told = self._told()
        total = _count(self._searcher, self._query) - len(told) + len({number for _, _, number in told})
        return self._ranked(ask, total) if ask.sort == "relevance" else self._newest(ask, total, told)

    def _told(self) -> list[tuple[int, DocAddress, int]]:
        """Return the matches that tell a story with others, newest first: key, place in the index, story."""
        query = self._compiler.of_any_story(self._query)
        count = _count(self._searcher, query)
        hits = self._hits(query, 0, count, "key") if count else []
        addresses = [address for _, address in hits]
        numbers = self._searcher.fast_field_values("story", addresses)
        return [(key, where, int(number or 0)) for (key, where), number in zip(hits, numbers, strict=True)]

    def _newest(self, ask: Ask, total: int, told: Sequence[tuple[int, DocAddress, int]]) -> Found:
        query, start = self._query, ask.start
        behind = ask.behind if isinstance(ask.behind, Newest) else None
        if behind is not None:
            query, start = self._compiler.with_keys(query, 0, behind.key), 0
        hidden, rows = self._passed(told), list[Hit]()
        for key, address in self._walk(query, "key", start + ask.limit):
            if _place(address) in hidden:
                continue
            if behind is not None and key == behind.key and self._article(address).id <= behind.id:
                start += 1
            # Articles of one key stand in the order of their ids, so all of the last key are needed.
            if len(rows) > start + ask.limit and key != rows[-1][0]:
                break
            rows.append((key, address))
        first = start
        while 0 < first < len(rows) and rows[first - 1][0] == rows[first][0]:
            first -= 1
        placed = sorted((self._article(address) for _, address in rows[first:]), key=_newest_first)
        page = placed[start - first : start - first + ask.limit]
        last = page[-1] if page and start + len(page) < len(rows) else None
        return Found(total, tuple(page), Newest(last.key, last.id) if last else None)

    def _ranked(self, ask: Ask, total: int) -> Found:
        seen, rows, end = set[int](), list[Hit](), ask.start + ask.limit
        for score, address in self._walk(self._query, None, end):
            number = self._searcher.fast_field_values("story", [address])[0]
            if number is not None and int(number) in seen:
                continue
            seen |= set() if number is None else {int(number)}
            rows.append((score, address))
            if len(rows) == end:
                break
        scored = [(score, self._article(address)) for score, address in rows[ask.start : end]]
        scored.sort(key=lambda pair: (-pair[0], *_newest_first(pair[1])))
        return Found(total, tuple(article for _, article in scored), None)

    def _passed(self, told: Sequence[tuple[int, DocAddress, int]]) -> set[_Place]:
        """Return the places of matches whose story another match tells before them, newest first."""
        leaders: dict[int, tuple[int, DocAddress]] = {}
        hidden = set[_Place]()
        for key, address, number in told:
            leader = leaders.setdefault(number, (key, address))
            if leader[1] is address:
                continue
            if key == leader[0] and self._article(address).id < self._article(leader[1]).id:
                leaders[number], address = (key, address), leader[1]  # noqa: PLW2901  the other is passed then
            hidden.add(_place(address))
        return hidden

    def _walk(self, query: TantivyQuery, order: str | None, first: int) -> Iterator[Hit]:
        """Yield all matches in an order, read in growing chunks of which the first holds more than `first`."""
        start, chunk = 0, first + _CHUNK
        while True:
            hits = self._hits(query, start, chunk, order)
            yield from hits
            if len(hits) < chunk:
                return
            start, chunk = start + chunk, 2 * chunk

    def _hits(self, query: TantivyQuery, start: int, limit: int, order: str | None) -> Sequence[Hit]:
        return self._searcher.search(query, limit=limit, offset=start, count=False, order_by_field=order).hits

    def _article(self, address: DocAddress) -> Article:
        return from_document(self._searcher.doc(address))


def _count(searcher: Searcher, query: TantivyQuery) -> int:
    found = searcher.search(query, limit=1)
    return int(found.count)  # type: ignore[attr-defined]  # it has a count that its stub leaves out


def _place(address: DocAddress) -> _Place:
    return address.segment_ord, address.doc


def _newest_first(article: Article) -> tuple[int, str]:
    return -article.key, article.id
