"""Finds the feeds behind an address: it is one itself, or a page that names them, or they are where feeds usually are."""

import asyncio
from datetime import timedelta
from urllib.parse import urljoin

from ingest.domain.decoding.decode import decode
from ingest.domain.fetching.outcomes import Failed, Fetched, Reason, UnreadableFeedError, Validators
from ingest.domain.parsing.discovery import common_paths, feeds_in_page
from ingest.domain.sources.preview import Discovered, Tried, preview
from ingest.domain.sources.rows import source_of
from ingest.ports import FeedReader, Fetcher
from shared.clock import Clock

MAX_REQUESTS = 14
"""Of which most wait a second for their host's pace."""

WITHIN_S = 45.0
MAX_FEEDS = 8
_NOBODY_THERE = frozenset({Reason.DNS, Reason.CONNECT, Reason.TLS, Reason.TIMEOUT, Reason.ADDRESS_REFUSED})
"""After these the other addresses of the site need not be tried."""


class Discovery:
    """Looks for feeds; one for the whole process. Nothing is stored.

    Args:
        fetcher: asks, at each host's pace.
        reader: reads documents where they can hurt nobody.
        clock: tells old feeds from live ones.
    """

    def __init__(self, fetcher: Fetcher, reader: FeedReader, clock: Clock) -> None:
        self._fetcher = fetcher
        self._reader = reader
        self._clock = clock

    async def __call__(self, url: str) -> Discovered:
        """Return the feeds behind an address, as far as they are found within the bounds.

        Args:
            url: a feed, or any page of a site.
        """
        found = Discovered()
        try:
            async with asyncio.timeout(WITHIN_S):
                await self._look(url, found)
        except TimeoutError:
            found.tries.append(Tried(url, "deadline", f"not done within {WITHIN_S:g} s"))
        return found

    async def _look(self, url: str, found: Discovered) -> None:
        for page in dict.fromkeys((url, urljoin(url, "/"))):
            text = await self._try(page, found)
            if found.feeds:
                return
            if found.tries[-1].outcome in _NOBODY_THERE:
                return
            if text is None:
                continue
            for named in feeds_in_page(text, found.tries[-1].url)[:MAX_FEEDS]:
                await self._try(named.url, found)
            if found.feeds:
                return
        for usual in common_paths(url):
            await self._try(usual, found)
            if found.feeds:
                return

    async def _try(self, url: str, found: Discovered) -> str | None:
        """Ask an address that was not asked yet; return the text of a page that is no feed."""
        known = {one.url for one in found.tries} | {one.url for one in found.feeds}
        if url in known or len(found.tries) >= MAX_REQUESTS:
            return None
        answer = await self._fetcher.fetch(url, Validators())
        if isinstance(answer, Failed):
            found.tries.append(Tried(url, answer.reason.value, answer.detail[:200]))
            return None
        if not isinstance(answer, Fetched):
            found.tries.append(Tried(url, Reason.PROTOCOL.value, "not modified, though nothing was known"))
            return None
        try:
            read = await self._reader.read(
                answer, source_of({"xmlurl": answer.url}, answer.url), timedelta(0)
            )
        except UnreadableFeedError as error:
            if error.reason is Reason.HTML:
                found.tries.append(Tried(answer.url, "page", error.detail[:200]))
                return decode(answer.body, answer.content_type).text
            found.tries.append(Tried(url, error.reason.value, error.detail[:200]))
            return None
        made = preview(read.feed, read.normalised, answer.url, self._clock.now())
        found.tries.append(Tried(url, "feed", made.title))
        if made.url not in known:
            found.feeds.append(made)
        return None
