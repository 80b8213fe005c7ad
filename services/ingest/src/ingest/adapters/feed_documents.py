"""One document all the way: decode -> parse -> normalise; pure CPU work, done in a worker.

`WorkerFeedReader` is the port `FeedReader` on worker processes. `read_document` is what such a process runs.
"""

from dataclasses import replace
from datetime import timedelta

from ingest.adapters.feedparser_entries import parse_feed
from ingest.adapters.workers import WorkerPool
from ingest.domain.articles.normalise import normalise_feed
from ingest.domain.articles.reading import Reading
from ingest.domain.decoding.decode import decode
from ingest.domain.fetching.outcomes import Fetched
from ingest.domain.sources.source import Source


def read_document(
    body: bytes, content_type: str | None, url: str, source: Source, bias: timedelta
) -> Reading:
    """Return what a document says.

    Args:
        body: decompressed bytes.
        content_type: the Content-Type header, if any.
        url: the address that answered.
        source: where the document came from.
        bias: by how much the source's clock is ahead.

    Raises:
        UnreadableFeedError: it is no feed, or not a safe one.
    """
    return read_text(decode(body, content_type).text, url, source, bias)


def read_text(text: str, url: str, source: Source, bias: timedelta) -> Reading:
    """Return what a decoded document says; see `read_document`."""
    feed = parse_feed(text, url)
    return Reading(replace(feed, entries=()), normalise_feed(feed, source, url, bias))


class WorkerFeedReader:
    """Reads documents in the processes of a pool."""

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool

    async def read(self, answer: Fetched, source: Source, bias: timedelta) -> Reading:
        """Return what a source's answer says; see the port."""
        return await self._pool.run(read_document, answer.body, answer.content_type, answer.url, source, bias)
