"""A document of an archive all the way: unpack -> decode -> what it shows, and where it leads; pure CPU work, in a worker.

`WorkerArchiveReader` is the port `ArchiveReader` on worker processes. `read_archive` is what such a process runs.
"""

from datetime import date, timedelta

from ingest.adapters.feed_documents import read_text
from ingest.adapters.workers import WorkerPool
from ingest.domain.backfill.pages import (
    ArchivePage,
    is_index,
    older_pages,
    sitemaps_of_index,
    sitemaps_of_robots,
    unpacked,
)
from ingest.domain.decoding.decode import decode
from ingest.domain.fetching.outcomes import Fetched, Reason, UnreadableFeedError
from ingest.domain.sources.source import Source


def read_archive(
    body: bytes, content_type: str | None, url: str, source: Source, since: date | None
) -> ArchivePage:
    """Return what a document of an archive shows and where it leads.

    Args:
        body: as it came, which may be a `.gz` file.
        content_type: the Content-Type header, if any.
        url: the address that answered.
        source: whose articles are looked for.
        since: sitemaps of an index that changed last before are left out.

    Raises:
        UnreadableFeedError: it is no feed and no sitemap, or not a safe one; or a robots.txt that names no sitemap.
    """
    plain = unpacked(body)
    if url.endswith("/robots.txt"):
        links = sitemaps_of_robots(plain.decode("utf-8", "replace"), url)
        if not links:
            raise UnreadableFeedError(Reason.NOT_FOUND, "robots.txt names no sitemap")
        return ArchivePage(links)
    text = decode(plain, content_type).text
    if is_index(text):
        return ArchivePage(sitemaps_of_index(text, url, since))
    return ArchivePage(older_pages(text, url), read_text(text, url, source, timedelta(0)))


class WorkerArchiveReader:
    """Reads documents of archives in the processes of a pool."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    async def read(self, answer: Fetched, source: Source, since: date | None) -> ArchivePage:
        """Return what an answer shows and where it leads; see the port."""
        return await self._pool.run(read_archive, answer.body, answer.content_type, answer.url, source, since)
