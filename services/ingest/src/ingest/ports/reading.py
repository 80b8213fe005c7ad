"""Who reads documents where they can hurt nobody."""

from datetime import date, timedelta
from typing import Protocol

from ingest.domain.articles.normalise import Candidate
from ingest.domain.articles.pages import PageReading
from ingest.domain.articles.reading import Reading
from ingest.domain.backfill.pages import ArchivePage
from ingest.domain.fetching.outcomes import Fetched
from ingest.domain.sources.source import Source


class FeedReader(Protocol):
    """Reads a document where it can hurt nobody."""

    async def read(self, answer: Fetched, source: Source, bias: timedelta) -> Reading:
        """Return what a source's answer says.

        Args:
            answer: of the source.
            source: whose country and language candidates are read with.
            bias: by how much the source's clock is ahead.

        Raises:
            UnreadableFeedError: it is no feed, or reading it takes too much time or memory or ends the reader.
        """
        ...


class PageReader(Protocol):
    """Finds the article in a page where that can hurt nobody."""

    async def read(self, page: Fetched, candidate: Candidate) -> PageReading:
        """Return what a page gives an entry; raises nothing for what a page is.

        Args:
            page: the answer.
            candidate: the entry as the feed has it.
        """
        ...


class ArchiveReader(Protocol):
    """Reads a document of an archive where it can hurt nobody."""

    async def read(self, answer: Fetched, source: Source, since: date | None) -> ArchivePage:
        """Return what an answer shows and where it leads.

        Args:
            answer: a feed, a sitemap, an index of sitemaps or a robots.txt.
            source: whose articles are looked for.
            since: sitemaps of an index that changed last before are left out.

        Raises:
            UnreadableFeedError: it is none of these, names no sitemap, or takes too much time or memory.
        """
        ...
