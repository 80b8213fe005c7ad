"""A store and an index made of a dictionary: what search's ports mean, in the fewest words."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from search.domain.article import Article, Change, subject_of
from search.domain.facets import counted
from search.domain.freshness import weight
from search.domain.results import DEEPEST, Ask, Cursor, Found, Newest, shown
from search.domain.revision import Revision
from search.ports import IndexUnavailableError, Record, Saved, Told
from shared.query import Query, analyse, matches, sequences


class MemoryArticles:
    """Keeps changes by revision and searches them one by one with the matcher; `down` makes it unavailable."""

    def __init__(self) -> None:
        self._changes: dict[str, Change] = {}
        self._revisions: dict[str, list[Revision]] = {}
        self.down = False
        self.slow = asyncio.Event()
        """While cleared, no search is answered."""
        self.slow.set()

    async def fill(self, changes: Sequence[Change]) -> None:
        """Hold these articles and no others."""
        self._changes = {}
        for change in changes:
            self._keep(change)

    async def save(self, records: Sequence[Record]) -> Saved:
        """Store changes by revision."""
        for record in records:
            if record.revision is not None:
                self._revisions.setdefault(record.change.id, []).append(record.revision)
        kept = sum(self._keep(record.change) for record in records)
        return Saved(stored=kept, older=len(records) - kept)

    async def get(self, article_id: str) -> Change | None:
        """Return what is known of an article."""
        self._check()
        return self._changes.get(article_id)

    async def telling(self, story: str | None) -> Told:
        """Return who tells a story."""
        self._check()
        told = [one for one in self._live() if story is not None and one.story == story]
        return Told(len(told), tuple(sorted(told, key=lambda one: (one.first_seen_at, one.id))))

    async def revisions(self, article_id: str) -> Sequence[Revision]:
        """Return what is remembered of an article, newest first."""
        self._check()
        return sorted(self._revisions.get(article_id, []), key=lambda one: -one.rev)

    async def search(self, ask: Ask) -> Found:
        """Answer by reading everything."""
        self._check()
        await self.slow.wait()
        ranked = self._ranked(ask)
        start = _start(ask, ranked)
        page = ranked[start : start + ask.limit]
        end = start + len(page)
        more: Cursor | None = None
        if page and end < len(ranked):
            more = (
                Newest(page[-1].key, page[-1].id) if ask.sort == "newest" else shown(ask.query, page, start)
            )
        if ask.sort == "relevance" and (end >= DEEPEST or ask.collapse):
            more = None
        facets = counted(ask.facets, self._ranked(replace(ask, collapse=False)))
        listed = tuple(article.listed() for article in page)
        return Found(len(ranked), listed, more, self._sizes(page), facets)

    async def order(self, query: Query, fresh_at: datetime | None) -> list[str]:
        """Return all that answers, by relevance."""
        self._check()
        return [article.id for article in self._ranked(Ask(query, "relevance", 1, fresh_at=fresh_at))]

    async def among(self, query: Query, ids: Sequence[str]) -> Found:
        """Return those of some articles that answer."""
        self._check()
        ranked = self._ranked(Ask(query, "newest", 1))
        known = {article.id: article.listed() for article in ranked}
        articles = tuple(known[one] for one in ids if one in known)
        return Found(len(ranked), articles, None, self._sizes(articles))

    def _ranked(self, ask: Ask) -> list[Article]:
        asked = [words for group in ask.query.groups for words in group.any_of]
        wanted = {term for words in asked if not words.prefix for run in sequences(words) for term in run}
        spelled = {word for words in asked if not words.prefix for word in words.written}
        found = []
        for article in self._live():
            if matches(ask.query, analysed := analyse(subject_of(article))):
                score = float(len(wanted & analysed.words) + len(wanted & analysed.title_words))
                score += len(spelled.intersection([*analysed.title.written, *analysed.text.written]))
                if ask.fresh_at is not None:
                    score *= weight(ask.fresh_at - article.published_at)
                found.append((-score if ask.sort == "relevance" else 0, -article.key, article.id, article))
        ranked = [row[3] for row in sorted(found, key=lambda row: row[:3])]
        if not ask.collapse:
            return ranked
        first: dict[str, Article] = {}
        for one in ranked:
            first.setdefault(one.story or one.id, one)
        return list(first.values())

    def _sizes(self, articles: Sequence[Article]) -> dict[str, int]:
        sizes = Counter(one.story for one in self._live())
        return {one.story: sizes[one.story] for one in articles if one.story is not None}

    def _live(self) -> list[Article]:
        return [one for one in self._changes.values() if isinstance(one, Article)]

    def _keep(self, change: Change) -> bool:
        known = self._changes.get(change.id)
        news = known is None or known.rev < change.rev
        if news:
            self._changes[change.id] = change
        return news

    def _check(self) -> None:
        if self.down:
            raise IndexUnavailableError


def _start(ask: Ask, ranked: Sequence[Article]) -> int:
    if isinstance(ask.behind, Newest):
        place = (-ask.behind.key, ask.behind.id)
        return sum((-article.key, article.id) <= place for article in ranked)
    return ask.start


class MemoryWalks:
    """Keeps orders in a dictionary; `forget` lets all of them expire."""

    def __init__(self) -> None:
        self._orders: dict[str, list[str]] = {}

    def forget(self) -> None:
        """Let all orders expire."""
        self._orders = {}

    async def keep(self, name: str, ids: Sequence[str]) -> str:
        """Keep an order, unless there is one of this name, and return the id to read it by."""
        self._orders.setdefault(name, list(ids))
        return name

    async def read(self, walk_id: str, place: int, count: int) -> Sequence[str] | None:
        """Return so many ids from a place on; None where the order is not kept."""
        order = self._orders.get(walk_id)
        return None if order is None else order[place : place + count]
