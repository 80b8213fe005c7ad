"""Takes the text of articles from their own pages, for sources that ask for it: a bounded number of pages a poll.

A page that cannot be had costs nothing: the article goes out with the feed's text, and its page is asked for again when
the source is polled next, three times in all. An article whose text is its page's waits with an edit of its entry until
the page was read again, rather than lose its text.
"""

import asyncio
from dataclasses import dataclass, replace
from typing import Literal

from ingest.domain.articles.decide import StoredItem
from ingest.domain.articles.normalise import Candidate
from ingest.domain.articles.page_state import PageState
from ingest.domain.articles.pages import state_before, wanted
from ingest.domain.fetching.outcomes import Failed, Fetched, FetchOutcome, Reason
from ingest.domain.sources.source import Source
from ingest.metrics import Metrics
from ingest.ports import PageFetcher, PageReader
from shared.clock import Clock

_FOR_GOOD = frozenset({Reason.ROBOTS, Reason.TOO_LARGE})
_OF_ONE_PAGE = frozenset(
    {*_FOR_GOOD, Reason.NOT_FOUND, Reason.GONE, Reason.BAD_ENCODING, Reason.EMPTY, Reason.BAD_REDIRECT}
)
"""Failures that say nothing about the next page of the same site; after any other one no further is asked for."""

Next = Literal["store", "same", "wait"]


@dataclass(frozen=True, slots=True)
class Completed:
    """What became of an entry.

    Attributes:
        next: `store` it as it is here, nothing to do for it is the `same`, or `wait` for its page.
        candidate: the entry, with its page's text where that was had.
        page: what to remember of its page; None where pages are not asked for.
        due: True when the page is to be asked for at the next poll.
    """

    next: Next
    candidate: Candidate
    page: PageState | None = None
    due: bool = False


class FullTexts:
    """Pages for the whole process.

    Args:
        pages: fetches them, politely.
        reader: finds the article in one.
        clock: how much of a poll's time for pages is left.
        metrics: numbers.
        most: pages asked for in one poll of a source.
        within_s: seconds that one poll may spend on pages.
    """

    def __init__(
        self,
        pages: PageFetcher,
        reader: PageReader,
        *,
        clock: Clock,
        metrics: Metrics,
        most: int,
        within_s: float,
    ) -> None:
        self.pages = pages
        self.reader = reader
        self.clock = clock
        self.metrics = metrics
        self.most = most
        self.within_s = within_s

    def poll(self, source: Source) -> "PollPages":
        """Return what one poll of a source may ask for."""
        return PollPages(self, source)


class PollPages:
    """Pages for one poll of one source: counted, timed, and given up at the first wall."""

    def __init__(self, texts: FullTexts, source: Source) -> None:
        self._texts = texts
        self._source = source
        self._monotonic = texts.clock.monotonic
        self._left = texts.most
        self._until = self._monotonic() + texts.within_s
        self._closed = False

    async def complete(self, candidate: Candidate, stored: StoredItem | None) -> Completed:
        """Return an entry with its page's text, if that is wanted and can be had."""
        want = wanted(candidate, stored, self._source)
        if want != "fetch":
            page = stored.page if stored is not None and self._source.full_text else None
            return Completed("same" if want == "same" else "store", candidate, page)
        before = state_before(candidate, stored)
        if self._closed:
            return self._without(candidate, before.failed(for_good=False), "failed")
        if self._left <= 0 or self._monotonic() >= self._until:
            return self._without(candidate, before, "postponed")
        self._left -= 1
        answer = await self._fetch(candidate.url)
        if isinstance(answer, Fetched):
            return await self._read(candidate, before, answer)
        failure = answer if isinstance(answer, Failed) else Failed(Reason.PROTOCOL, "not modified")
        passes = failure.retry_after_s is not None
        if passes or failure.reason not in _OF_ONE_PAGE:
            self._closed = True
        for_good = failure.reason in _FOR_GOOD and not passes
        return self._without(candidate, before.failed(for_good=for_good), "failed")

    async def _read(self, candidate: Candidate, before: PageState, page: Fetched) -> Completed:
        found = await self._texts.reader.read(page, candidate)
        if found.refusal is not None:
            return self._without(candidate, before.failed(for_good=False), "refused")
        whole = found.candidate
        self._count("taken" if whole is not None else "no_longer")
        state = replace(before, settled=True, in_use=whole is not None)
        return Completed("store", whole or candidate, state)

    async def _fetch(self, url: str) -> FetchOutcome:
        """Return the answer; a page that outlasts the poll's time for pages has failed like any slow one."""
        try:
            async with asyncio.timeout(self._until - self._monotonic()):
                return await self._texts.pages.fetch_page(url)
        except TimeoutError:
            return Failed(Reason.TIMEOUT, "no time left for pages")

    def _without(self, candidate: Candidate, state: PageState, outcome: str) -> Completed:
        self._count(outcome)
        if state.in_use and not state.settled:
            return Completed("wait", candidate, state, due=True)
        return Completed("store", candidate, replace(state, in_use=False), due=not state.settled)

    def _count(self, outcome: str) -> None:
        self._texts.metrics.pages.labels(outcome).inc()
