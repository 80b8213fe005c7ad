"""Sitemaps: a source of their own where a site has no feed, and the way back into its archive."""

import pytest

from ingest.adapters.feedparser_entries import parse_feed
from ingest.domain.fetching.outcomes import Reason, UnreadableFeedError
from ingest.domain.parsing.entries import Markup, RawEntry
from ingest.domain.parsing.sitemap import SitemapChild, SitemapEntry, read_sitemap

NEWS = """<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
 xmlns:news="http://www.google.com/schemas/sitemap-news/0.9" xmlns:image="http://www.google.com/schemas/sitemap-image/1.1">
<url><loc> https://a.kg/1?a=1&b=2 </loc><lastmod>2026-09-22</lastmod>
<image:image><image:loc>https://a.kg/1.jpg</image:loc><image:title>A picture</image:title></image:image>
<news:news><news:publication><news:name>A</news:name><news:language>ky</news:language></news:publication>
<news:publication_date>2026-09-22T10:00:00+06:00</news:publication_date><news:title>Биринчи
кабар</news:title><news:keywords>суу, саясат,</news:keywords></news:news></url>
<url><loc>https://a.kg/about</loc></url><url><lastmod>2026-09-22</lastmod></url></urlset>"""
INDEX = """<?xml-stylesheet href="x"?><sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
<sitemap><loc>https://a.kg/s1.xml</loc><lastmod>2026-09-22</lastmod></sitemap><sitemap><loc>https://a.kg/s2.xml</loc></sitemap></sitemapindex>"""


def test_a_news_sitemap_is_read_with_all_its_fields() -> None:
    sitemap = read_sitemap(NEWS)
    article = SitemapEntry(
        url="https://a.kg/1?a=1&b=2",
        lastmod="2026-09-22",
        title="Биринчи кабар",
        published="2026-09-22T10:00:00+06:00",
        language="ky",
        keywords=("суу", "саясат"),
        images=("https://a.kg/1.jpg",),
    )
    assert sitemap.entries == (article, SitemapEntry("https://a.kg/about"))
    assert (sitemap.children, sitemap.flaw) == ((), None)


def test_an_index_names_its_sitemaps() -> None:
    """A backfill walks them one by one."""
    sitemap = read_sitemap(INDEX)
    assert sitemap.children == (
        SitemapChild("https://a.kg/s1.xml", "2026-09-22"),
        SitemapChild("https://a.kg/s2.xml"),
    )
    assert sitemap.entries == ()


def test_a_news_sitemap_can_be_a_source() -> None:
    """Some sites have no feed, but all who want to be found by Google have this."""
    feed = parse_feed(NEWS, "https://a.kg/news.xml")
    assert feed.kind == "sitemap"
    assert feed.entries == (
        RawEntry(
            link="https://a.kg/1?a=1&b=2",
            title=Markup("Биринчи кабар", is_html=False),
            topics=("суу", "саясат"),
            images=("https://a.kg/1.jpg",),
            published="2026-09-22T10:00:00+06:00",
            language="ky",
        ),
    )


def test_what_stands_before_a_break_is_kept() -> None:
    sitemap = read_sitemap(NEWS[: NEWS.index("<url><lastmod>")])
    assert len(sitemap.entries) == 2
    assert sitemap.flaw


def test_a_name_of_html_in_a_title_breaks_nothing_before_it() -> None:
    sitemap = read_sitemap(NEWS.replace("<url><lastmod>", "<url><loc>https://a.kg/&nbsp;</loc><lastmod>"))
    assert len(sitemap.entries) == 2


@pytest.mark.parametrize(
    ("document", "reason", "says"),
    [
        pytest.param(INDEX, Reason.NOT_A_FEED, "https://a.kg/s1.xml", id="an index"),
        pytest.param("<urlset><url><loc>https://a.kg/</loc></url></urlset>", Reason.NOT_A_FEED, "news", id="no news in it"),
        pytest.param('<!DOCTYPE urlset [<!ENTITY a "b">]><urlset/>', Reason.UNSAFE_XML, "entities", id="entities"),
    ],
)  # fmt: skip
def test_a_sitemap_that_is_no_source_is_told_why(document: str, reason: Reason, says: str) -> None:
    with pytest.raises(UnreadableFeedError, match=says) as caught:
        parse_feed(document, "https://a.kg/sitemap.xml")
    assert caught.value.reason is reason


@pytest.mark.parametrize("document", ["", "text", "<rss/>", "<urlset", "{}"])
def test_what_is_no_sitemap_is_refused(document: str) -> None:
    with pytest.raises(UnreadableFeedError):
        read_sitemap(document)


def test_a_sitemap_without_entries_is_one() -> None:
    assert parse_feed("<urlset></urlset>", "https://a.kg/").entries == ()
