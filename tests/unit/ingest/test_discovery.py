"""From a site's page to its feeds: people give the address they know, which is the page."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ingest.adapters.feedparser_entries import parse_feed
from ingest.domain.fetching.outcomes import UnreadableFeedError
from ingest.domain.parsing.discovery import MAX_FOUND, MAX_PAGE_CHARS, FoundFeed, common_paths, feeds_in_page

URL = "https://a.kg/news/page"


def test_declared_feeds_come_first_and_comments_last() -> None:
    page = """<html><head><link rel="alternate" type="application/rss+xml" title="A: Comments" href="/comments/feed/">
    <link rel="ALTERNATE home" type="application/rss+xml; charset=utf-8" title=" A
    news " href="/feed/"><link rel=alternate type=application/atom+xml href=//a.kg/atom>
    <link rel="alternate" type="application/feed+json" href="feed.json"><link rel="feed" href="/other">
    </head><body><a href="/rss">All <b>news</b></a></body>"""
    assert feeds_in_page(page, URL) == (
        FoundFeed("https://a.kg/feed/", "A news", "rss"),
        FoundFeed("https://a.kg/atom", "", "atom"),
        FoundFeed("https://a.kg/news/feed.json", "", "json"),
        FoundFeed("https://a.kg/other", "", "unknown"),
        FoundFeed("https://a.kg/rss", "All news", "unknown"),
        FoundFeed("https://a.kg/comments/feed/", "A: Comments", "rss"),
    )


def test_the_pages_own_base_counts() -> None:
    page = '<base href="https://b.kg/x/"><link rel="alternate" type="application/rss+xml" href="rss.xml">'
    assert [feed.url for feed in feeds_in_page(page, URL)] == ["https://b.kg/x/rss.xml"]


@pytest.mark.parametrize(
    "address",
    ["/rss", "/rss/", "/feed", "/ru/rss/", "rss.php", "/api/news.rss", "/export/rss.xml", "/atom.xml", "/?feed=rss2",
     "/index.rdf", "feed://a.kg/rss", "feed:https://a.kg/rss", "/rss/rus.xml", "https://feeds.example/feed"],
)  # fmt: skip
def test_a_link_to_a_likely_feed_is_found(address: str) -> None:
    assert len(feeds_in_page(f"<p><a href='{address}'>x</a>", URL)) == 1


@pytest.mark.parametrize(
    "markup",
    [
        "<a href='/news/rss-turns-20'>x</a>",
        "<a href='javascript:rss'>x</a>",
        "<a href='mailto:rss@a.kg'>x</a>",
        "<a href='http://[::1/rss'>x</a>",
        "<a href=''>x</a>",
        "<link rel='alternate' hreflang='ru' href='/ru/'>",
        "<link rel='alternate' type='application/json' href='/wp-json/wp/v2/posts/1'>",
        "<link rel='alternate stylesheet' type='application/rss+xml' href='/x'>",
        "<link rel='alternate' type='application/json+oembed' href='/oembed'>",
        "<!-- <a href='/rss'>x</a> -->",
    ],
)
def test_other_links_are_no_feeds(markup: str) -> None:
    assert feeds_in_page(markup, URL) == ()


def test_a_list_of_a_thousand_feeds_gives_the_first_ones() -> None:
    page = "".join(f"<a href='/rss/{number}.xml'>{number}</a>" for number in range(1000))
    assert len(feeds_in_page(page, URL)) == MAX_FOUND


def test_usual_places_begin_below_the_page() -> None:
    places = common_paths("https://a.kg/ru/")
    assert places[0] == "https://a.kg/ru/feed/"
    assert "https://a.kg/rss" in places
    assert len(set(places)) == len(places)


@pytest.mark.parametrize("address", ["", "a.kg", "ftp://a.kg/", "http://[::1/", "javascript:x"])
def test_what_is_no_site_has_no_usual_places(address: str) -> None:
    assert common_paths(address) == ()


@pytest.mark.parametrize("section", ["<![CDADATA[x]]>", "<![if !IE]>", "<![", "<!", "<!-[x"])
def test_a_section_that_html_does_not_know_hides_nothing_after_it(section: str) -> None:
    """Found by fuzzing: the standard library's parser raises on some of them."""
    assert len(feeds_in_page(f"{section}> <a href='/rss'>x</a>", URL)) == 1


@pytest.mark.parametrize(
    "piece",
    [
        "<a ",
        "<!--",
        "<",
        "<a x='",
        "<a " + "x='1' " * 20,
        "<![CDATA[",
        "</",
        "<a href='/rss'>",
        "x" * 100 + "=",
        "<a" + " " * 999,
    ],
)
def test_no_page_keeps_us_busy(piece: str) -> None:
    """The service looks for feeds itself; Python's own reader of HTML took 41 s for 64 KB of the first of these."""
    page = (piece * (MAX_PAGE_CHARS // len(piece) + 1))[:MAX_PAGE_CHARS]
    began = time.process_time()
    feeds_in_page(page, URL)
    assert time.process_time() - began < 1.5


@given(some.text(max_size=300), some.text(max_size=60))
def test_no_page_is_too_broken(page: str, url: str) -> None:
    for markup in (page, f"<link rel=alternate type=application/rss+xml href='{page}'><a href='{page}/rss'>"):
        assert all(feed.url.startswith(("http://", "https://")) for feed in feeds_in_page(markup, url))


def test_whoever_gives_a_page_instead_of_its_feed_is_told_the_feed() -> None:
    page = "<html><head><title>A</title><link rel=alternate type='application/rss+xml' href=/feed/></head></html>"
    with pytest.raises(UnreadableFeedError, match=r"its feed is https://a\.kg/feed/"):
        parse_feed(page, URL)
