"""One query asked of one unchanging state of a view: pages, totals, and where the next page begins."""

from collections.abc import Sequence
from datetime import datetime

from search.adapters.index_state import Hit, IndexState, Matches, Place
from search.domain.article import HIGHEST_KEY, microseconds_at, microseconds_of
from search.domain.freshness import weight_of
from search.domain.results import DEEPEST, Ask, Found, Listed, Newest, shown

RESCORED = 200
"""Best matches whose age is then counted too; what lies behind them stands by words alone."""

_SCORE_DIGITS = 5
"""Decimals of a score that count. Replicas add up the same parts in different orders, and differ behind these."""


class Question:
    """One query asked of one unchanging state.

    Args:
        state: what is asked.
        matches: what answers the query in it.
    """

    def __init__(self, state: IndexState, matches: Matches) -> None:
        self._state = state
        self._matches = matches

    def answer(self, ask: Ask) -> Found:
        """Answer in the order asked for."""
        return self.ranked(ask) if ask.sort == "relevance" else self.newest(ask)

    def ranked(self, ask: Ask) -> Found:
        """Answer by relevance; articles that score alike stand newest first."""
        total, scored = self._scored(ask.start, ask.limit, ask.fresh_at)
        placed = [(score, self._state.article(place)) for score, place in scored]
        placed.sort(key=lambda pair: (-pair[0], -pair[1].key, pair[1].id))
        articles = tuple(article for _, article in placed)
        more = articles and ask.start + len(articles) < min(total, DEEPEST)
        return Found(total, articles, shown(ask.query, articles, ask.start) if more else None)

    def order(self, fresh_at: datetime | None) -> list[str]:
        """Return the ids of what answers, by relevance, as far as that order reaches."""
        _, scored = self._scored(0, DEEPEST, fresh_at)
        return [self._state.article_id(place) for _, place in scored]

    def among(self, ids: Sequence[str]) -> Found:
        """Return those of some articles that answer, in the order of their ids, and the total of all that do."""
        wanted = self._state.with_ids(self._matches, ids)
        _, hits = self._state.found(wanted, 0, max(len(ids), 1), None)
        known = {article.id: article for article in (self._state.article(place) for _, place in hits)}
        return Found(self._state.count(self._matches), tuple(known[one] for one in ids if one in known), None)

    def _scored(
        self, start: int, limit: int, fresh_at: datetime | None
    ) -> tuple[int, list[tuple[float, Place]]]:
        """Return the total and the places from `start` on: the best by score and age, behind them by score alone."""
        if start >= RESCORED:
            total, hits = self._state.found(self._matches, start, limit, None)
            return total, _unscored(hits)
        total, hits = self._state.found(self._matches, 0, max(RESCORED, start + limit), None)
        placed = [(score, hits[at][1]) for score, at in aged(self._state, hits[:RESCORED], fresh_at)]
        placed += _unscored(hits[RESCORED:])
        return total, placed[start : start + limit]

    def newest(self, ask: Ask) -> Found:
        """Answer newest first; articles of equal keys, which are rare, stand in the order of their ids."""
        if isinstance(ask.behind, Newest):
            among = self._state.with_keys(self._matches, 0, ask.behind.key)
            twins = self._twins(self._matches, ask.behind.key)
            start = sum(article.id <= ask.behind.id for article in twins)
            total = self._state.count(self._matches)
        else:
            among, start, total = self._matches, ask.start, None
        found, articles = self._window(among, start, ask.limit)
        last = articles[-1] if articles and start + len(articles) < found else None
        return Found(
            found if total is None else total, tuple(articles), Newest(last.key, last.id) if last else None
        )

    def _window(self, among: Matches, start: int, limit: int) -> tuple[int, list[Listed]]:
        """Return the total and the articles from `start` on, right even where equal keys lie across an edge.

        One hit more is taken on either side: when its key equals its neighbour's, all of that key are fetched.
        """
        first = max(start - 1, 0)
        total, hits = self._state.found(among, first, start - first + limit + 1, "key")
        keys = [key for key, _ in hits]
        if len(set(keys)) == len(keys):
            # Nearly always: then nothing is read but what the page shows.
            return total, [self._state.article(place) for _, place in hits[start - first :][:limit]]
        placed = dict(enumerate(self._in_order(hits), start=first))
        edges = set(keys[:1]) if start and keys[:1] == keys[1:2] else set()
        if len(keys) == start - first + limit + 1 and keys[-1:] == keys[-2:-1]:
            edges.add(keys[-1])
        for key in edges:
            above = self._state.count(self._state.with_keys(among, key + 1, HIGHEST_KEY))
            placed |= dict(enumerate(self._twins(among, key), start=above))
        wanted = range(start, start + limit)
        return total, [placed[place] for place in wanted if place in placed]

    def _in_order(self, hits: Sequence[Hit]) -> list[Listed]:
        articles = [self._state.article(place) for _, place in hits]
        return sorted(articles, key=lambda article: (-article.key, article.id))

    def _twins(self, among: Matches, key: int) -> list[Listed]:
        same = self._state.with_keys(among, key, key)
        count = self._state.count(same)
        return self._in_order(self._state.found(same, 0, count, "key")[1]) if count else []


def aged(state: IndexState, best: Sequence[Hit], fresh_at: datetime | None) -> list[tuple[float, int]]:
    """Return the order of the best matches by score and age, equal ones newest first: score, and place by words alone."""
    keys = state.values("key", [place for _, place in best])
    now_us = None if fresh_at is None else microseconds_at(fresh_at)
    rows = []
    for at, ((score, _), value) in enumerate(zip(best, keys, strict=True)):
        key = int(value or 0)
        weighed = score if now_us is None else score * weight_of(now_us - microseconds_of(key))
        rows.append((round(weighed, _SCORE_DIGITS), key, at))
    rows.sort(key=lambda row: (-row[0], -row[1]))
    return [(score, at) for score, _, at in rows]


def _unscored(hits: Sequence[Hit]) -> list[tuple[float, Place]]:
    """Return places that stand as they are, below every score."""
    return [(-float(at), place) for at, (_, place) in enumerate(hits, start=1)]
