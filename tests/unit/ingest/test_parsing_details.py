"""What publishers put into feeds beside title, link and text: whole articles, pictures, authors, bases, hubs."""

import time

import pytest

from ingest.adapters.feedparser_entries import parse_feed
from ingest.domain.articles.normalise import normalise_feed
from ingest.domain.fetching.outcomes import Reason, UnreadableFeedError
from ingest.domain.parsing.entries import Markup, RawEntry, RawFeed
from tests.suites.ingest_stores import source

URL = "https://a.kg/feeds/rss.xml"
SPACES = (
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:ya="http://news.yandex.ru" xmlns:t="http://turbo.yandex.ru" '
    'xmlns:rambler="http://news.rambler.ru" xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:atom="http://www.w3.org/2005/Atom"'
)


def rss(item: str, channel: str = "") -> RawFeed:
    document = (
        f"<rss version='2.0' {SPACES}><channel><title>T</title>{channel}<item>{item}</item></channel></rss>"
    )
    return parse_feed(document, URL)


def entry_of(item: str) -> RawEntry:
    (entry,) = rss(f"<link>https://a.kg/1</link>{item}").entries
    return entry


def atom(entry: str, feed: str = "", attributes: str = "") -> RawFeed:
    head = f"<feed xmlns='http://www.w3.org/2005/Atom' {attributes}><title>T</title>{feed}"
    return parse_feed(f"{head}<entry><title>One</title>{entry}</entry></feed>", URL)


@pytest.mark.parametrize("broken", ["", "<category>a & b</category>"], ids=["whole", "broken"])
@pytest.mark.parametrize(
    "element",
    [
        "<ya:full-text>&lt;p&gt;Whole&lt;/p&gt;</ya:full-text>",
        "<ya:full-text><![CDATA[<p>Whole</p>]]></ya:full-text>",
        "<t:content><![CDATA[<p>Whole</p>]]></t:content>",
        "<rambler:fulltext><![CDATA[<p>Whole</p>]]></rambler:fulltext>",
    ],
)
def test_the_whole_article_for_aggregators_is_a_body(element: str, broken: str) -> None:
    """The prefix is the publisher's choice, and a broken feed keeps its texts."""
    entry = entry_of(f"<description>S</description>{element}{broken}")
    assert Markup("<p>Whole</p>", is_html=True) in entry.contents
    assert entry.summary is not None
    assert entry.summary.value == "S"


def test_pictures_of_a_media_group_are_found_once() -> None:
    entry = entry_of(
        "<media:group><media:content url='https://a.kg/1.jpg' medium='image'/><media:content url='https://a.kg/v' "
        "medium='video'/></media:group><media:thumbnail url='https://a.kg/t.jpg'/><enclosure url='https://a.kg/1.jpg' "
        "type='image/jpeg'/><itunes:image href='https://a.kg/cover.png'/>"
    )
    assert entry.images == ("https://a.kg/1.jpg", "https://a.kg/t.jpg", "https://a.kg/cover.png")


def test_the_authors_face_is_not_the_articles_picture() -> None:
    """WordPress.com gives it as the first picture of each article."""
    entry = entry_of(
        "<media:content url='https://1.gravatar.com/avatar/ab?s=96' medium='image'/>"
        "<media:content url='https://a.kg/1.jpg' medium='image'/>"
    )
    assert entry.images == ("https://a.kg/1.jpg",)


def test_dublin_core_gives_authors_topics_and_time() -> None:
    entry = entry_of(
        "<dc:creator>A. A.</dc:creator><dc:creator>B. B.</dc:creator><dc:subject>Water</dc:subject>"
        "<dc:date>2026-09-22T10:00:00+06:00</dc:date>"
    )
    assert (entry.authors, entry.topics) == (("A. A.", "B. B."), ("Water",))
    assert entry.updated == "2026-09-22T10:00:00+06:00"


def test_an_atom_entry_without_author_has_its_sources_or_its_feeds() -> None:
    """RFC 4287, 4.2.1."""
    desk = "<author><name>Desk</name></author>"
    assert atom("", desk).entries[0].authors == ("Desk",)
    assert atom("<source><author><name>Wire</name></author></source>", desk).entries[0].authors == ("Wire",)
    assert atom("<author><name>Own</name></author>", desk).entries[0].authors == ("Own",)


def test_an_atom_category_is_named_as_for_people() -> None:
    (entry,) = atom("<category term='t1' label='Water'/><category term='t2'/>").entries
    assert entry.topics == ("Water", "t2")


def test_the_base_of_a_feed_counts_for_links_and_for_html() -> None:
    feed = atom(
        "<link href='1'/><content type='html' xml:base='img/'>&lt;img src='a.png'&gt;</content>",
        attributes="xml:base='https://b.kg/x/'",
    )
    (candidate,) = normalise_feed(feed, source("a"), URL).candidates
    assert candidate.url == "https://b.kg/x/1"
    assert 'src="https://b.kg/x/img/a.png"' in candidate.html


def test_without_a_base_html_refers_to_the_article() -> None:
    feed = rss("<title>T</title><link>/2026/1/</link><description>&lt;img src='a.png'&gt; x</description>")
    (candidate,) = normalise_feed(feed, source("a"), URL).candidates
    assert 'src="https://a.kg/2026/1/a.png"' in candidate.html


def test_a_feed_names_its_hubs_and_itself() -> None:
    """Hubs push new articles; the address a feed gives itself is what they know it by."""
    links = "<atom:link rel='hub' href='https://hub.kg/'/><atom:link rel='self' href='https://a.kg/rss'/>"
    feed = rss("", links)
    assert (feed.hubs, feed.address) == (("https://hub.kg/",), "https://a.kg/rss")
    assert rss("").hubs == ()


def test_a_json_feed_names_its_websub_hubs_and_itself() -> None:
    """JSON Feed 1.1: other kinds of hubs, and what is no address, are left alone."""
    hubs = '[{"type": "rssCloud", "url": "https://c.kg/"}, {"type": "WebSub", "url": "https://hub.kg/"}, {"type": "WebSub"}, 1]'
    version = '"version": "https://jsonfeed.org/version/1.1", "items": []'
    feed = parse_feed(f'{{{version}, "feed_url": "https://a.kg/feed.json", "hubs": {hubs}}}', URL)
    assert (feed.hubs, feed.address) == (("https://hub.kg/",), "https://a.kg/feed.json")
    bare = parse_feed(f'{{{version}, "feed_url": 1, "hubs": "https://hub.kg/"}}', URL)
    assert (bare.hubs, bare.address) == ((), None)


@pytest.mark.parametrize(
    "picture",
    [
        "<svg><metadata><rdf:RDF></rdf:RDF></metadata></svg>",
        "<p><feed>x</feed>",
        "<pre><rss version='2.0'></pre>",
    ],
)
def test_a_page_is_a_page_whatever_is_drawn_or_shown_in_it(picture: str) -> None:
    with pytest.raises(UnreadableFeedError) as caught:
        parse_feed(f"<!DOCTYPE html>\n<html><body>{picture}</body></html>", URL)
    assert caught.value.reason is Reason.HTML


def test_a_feed_wrapped_into_a_page_is_a_feed() -> None:
    feed = parse_feed(
        "<html><body><feed xmlns='http://www.w3.org/2005/Atom'><entry><id>1</id></entry></feed></body></html>",
        URL,
    )
    assert len(feed.entries) == 1


def test_a_feed_with_the_doctype_of_a_page_is_a_feed() -> None:
    assert parse_feed(
        f"<!DOCTYPE html><rss {SPACES}><channel><item><title>T</title></item></channel></rss>", URL
    ).entries


@pytest.mark.parametrize(
    "item", ["<guid>12</guid>", "<guid isPermaLink='false'>12</guid>", "<guid>HTTP://A.kg/1</guid>"]
)
def test_an_id_stays_as_written_wherever_the_feed_lives(item: str) -> None:
    """RFC 4287, 4.2.6: no normalisation. A feed that moves to https must not bring all its articles anew."""
    document = f"<rss version='2.0'><channel><item><title>T</title>{item}</item></channel></rss>"
    ids = {parse_feed(document, url).entries[0].guid for url in ("http://a.kg/rss", "https://b.kg/feeds/rss")}
    assert ids == {item.split(">")[1].split("<", maxsplit=1)[0]}


def test_a_number_is_no_address_even_where_it_claims_to_be() -> None:
    """RSS takes a guid for the article's address unless told otherwise; many scripts do not know."""
    assert (
        parse_feed("<rss version='2.0'><channel><item><guid>12</guid></item></channel></rss>", URL)
        .entries[0]
        .link
        is None
    )


def test_a_relative_base_is_related_to_the_feed() -> None:
    feed = atom(
        "<link href='1'/><content type='html'>&lt;img src='a.png'&gt;</content>", attributes="xml:base='/x/'"
    )
    (candidate,) = normalise_feed(feed, source("a"), URL).candidates
    assert candidate.url == "https://a.kg/x/1"
    assert 'src="https://a.kg/x/a.png"' in candidate.html


def test_an_article_without_a_summary_has_none() -> None:
    """And not its own text once more, with the tags to be seen."""
    content = "<content:encoded xmlns:content='http://purl.org/rss/1.0/modules/content/'><![CDATA[<p>Text</p>]]></content:encoded>"
    assert entry_of(content).summary is None


@pytest.mark.parametrize(
    "base", ["javascript:alert(1)", "mailto:a@a.kg", "http://a.kg&lt;p>/", "http://xn--/"]
)
def test_a_base_that_is_no_address_is_none(base: str) -> None:
    feed = atom(
        "<link href='https://a.kg/1'/><content type='html'>Text</content>", attributes=f"xml:base='{base}'"
    )
    assert len(normalise_feed(feed, source("a"), URL).candidates) == 1


def test_a_document_that_seems_to_begin_with_many_declarations_is_read_in_no_time() -> None:
    """Found by fuzzing: an expression of feedparser's took cubic time, so that 20 KB kept a processor busy for minutes."""
    feed = "<rss version='2.0'><channel><item><title>T</title></item></channel></rss>"
    declared = 'encoding="x" ' * 4_000
    began = time.process_time()
    assert parse_feed(f"<?xml {declared}{feed}", URL).entries
    assert time.process_time() - began < 2
