"""Feeds are found behind the address that somebody has, over real HTTP."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from ingest.adapters.getaddrinfo_names import GetaddrinfoNames
from ingest.adapters.httpx2_fetcher import Httpx2Fetcher, Limits
from ingest.domain.sources.preview import Discovered
from ingest.pipeline.discovery import MAX_REQUESTS, Discovery
from ingest.pipeline.threads import BackgroundThreads
from shared.clock import SystemClock
from shared.testing.clock import FixedClock
from tests.integration.ingest.local_web import LocalWeb, Page
from tests.suites.ingest_fakes import PlainReader, rss

NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)
FEED = Page(rss([("https://a.kg/1", "One"), ("https://a.kg/2", "Two")], title="A.kg news"))
HTML = {"Content-Type": "text/html; charset=utf-8"}


@pytest.fixture
async def discover() -> AsyncIterator[Discovery]:
    fetcher = Httpx2Fetcher(
        GetaddrinfoNames(BackgroundThreads(4).run, hosts={}),
        clock=SystemClock(),
        user_agent="Silkwire/0.1 (test)",
        allow_private=True,
        concurrency=4,
        limits=Limits(deadline_s=5, patience_s=5),
        gap_s=0,
    )
    yield Discovery(fetcher, PlainReader(), FixedClock(NOW))
    await fetcher.close()


def page(links: str, body: str = "") -> Page:
    html = f"<!doctype html><html><head><title>A.kg</title>{links}</head><body>{body}</body></html>"
    return Page(html.encode(), headers=HTML)


def came_to(found: Discovered) -> list[tuple[str, str]]:
    return [("/" + one.url.split("/", 3)[3], one.outcome) for one in found.tries]


async def test_a_feed_is_found_at_its_own_address(web: LocalWeb, discover: Discovery) -> None:
    web.pages["/rss"] = FEED
    found = await discover(web.url("/rss"))
    (feed,) = found.feeds
    assert (feed.url, feed.title, feed.kind, feed.entries) == (web.url("/rss"), "A.kg news", "rss20", 2)
    assert [one.title for one in feed.newest] == ["One", "Two"]
    assert feed.newest[0].published is not None
    assert feed.newest[0].published.certainty == "exact"
    assert not feed.full_text
    assert came_to(found) == [("/rss", "feed")]


async def test_dates_of_tomorrow_are_told(web: LocalWeb, discover: Discovery) -> None:
    """Such articles are shown with the time they were first seen; whoever adds the feed should not wonder."""
    web.pages["/rss"] = Page(FEED.body.replace(b"22 Sep 2026", b"24 Sep 2026", 1))
    (feed,) = (await discover(web.url("/rss"))).feeds
    assert feed.problems == ("1 of 2 entries are dated later than now",)


async def test_the_feeds_that_a_page_names_are_all_shown(web: LocalWeb, discover: Discovery) -> None:
    """Publishers have a feed for each language; whoever adds one wants to choose."""
    links = "".join(
        f'<link rel="alternate" type="application/rss+xml" href="/{language}/rss" title="{language}">'
        for language in ("ky", "ru")
    )
    web.pages |= {"/news": page(links), "/ky/rss": FEED, "/ru/rss": FEED}
    found = await discover(web.url("/news"))
    assert [one.url for one in found.feeds] == [web.url("/ky/rss"), web.url("/ru/rss")]
    assert came_to(found) == [("/news", "page"), ("/ky/rss", "feed"), ("/ru/rss", "feed")]


async def test_a_feed_that_no_page_names_is_looked_for_where_feeds_are(
    web: LocalWeb, discover: Discovery
) -> None:
    web.pages |= {"/": page(""), "/rss.xml": FEED}
    found = await discover(web.url("/"))
    assert [one.url for one in found.feeds] == [web.url("/rss.xml")]
    assert ("/rss.xml", "feed") in came_to(found)
    assert ("/", "page") in came_to(found)


async def test_an_old_address_leads_to_the_feed_of_the_home_page(web: LocalWeb, discover: Discovery) -> None:
    """This is what the advice about a source that is not found any more says."""
    web.pages |= {
        "/": page('<link rel="alternate" type="application/atom+xml" href="new.xml">'),
        "/new.xml": FEED,
    }
    found = await discover(web.url("/old/rss"))
    assert [one.url for one in found.feeds] == [web.url("/new.xml")]
    assert came_to(found)[0] == ("/old/rss", "not_found")


async def test_a_site_without_feeds_is_asked_few_times_and_all_is_told(
    web: LocalWeb, discover: Discovery
) -> None:
    web.pages["/"] = page("", "nothing here")
    found = await discover(web.url("/"))
    assert found.feeds == []
    assert len(web.asked) == len(found.tries) <= MAX_REQUESTS


async def test_where_nobody_answers_one_try_is_enough(discover: Discovery) -> None:
    found = await discover("http://127.0.0.1:9/rss")
    assert [(one.outcome) for one in found.tries] == ["connect"]


async def test_what_is_wrong_with_a_feed_is_told_before_it_is_added(
    web: LocalWeb, discover: Discovery
) -> None:
    """No zone in the dates, nothing new for months, entries that lead nowhere."""
    body = (
        '<rss version="2.0"><channel><title>T</title>'
        "<item><title>A</title><link>https://a.kg/1</link><pubDate>01.02.2026 10:00</pubDate></item>"
        "<item><title>B</title><link>https://a.kg/2</link></item><item><title>C</title></item></channel></rss>"
    )
    web.pages["/rss"] = Page(body.encode())
    (feed,) = (await discover(web.url("/rss"))).feeds
    told = " / ".join(feed.problems)
    for part in (
        "1 of its entries are left out",
        "1 of 2 entries have no date",
        "no time zone",
        "two months",
    ):
        assert part in told
