"""Fetches pages of publishers' sites, having asked robots.txt first: the port `PageFetcher`.

Feeds are made to be fetched by programs, so robots.txt is not asked about them; pages are made for people. Every
redirect is asked about again, at the site that it leads to.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from protego import Protego

from ingest.adapters.httpx2_fetcher import Httpx2Fetcher
from ingest.domain.fetching.outcomes import Failed, Fetched, FetchOutcome, Reason, Validators
from ingest.domain.fetching.robots import (
    KEEP_S,
    MAX_CRAWL_DELAY_S,
    PRODUCT_TOKEN,
    RETRY_S,
    readable_part,
    verdict_on,
)
from shared.clock import Clock

PAGE_TYPES = "text/html, application/xhtml+xml, application/xml;q=0.8, */*;q=0.5"
_ROBOTS_TYPES = "text/plain, */*;q=0.5"
MOST_SITES = 2000
"""Sites whose rules are kept, some kilobytes each."""

InThread = Callable[[Callable[[], Protego]], Awaitable[Protego]]


@dataclass(slots=True)
class _Site:
    """What a site allows: its rules, None where it has none; or why nothing is allowed."""

    until: float = 0.0
    rules: Protego | None = None
    closed: str | None = None
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)


class PolitePages:
    """Fetches pages as robots.txt allows; one for the whole process.

    Args:
        fetcher: asks, at each host's pace.
        clock: how old rules are.
        in_thread: where to read rules: half a megabyte of them takes some tenths of a second.
    """

    def __init__(self, fetcher: Httpx2Fetcher, *, clock: Clock, in_thread: InThread) -> None:
        self._fetcher = fetcher
        self._clock = clock
        self._in_thread = in_thread
        self._sites: dict[str, _Site] = {}

    async def fetch_page(self, url: str) -> FetchOutcome:
        """Return the page; every failure is a value, `Reason.ROBOTS` where robots.txt keeps us out.

        With `retry_after_s` where it does so only until it can be had.

        Args:
            url: address of the page.
        """
        return await self._fetcher.get(url, Validators(), PAGE_TYPES, gate=self._refusal)

    async def _refusal(self, url: str) -> Failed | None:
        """Return why a page is not to be fetched."""
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        site = await self._site(f"{parts.scheme}://{host}")
        if site.closed is not None:
            left_s = site.until - self._clock.monotonic()
            return Failed(Reason.ROBOTS, site.closed, retry_after_s=max(0.0, left_s))
        if site.rules is not None and not site.rules.can_fetch(url, PRODUCT_TOKEN):
            return Failed(Reason.ROBOTS, f"robots.txt of {host} disallows {parts.path}"[:200])
        return None

    async def _site(self, origin: str) -> _Site:
        site = self._sites.get(origin)
        if site is None:
            if len(self._sites) >= MOST_SITES:
                self._sites.clear()  # asking again is cheap beside what keeping them in order would cost
            site = self._sites[origin] = _Site()
        async with site.asking:
            if self._clock.monotonic() >= site.until:
                await self._ask(origin, site)
        return site

    async def _ask(self, origin: str, site: _Site) -> None:
        outcome = await self._fetcher.get(f"{origin}/robots.txt", Validators(), _ROBOTS_TYPES)
        site.rules, site.closed = None, None
        verdict = verdict_on(outcome)
        if isinstance(outcome, Fetched):
            site.rules = await self._in_thread(lambda: Protego.parse(readable_part(outcome.body)))
            self._keep_crawl_delay(origin, site.rules)
        elif isinstance(outcome, Failed) and verdict == "refuse":
            site.closed = f"robots.txt cannot be had: {outcome.reason} ({outcome.detail})"[:200]
        site.until = self._clock.monotonic() + (RETRY_S if verdict == "refuse" else KEEP_S)

    def _keep_crawl_delay(self, origin: str, rules: Protego) -> None:
        wanted_s = rules.crawl_delay(PRODUCT_TOKEN)
        if wanted_s is not None and wanted_s > 0:
            gap_s = min(float(wanted_s), MAX_CRAWL_DELAY_S)
            self._fetcher.turns.keep_gap(urlsplit(origin).netloc, self._clock.monotonic(), gap_s)
