"""What the newsroom has published: the articles of the start, and what happened since, told by entries of its journal."""

from bisect import insort
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from silkwire.newsroom.edition import Article, arrival, numbered, opening
from silkwire.newsroom.feeds import Feed, write_feed
from silkwire.newsroom.sources import source

ARRIVALS_LISTED = 60
"""Later arrivals that a feed lists besides all articles of its start: a feed that runs for weeks must not grow for ever."""


class UnknownArticleError(Exception):
    """No article of this source has this guid."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened in the newsroom.

    Attributes:
        kind: an article arrived by itself, `count` numbered ones were published, or a title was edited.
        at: when, aware UTC.
        count: how many, of numbered articles.
        source_id: whose article was edited.
        guid: which article was edited.
        title: its new title.
    """

    kind: Literal["arrived", "published", "edited"]
    at: datetime
    count: int = 0
    source_id: str = ""
    guid: str = ""
    title: str = ""


class Newsroom:
    """All articles, from an anchor and the entries since; no clock, no files, no network.

    Args:
        anchor: when the newsroom was first started, aware UTC; everything at the start is dated before it.
        base_url: where it is served, for the links in its feeds.
        entries: what has happened since.
    """

    def __init__(
        self, anchor: datetime, *, base_url: str = "http://newsroom.example", entries: Iterable[Entry] = ()
    ) -> None:
        self.anchor = anchor
        self.base_url = base_url.rstrip("/")
        self._by_guid: dict[str, Article] = {}
        self._by_source: dict[str, list[Article]] = {}
        self._titles: set[str] = set()
        self._feeds: dict[str, tuple[int, Feed]] = {}
        self._arrived = 0
        self._numbered = 0
        for article in opening(anchor):
            self._add(article)
        for entry in entries:
            self.apply(entry)

    def articles(self, now: datetime) -> list[Article]:
        """Return all articles published up to `now`, newest first."""
        found = [article for article in self._by_guid.values() if article.published_at <= now]
        return sorted(found, key=_order, reverse=True)

    def find(self, source_id: str, guid: str) -> Article:
        """Return an article.

        Raises:
            UnknownArticleError: there is none.
        """
        article = self._by_guid.get(guid)
        if article is None or article.source_id != source_id:
            raise UnknownArticleError
        return article

    def of_source(self, source_id: str, now: datetime) -> list[Article]:
        """Return what a source's feed lists, newest first: all of its articles, of the later arrivals the newest.

        Raises:
            KeyError: there is no such source.
        """
        known = source(source_id)
        found = [item for item in reversed(self._by_source[known.id]) if item.published_at <= now]
        old = [item for item in found if item.slug.startswith("arrival-")][ARRIVALS_LISTED:]
        dropped = {item.guid for item in old}
        return [item for item in found if item.guid not in dropped]

    def feed(self, source_id: str, now: datetime) -> Feed:
        """Return a source's feed as of `now`; the same bytes until something in it changes.

        Raises:
            KeyError: there is no such source.
        """
        listed = self.of_source(source_id, now)
        version = hash(tuple((item.guid, item.updated_at, item.title) for item in listed))
        cached = self._feeds.get(source_id)
        if cached is None or cached[0] != version:
            cached = (version, write_feed(source(source_id), listed, self.base_url))
            self._feeds[source_id] = cached
        return cached[1]

    def apply(self, entry: Entry) -> None:
        """Take in what happened.

        Raises:
            UnknownArticleError: an article was edited that is not there.
        """
        _APPLY[entry.kind](self, entry)

    def _arrive(self, entry: Entry) -> None:
        self._add(arrival(self._arrived, entry.at.replace(microsecond=0), self._titles))
        self._arrived += 1

    def _publish(self, entry: Entry) -> None:
        for _ in range(entry.count):
            self._numbered += 1
            self._add(numbered(self._numbered, entry.at.replace(microsecond=0)))

    def _edit(self, entry: Entry) -> None:
        old = self.find(entry.source_id, entry.guid)
        new = replace(old, title=entry.title, updated_at=entry.at.replace(microsecond=0))
        self._by_guid[new.guid] = new
        listed = self._by_source[new.source_id]
        listed[listed.index(old)] = new
        self._titles.add(new.title)

    def _add(self, article: Article) -> None:
        self._by_guid[article.guid] = article
        insort(self._by_source.setdefault(article.source_id, []), article, key=_order)
        self._titles.add(article.title)


def _order(article: Article) -> tuple[datetime, str]:
    return (article.published_at, article.guid)


_APPLY: dict[str, Callable[[Newsroom, Entry], None]] = {
    "arrived": Newsroom._arrive,  # noqa: SLF001  the class's own table of what it takes in
    "published": Newsroom._publish,  # noqa: SLF001  as above
    "edited": Newsroom._edit,  # noqa: SLF001  as above
}
