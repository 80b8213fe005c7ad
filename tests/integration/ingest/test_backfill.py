"""Older articles are fetched from real archives over HTTP, and what was done is kept in a real MongoDB."""

import gzip
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime

import httpx2
import pytest
from prometheus_client import CollectorRegistry

from ingest.adapters.httpx2_fetcher import Httpx2Fetcher, Limits
from ingest.adapters.mongo_backfill_store import MongoBackfillStore
from ingest.api.backfills import backfills_router
from ingest.domain.backfill.job import Job, Wanted
from ingest.metrics import Metrics
from ingest.pipeline.backfill import Backfills
from ingest.pipeline.storing import Storing
from shared import mongo
from shared.clock import SystemClock
from shared.testing.clock import FixedClock
from shared.web import AdminOnly, create_api
from tests.integration.ingest.local_web import LocalWeb, Page
from tests.integration.ingest.test_fetcher import system_names
from tests.suites.ingest_fakes import MemoryItemStore, MemorySourceStore, PlainArchiveReader
from tests.suites.ingest_stores import source

NOW = datetime(2026, 9, 22, 12, tzinfo=UTC)
TOKEN = "a-token-of-sixteen-letters"


class Desk:
    """An ingest without polls: its stores, and the web it asks."""

    def __init__(self, web: LocalWeb, fetcher: Httpx2Fetcher, database: mongo.Database) -> None:
        self.web = web
        self.fetcher = fetcher
        self.jobs = MongoBackfillStore(database)
        self.items = MemoryItemStore()
        self.sources = MemorySourceStore(FixedClock(NOW))

    def backfills(self) -> Backfills:
        """A replica that works on backfills."""
        clock = FixedClock(NOW)
        storing = Storing(
            items=self.items,
            sources=self.sources,
            clock=clock,
            metrics=Metrics(CollectorRegistry()),
            published=lambda: None,
        )
        return Backfills(
            jobs=self.jobs,
            sources=self.sources,
            items=self.items,
            storing=storing,
            fetcher=self.fetcher,
            reader=PlainArchiveReader(),
            clock=clock,
        )

    async def done(self, path: str, **wanted: object) -> Job:
        """Work on a backfill, each page by another replica, until nothing is left."""
        begun = await self.backfills().start(Wanted(self.web.url(path), "a", **wanted))  # type: ignore[arg-type]  # tests name the fields
        while await self.backfills().step():
            pass
        job = await self.jobs.job(begun.id)
        assert job is not None
        return job

    def titles(self) -> list[str]:
        """What was said to be collected, in order."""
        return [event.title for event in self.items.said()]

    def asked(self) -> list[str]:
        """The addresses that were asked, in order."""
        return [path for path, _ in self.web.asked]


@pytest.fixture
async def desk(web: LocalWeb, database: mongo.Database) -> AsyncIterator[Desk]:
    fetcher = Httpx2Fetcher(
        system_names(),
        clock=SystemClock(),
        user_agent="Tester/1",
        allow_private=True,
        limits=Limits(deadline_s=5, patience_s=5),
        gap_s=0,
    )
    made = Desk(web, fetcher, database)
    await made.sources.seed([source("a")])
    yield made
    await fetcher.close()


def feed(days: Sequence[int], extra: str = "") -> Page:
    """A feed with an article for each of these days of September."""
    items = "".join(
        f"<item><title>Day {day}</title><link>https://a.kg/{day}</link><guid>https://a.kg/{day}</guid>"
        f"<pubDate>{day:02} Sep 2026 10:00:00 +0600</pubDate><description>Text {day}</description></item>"
        for day in days
    )
    namespaces = 'xmlns:atom="http://www.w3.org/2005/Atom"'
    return Page(
        f'<rss version="2.0" {namespaces}><channel><title>A</title>{extra}{items}</channel></rss>'.encode()
    )


def news(days: Sequence[int]) -> bytes:
    """A news sitemap with an article for each of these days of September."""
    rows = "".join(
        f"<url><loc>https://a.kg/{day}</loc><news:news><news:title>Day {day}</news:title>"
        f"<news:publication_date>2026-09-{day:02}T10:00:00+06:00</news:publication_date></news:news></url>"
        for day in days
    )
    schemas = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'
    return f"<?xml version='1.0'?><urlset {schemas}>{rows}</urlset>".encode()


def link(relation: str, path: str) -> str:
    return f'<atom:link rel="{relation}" href="{path}"/>'


async def test_the_archive_of_a_feed_is_read_page_by_page(desk: Desk) -> None:
    """RFC 5005; each page by another replica, as when each one is killed after its page."""
    desk.web.pages |= {
        "/rss": feed([21, 20], link("prev-archive", "/2.xml")),
        "/2.xml": feed([19, 18], link("prev-archive", "/1.xml")),
        "/1.xml": feed([17]),
    }
    job = await desk.done("/rss")
    assert (job.state, job.counts["new"], desk.asked()) == ("done", 5, ["/rss", "/2.xml", "/1.xml"])
    assert sorted(desk.titles()) == [f"Day {day}" for day in (17, 18, 19, 20, 21)]
    assert {event.published_certainty for event in desk.items.said()} == {"exact"}


async def test_a_backfill_that_is_done_again_brings_nothing_twice(desk: Desk) -> None:
    """Nor does it change what is known: an old page is no news about an article."""
    desk.web.pages["/rss"] = feed([21, 20])
    await desk.done("/rss")
    job = await desk.done("/rss")
    assert (job.counts["new"], job.counts["known"], len(desk.titles())) == (0, 2, 2)
    desk.web.pages["/news.xml"] = Page(news([21, 19]))
    assert (await desk.done("/news.xml")).counts["new"] == 1
    assert sorted(desk.titles()) == ["Day 19", "Day 20", "Day 21"]


async def test_feeds_of_wordpress_are_read_until_there_is_no_further_page(desk: Desk) -> None:
    mark = "<generator>https://wordpress.org/?v=6.6</generator>"
    desk.web.pages |= {"/feed/": feed([21], mark), "/feed/?paged=2": feed([20], mark)}
    job = await desk.done("/feed/")
    assert (job.state, job.counts["new"], job.counts.get("failed", 0)) == ("done", 2, 0)
    assert desk.asked() == ["/feed/", "/feed/?paged=2", "/feed/?paged=3"]


async def test_a_server_that_gives_the_same_page_for_every_number_is_noticed(desk: Desk) -> None:
    """It would go on for thousands of pages."""
    mark = "<generator>https://wordpress.org/</generator>"
    desk.web.pages |= {"/feed/" if n == 1 else f"/feed/?paged={n}": feed([21], mark) for n in range(1, 9)}
    job = await desk.done("/feed/")
    assert (job.state, desk.asked()) == ("done", ["/feed/", "/feed/?paged=2"])


async def test_a_sites_news_sitemaps_are_found_and_unpacked(desk: Desk) -> None:
    """robots.txt names an index, the index names sitemaps, and those are packed."""
    index = (
        "<sitemapindex><sitemap><loc>/8.xml.gz</loc><lastmod>2026-08-30</lastmod></sitemap>"
        "<sitemap><loc>/9.xml.gz</loc><lastmod>2026-09-20</lastmod></sitemap></sitemapindex>"
    )
    desk.web.pages |= {
        "/robots.txt": Page(f"User-agent: *\nSitemap: {desk.web.url('/index.xml')}\n".encode()),
        "/index.xml": Page(index.encode()),
        "/9.xml.gz": Page(gzip.compress(news([3, 19, 20]))),
    }
    job = await desk.done("/", since=date(2026, 9, 10))
    assert (job.state, job.counts["new"], job.counts["older"]) == ("done", 2, 1)
    assert desk.asked() == ["/robots.txt", "/index.xml", "/9.xml.gz"]
    assert sorted(desk.titles()) == ["Day 19", "Day 20"]


async def test_older_pages_are_not_asked_for_once_all_is_too_old(desk: Desk) -> None:
    desk.web.pages |= {
        "/rss": feed([21], link("next", "/2")),
        "/2": feed([9, 8], link("next", "/3")),
        "/3": feed([7]),
    }
    job = await desk.done("/rss", since=date(2026, 9, 10))
    assert (job.counts["new"], job.counts["older"], desk.asked()) == (1, 2, ["/rss", "/2"])


async def test_a_limit_and_a_dry_run_are_kept(desk: Desk) -> None:
    desk.web.pages |= {"/rss": feed([21, 20, 19], link("next", "/2")), "/2": feed([18])}
    told = await desk.done("/rss", dry_run=True)
    assert (told.counts["new"], desk.titles()) == (4, [])
    job = await desk.done("/rss", limit=2)
    assert (job.state, job.counts["new"], len(desk.titles())) == ("done", 2, 2)


async def test_what_is_no_archive_fails_and_says_why(desk: Desk) -> None:
    job = await desk.done("/nothing")
    assert (job.state, job.detail[:9]) == ("failed", "not_found")


async def test_administrators_begin_a_backfill_and_see_how_far_it_is(desk: Desk) -> None:
    """The source is that of the address or the only one of its host; else it must be named."""
    desk.web.pages["/rss"] = feed([21])
    api = create_api("t", "t", registry=CollectorRegistry())
    api.include_router(
        backfills_router(desk.backfills(), desk.sources, AdminOnly(TOKEN, "INGEST_ADMIN_TOKEN"))
    )
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=api), base_url="http://t/v1") as client:
        assert (await client.post("/backfills", json={"url": "https://a.kg/"})).status_code == 401
        client.headers["Authorization"] = f"Bearer {TOKEN}"
        by_host = await client.post("/backfills", json={"url": "https://a.kg/sitemap.xml"})
        assert (by_host.status_code, by_host.json()["source"]) == (202, "a")
        unknown = await client.post("/backfills", json={"url": desk.web.url("/rss")})
        assert (unknown.status_code, unknown.json()["errors"][0]["name"]) == (422, "source")
        named = (await client.post("/backfills", json={"url": desk.web.url("/rss"), "source": "a"})).json()
        assert (named["state"], named["pages"], named["pages_left"]) == ("running", 0, 1)
        while await desk.backfills().step():
            pass
        done = (await client.get(f"/backfills/{named['id']}")).json()
        assert (done["state"], done["new"], done["pages"]) == ("done", 1, 1)
        assert (await client.get("/backfills/nothing")).status_code == 404
