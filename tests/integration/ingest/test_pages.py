"""Pages of publishers' sites, asked for as politely as robots.txt wants."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from ingest.adapters.getaddrinfo_names import GetaddrinfoNames
from ingest.adapters.httpx2_fetcher import Httpx2Fetcher, Limits
from ingest.adapters.protego_pages import PolitePages
from ingest.domain.fetching.outcomes import Failed, Fetched, Reason
from ingest.domain.fetching.robots import KEEP_S, RETRY_S
from ingest.pipeline.threads import BackgroundThreads
from shared.testing.clock import FixedClock
from tests.integration.ingest.local_web import LocalWeb, Page
from tests.suites.ingest_stores import NOW

NEWS = "/news/1"


@dataclass
class Reader:
    """Somebody who reads pages of the web of the test."""

    web: LocalWeb
    clock: FixedClock
    pages: PolitePages

    async def read(self, path: str = NEWS) -> str:
        """Return `read`, or the reason why not."""
        outcome = await self.pages.fetch_page(self.web.url(path))
        assert isinstance(outcome, Fetched | Failed)
        return "read" if isinstance(outcome, Fetched) else outcome.reason

    def asked(self, path: str) -> int:
        return sum(one == path for one, _ in self.web.asked)


@pytest.fixture
async def reader(web: LocalWeb) -> AsyncIterator[Reader]:
    clock = FixedClock(NOW)
    threads = BackgroundThreads(2)
    fetcher = Httpx2Fetcher(
        GetaddrinfoNames(threads.run), clock=clock, user_agent="Silkwire/9 (tests)", allow_private=True,
        limits=Limits(deadline_s=2, connect_s=1, patience_s=2),
    )  # fmt: skip
    web.pages[NEWS] = Page(b"<html><title>One</title></html>")
    yield Reader(web, clock, PolitePages(fetcher, clock=clock, in_thread=threads.run))
    await fetcher.close()


def robots(text: str, status: int = 200) -> Page:
    return Page(text.encode(), status=status)


@pytest.mark.parametrize(
    ("rules", "expected"),
    [
        ("User-agent: *\nDisallow: /news/", Reason.ROBOTS),
        ("User-agent: *\nDisallow: /\nAllow: /news/", "read"),
        ("User-agent: silkwire\nDisallow: /\n\nUser-agent: *\nAllow: /", Reason.ROBOTS),
        ("User-agent: SomeoneElse\nDisallow: /", "read"),
        ("\ufeffUser-agent: *\r\nDisallow: /news/", Reason.ROBOTS),
        ("", "read"),
        ("<html><title>A page in the place of rules</title></html>", "read"),
    ],
)
async def test_a_page_is_read_as_robots_txt_allows(reader: Reader, rules: str, expected: str) -> None:
    """Publishers, who say so there."""
    reader.web.pages["/robots.txt"] = robots(rules)
    assert await reader.read() == expected
    assert reader.asked(NEWS) == (expected == "read")


@pytest.mark.parametrize(
    ("status", "expected"),
    [(404, "read"), (403, "read"), (410, "read"), (500, Reason.ROBOTS), (503, Reason.ROBOTS)],
)
async def test_without_robots_txt_everything_is_allowed_and_with_a_broken_server_nothing(
    reader: Reader, status: int, expected: str
) -> None:
    reader.web.pages["/robots.txt"] = robots("", status)
    assert await reader.read() == expected


async def test_a_site_is_asked_for_its_rules_once_a_day(reader: Reader) -> None:
    reader.web.pages["/robots.txt"] = robots("User-agent: *\nAllow: /")
    await asyncio.gather(*(reader.read() for _ in range(5)))
    assert reader.asked("/robots.txt") == 1
    reader.clock.advance(KEEP_S)
    reader.web.pages["/robots.txt"] = robots("User-agent: *\nDisallow: /")
    assert await reader.read() == Reason.ROBOTS


async def test_a_site_whose_rules_cannot_be_had_is_asked_again_soon(reader: Reader) -> None:
    reader.web.pages["/robots.txt"] = robots("", 500)
    assert await reader.read() == Reason.ROBOTS
    reader.clock.advance(100)
    outcome = await reader.pages.fetch_page(reader.web.url(NEWS))
    assert isinstance(outcome, Failed)
    assert outcome.retry_after_s == RETRY_S - 100
    reader.web.pages["/robots.txt"] = robots("")
    assert await reader.read() == Reason.ROBOTS
    reader.clock.advance(RETRY_S - 100)
    assert await reader.read() == "read"


async def test_a_redirect_to_a_forbidden_page_is_not_followed(reader: Reader) -> None:
    reader.web.pages["/robots.txt"] = robots("User-agent: *\nDisallow: /private/")
    reader.web.pages["/public"] = Page(status=302, headers={"Location": "/private/1"})
    reader.web.pages["/private/1"] = Page(b"<html></html>")
    assert await reader.read("/public") == Reason.ROBOTS
    assert reader.asked("/private/1") == 0


async def test_rules_may_be_long_and_only_their_beginning_counts(reader: Reader) -> None:
    """A site whose rules are made by a program gone wild."""
    wild = "User-agent: *\nDisallow: /news/\n" + "Disallow: /some/long/address\n" * 30_000 + "Allow: /news/1"
    reader.web.pages["/robots.txt"] = robots(wild)
    assert await reader.read() == Reason.ROBOTS


async def test_crawl_delay_is_kept_within_a_bound(reader: Reader) -> None:
    """By it a site may slow us down, not shut us out for hours."""
    reader.web.pages["/robots.txt"] = robots("User-agent: *\nCrawl-delay: 3600")
    outcome = await reader.pages.fetch_page(reader.web.url(NEWS))
    assert isinstance(outcome, Failed)
    assert (outcome.reason, outcome.retry_after_s) == (Reason.RATE_LIMITED, 10)
    reader.clock.advance(10)
    assert await reader.read() == "read"
