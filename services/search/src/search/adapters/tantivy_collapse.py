"""Answers of a Tantivy index in which each story stands once, and how many articles tell each story that is shown.

Tantivy cannot group. The page is found by walking down the order and leaving out stories that were passed; for the exact
total, the matches that tell a story with others are looked at by one fast field, without reading them.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby, islice
from typing import Any, NamedTuple

from search.adapters.index_state import IndexState, Matches, Place
from search.adapters.tantivy_question import RESCORED, aged
from search.domain.article import HIGHEST_KEY
from search.domain.results import Ask, Found, Listed, Newest

_CHUNK = 200
"""Matches read at once beyond those that the page needs."""


class _Row(NamedTuple):
    """One match: what it is ordered by (key or score), where it stands in the index, its story's number if it has one."""

    order: Any
    place: Place
    story: int | None


def story_sizes(state: IndexState, articles: Iterable[Listed]) -> Mapping[str, int]:
    """Return how many articles of the index tell each story that some articles tell."""
    return state.sizes({article.story for article in articles if article.story is not None})


class CollapsedQuestion:
    """One query asked of one unchanging state of the index, each story once.

    Args:
        state: what is asked.
        matches: what answers the query in it.
    """

    def __init__(self, state: IndexState, matches: Matches) -> None:
        self._state = state
        self._matches = matches

    def answer(self, ask: Ask) -> Found:
        """Answer in the order asked for; a story stands where the first of its articles that match would stand."""
        return self._ranked(ask) if ask.sort == "relevance" else self._newest(ask)

    def _total(self) -> int:
        """Return how many stories the matches tell; an article alone is a story."""
        query = self._state.of_any_story(self._matches)
        told = self._state.count(query)
        stories = {number for number, _ in self._state.hits(query, 0, told, "story")} if told else set()
        return self._state.count(self._matches) - told + len(stories)

    def _newest(self, ask: Ask) -> Found:
        query, behind, start = self._matches, ask.behind, ask.start
        passed, rows = set[int](), list[_Row]()
        if isinstance(behind, Newest):
            query, start = self._state.with_keys(query, 0, behind.key), 0
        for row in self._by_id_within_keys(self._walk(query, "key", start + ask.limit)):
            if row.story in passed:
                continue
            if row.story is not None:
                passed.add(row.story)
            if isinstance(behind, Newest) and self._is_passed(row, behind):
                continue
            rows.append(row)
            if len(rows) > start + ask.limit:
                break
        page = [self._state.article(row.place) for row in rows[start : start + ask.limit]]
        last = page[-1] if page and len(rows) > start + ask.limit else None
        return Found(self._total(), tuple(page), Newest(last.key, last.id) if last else None)

    def _ranked(self, ask: Ask) -> Found:
        passed, rows, end = set[int](), list[_Row](), ask.start + ask.limit
        for row in self._by_age(self._walk(self._matches, None, max(end, RESCORED)), ask.fresh_at):
            if row.story in passed:
                continue
            if row.story is not None:
                passed.add(row.story)
            rows.append(row)
            if len(rows) == end:
                break
        scored = [(row.order, self._state.article(row.place)) for row in rows[ask.start : end]]
        scored.sort(key=lambda pair: (-pair[0], *_newest_first(pair[1])))
        return Found(self._total(), tuple(article for _, article in scored), None)

    def _by_age(self, rows: Iterator[_Row], fresh_at: datetime | None) -> Iterator[_Row]:
        """Yield the best matches by score and age, and those behind them as they stand, below every score."""
        best = list(islice(rows, RESCORED))
        for score, at in aged(self._state, [(row.order, row.place) for row in best], fresh_at):
            yield best[at]._replace(order=score)
        for place, row in enumerate(rows, start=1):
            yield row._replace(order=-float(place))

    def _is_passed(self, row: _Row, behind: Newest) -> bool:
        """Return whether an article, or another of its story that matches, stands before the cursor."""
        if row.order == behind.key and self._state.article(row.place).id <= behind.id:
            return True
        if row.story is None:
            return False
        told = self._state.of_story_number(row.story, self._matches)
        return self._state.count(self._state.with_keys(told, behind.key + 1, HIGHEST_KEY)) > 0

    def _by_id_within_keys(self, rows: Iterator[_Row]) -> Iterator[_Row]:
        """Yield rows with those of one key, which are rare, in the order of their ids."""
        for _, same in groupby(rows, key=lambda row: row.order):
            group = list(same)
            if len(group) > 1:
                group.sort(key=lambda row: self._state.article(row.place).id)
            yield from group

    def _walk(self, query: Matches, order: str | None, first: int) -> Iterator[_Row]:
        """Yield all matches in an order, read in growing chunks of which the first holds more than `first`."""
        start, chunk = 0, first + _CHUNK
        while True:
            hits = self._state.hits(query, start, chunk, order)
            numbers = self._state.values("story", [place for _, place in hits])
            for (value, place), number in zip(hits, numbers, strict=True):
                yield _Row(value, place, None if number is None else int(number))
            if len(hits) < chunk:
                return
            start, chunk = start + chunk, 2 * chunk


def _newest_first(article: Listed) -> tuple[int, str]:
    return -article.key, article.id
