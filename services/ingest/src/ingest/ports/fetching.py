"""Who asks the web: for feeds, and for pages."""

from typing import Protocol

from ingest.domain.fetching.outcomes import FetchOutcome, Validators


class Fetcher(Protocol):
    """Asks a source for its feed."""

    async def fetch(self, url: str, validators: Validators) -> FetchOutcome:
        """Return the answer; every failure of a source is a value, never raised.

        Args:
            url: address of the feed.
            validators: what the last whole answer can be recognised by; empty ones ask unconditionally.
        """
        ...


class PageFetcher(Protocol):
    """Asks a publisher for a page of its site, as politely as a person would."""

    async def fetch_page(self, url: str) -> FetchOutcome:
        """Return the page; every failure is a value, `Reason.ROBOTS` where robots.txt keeps us out.

        With `retry_after_s` where it only cannot be had now. Waits for the host's pace, at most for the deadline of a fetch.
        """
        ...
