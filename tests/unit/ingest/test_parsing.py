"""Documents to entries: dialects, broken feeds, and what is no feed at all."""

import pytest

from ingest.adapters.feedparser_entries import parse_feed
from ingest.domain.articles.normalise import MAX_ENTRIES
from ingest.domain.decoding.decode import decode
from ingest.domain.fetching.outcomes import Reason, UnreadableFeedError
from ingest.domain.parsing.entries import Markup, RawEntry, RawFeed

URL = "https://a.kg/feeds/rss.xml"


def parse(document: str | bytes) -> RawFeed:
    body = document.encode() if isinstance(document, str) else document
    return parse_feed(decode(body).text, URL)


def rss(item: str, channel: str = "") -> str:
    return f'<?xml version="1.0"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/" xmlns:yandex="http://news.yandex.ru" xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>T</title>{channel}<item>{item}</item></channel></rss>'


def entry_of(item: str) -> RawEntry:
    (entry,) = parse(rss(item)).entries
    return entry


def test_rss_2_gives_all_its_fields() -> None:
    feed = parse(
        rss(
            "<title>Title</title><link>/news/1</link><guid isPermaLink='false'>id-1</guid>"
            "<pubDate>Tue, 22 Sep 2026 10:00:00 +0600</pubDate><dc:creator>A. Author</dc:creator>"
            "<category>Politics</category><description>Short</description>"
            "<content:encoded><![CDATA[<p>Long <b>text</b></p>]]></content:encoded>"
            "<media:content url='https://a.kg/1.jpg' medium='image'/>",
            "<language>ky</language><link>https://a.kg/</link>",
        )
    )
    assert (feed.kind, feed.title, feed.language, feed.flaw) == ("rss20", "T", "ky", None)
    assert feed.entries == (
        RawEntry(
            guid="id-1",
            link="/news/1",
            title=Markup("Title", is_html=False),
            contents=(Markup("<p>Long <b>text</b></p>", is_html=True),),
            summary=Markup("Short", is_html=True),
            authors=("A. Author",),
            topics=("Politics",),
            images=("https://a.kg/1.jpg",),
            published="Tue, 22 Sep 2026 10:00:00 +0600",
        ),
    )


def test_atom_gives_all_its_fields() -> None:
    feed = parse(
        """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="ru"><title>T</title>
        <entry xml:lang="kk"><id>tag:a.kg,2026:1</id><title type="html">A &amp;amp; B</title>
        <link rel="edit" href="/edit/1"/><link href="/1"/><updated>2026-09-22T11:00:00Z</updated>
        <published>2026-09-22T10:00:00Z</published><author><name>N</name></author><category term="x"/>
        <summary>S</summary><content type="html">&lt;p&gt;C&lt;/p&gt;</content></entry></feed>"""
    )
    (entry,) = feed.entries
    assert feed.kind == "atom10"
    assert (entry.guid, entry.link, entry.language) == ("tag:a.kg,2026:1", "/1", "kk")
    assert (entry.published, entry.updated) == ("2026-09-22T10:00:00Z", "2026-09-22T11:00:00Z")
    assert entry.title == Markup("A &amp; B", is_html=True)
    assert (entry.contents, entry.summary) == (
        (Markup("<p>C</p>", is_html=True),),
        Markup("S", is_html=False),
    )


def test_rss_1_is_read() -> None:
    feed = parse(
        """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
        xmlns:dc="http://purl.org/dc/elements/1.1/"><channel rdf:about="https://a.kg/"><title>T</title></channel>
        <item rdf:about="https://a.kg/1"><title>One</title><link>https://a.kg/1</link>
        <dc:date>2026-09-22T10:00:00+06:00</dc:date></item></rdf:RDF>"""
    )
    (entry,) = feed.entries
    assert feed.kind == "rss10"
    assert (entry.link, entry.updated) == ("https://a.kg/1", "2026-09-22T10:00:00+06:00")


def test_rss_091_is_read() -> None:
    feed = parse(
        '<rss version="0.91"><channel><item><title>One</title><link>https://a.kg/1</link></item></channel></rss>'
    )
    assert (feed.kind, feed.entries[0].link) == ("rss091u", "https://a.kg/1")


def test_json_feed_gives_all_its_fields() -> None:
    feed = parse(
        """{"version": "https://jsonfeed.org/version/1.1", "title": "T", "language": "uz", "home_page_url": "https://a.uz/",
        "authors": [{"name": "Desk"}], "items": [{"id": 7, "url": "https://a.uz/1", "title": "One",
        "content_html": "<p>C</p>", "content_text": "C", "summary": "S", "image": "https://a.uz/1.png",
        "date_published": "2026-09-22T10:00:00Z", "tags": ["x", 5], "attachments": [{"mime_type": "image/png", "url": "u"}]},
        "not an item"]}"""
    )
    assert (feed.kind, feed.language, feed.link) == ("json11", "uz", "https://a.uz/")
    assert feed.entries == (
        RawEntry(
            guid="7",
            link="https://a.uz/1",
            title=Markup("One", is_html=False),
            contents=(Markup("<p>C</p>", is_html=True),),
            summary=Markup("S", is_html=False),
            authors=("Desk",),
            topics=("x",),
            images=("https://a.uz/1.png", "u"),
            published="2026-09-22T10:00:00Z",
        ),
    )


def test_a_json_item_of_plain_text_stays_plain() -> None:
    feed = parse(
        '{"version": "https://jsonfeed.org/version/1", "items": [{"id": "a", "content_text": "1 < 2"}]}'
    )
    assert feed.entries[0].contents == (Markup("1 < 2", is_html=False),)


def test_yandex_full_text_counts_as_a_body() -> None:
    entry = entry_of(
        "<link>https://a.kg/1</link><description>S</description><yandex:full-text>Whole text</yandex:full-text>"
    )
    assert Markup("Whole text", is_html=True) in entry.contents


@pytest.mark.parametrize(
    "enclosure",
    [
        "url='https://a.kg/1.jpg'",
        "url='https://a.kg/x?f=1' type='image/png'",
        "url='https://a.kg/1.jpg' type='application/octet-stream'",
    ],
    ids=["no type", "typed", "typed as a download"],
)
def test_an_enclosed_picture_is_an_image(enclosure: str) -> None:
    assert len(entry_of(f"<link>https://a.kg/1</link><enclosure {enclosure}/>").images) == 1


def test_an_enclosed_sound_is_no_image() -> None:
    assert (
        entry_of("<link>https://a.kg/1</link><enclosure url='https://a.kg/1.mp3' type='audio/mpeg'/>").images
        == ()
    )


def test_an_authors_mail_address_is_not_a_name() -> None:
    assert entry_of("<link>https://a.kg/1</link><author>desk@a.kg</author>").authors == ()
    assert entry_of("<link>https://a.kg/1</link><author>desk@a.kg (Desk)</author>").authors == ("Desk",)


@pytest.mark.parametrize(
    "broken",
    [
        pytest.param("<title>A & B &nbsp; C</title>", id="bare ampersand and unknown entity"),
        pytest.param("<title>A <b>B</title>", id="unclosed tag"),
        pytest.param("<title>A</title><link>https://a.kg/1", id="truncated"),
    ],
)
def test_entries_of_a_broken_feed_are_kept_and_the_flaw_is_told(broken: str) -> None:
    document = f'<rss version="2.0"><channel><item><title>First</title></item><item>{broken}'
    feed = parse(document)
    assert len(feed.entries) == 2
    assert feed.flaw is not None
    assert "unknown" not in feed.flaw
    assert feed.entries[1].title is not None
    assert feed.entries[1].title.value.startswith("A")


def test_a_feed_without_entries_is_a_feed() -> None:
    assert parse('<rss version="2.0"><channel><title>T</title></channel></rss>').entries == ()


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        pytest.param("<!DOCTYPE html><html><head><title>Just a moment</title></head></html>", Reason.HTML, id="HTML"),
        pytest.param("<!-- x --><!-- y --><HTML><body>hello</body></HTML>", Reason.HTML, id="HTML after comments"),
        pytest.param("<sitemap><url/></sitemap>", Reason.NOT_A_FEED, id="another kind of XML"),
        pytest.param("Request Rejected", Reason.NOT_A_FEED, id="plain text"),
        pytest.param('{"items": []}', Reason.NOT_A_FEED, id="JSON that is no feed"),
        pytest.param('{"version": "https://jsonfeed.org/version/1", ', Reason.NOT_A_FEED, id="broken JSON"),
        pytest.param('{"a":' * 100_000, Reason.NOT_A_FEED, id="JSON nested deeply"),
        pytest.param('<!DOCTYPE rss SYSTEM "x" [<!ENTITY a SYSTEM "file:///etc/passwd">]><rss>&a;</rss>', Reason.UNSAFE_XML, id="external entity"),
        pytest.param('<!DOCTYPE r [<!ENTITY a "x"><!ENTITY b "&a;&a;">]><rss>&b;</rss>', Reason.UNSAFE_XML, id="entity of entities"),
        pytest.param(f'<!DOCTYPE r [<!ENTITY a "{"x" * 5000}">]><rss>&a;</rss>', Reason.UNSAFE_XML, id="long entity"),
        pytest.param('<!DOCTYPE r [<!ENTITY % a "x">]><rss/>', Reason.UNSAFE_XML, id="parameter entity"),
        pytest.param("<!DOCTYPE r [<!ENTITY a x>]><rss/>", Reason.UNSAFE_XML, id="unreadable entity"),
    ],
)  # fmt: skip
def test_what_is_no_feed_has_a_named_reason(document: str, reason: Reason) -> None:
    with pytest.raises(UnreadableFeedError) as caught:
        parse(document)
    assert caught.value.reason is reason


@pytest.mark.parametrize("declaration", ["<!DOCTYPE r [{}]>", "<!doctype r [{}]>"])
def test_an_entity_bomb_behind_a_long_comment_is_refused(declaration: str) -> None:
    bomb = declaration.format('<!ENTITY a "xxxx"><!ENTITY b "&a;&a;">')
    document = f"<!-- <rss {'x' * 1_000_000} -->{bomb}<rss version='2.0'>&b;</rss>"
    with pytest.raises(UnreadableFeedError) as caught:
        parse(document)
    assert caught.value.reason is Reason.UNSAFE_XML


@pytest.mark.parametrize("comment", ["<!-- <rss> -->", "<!-- <rss> "])
def test_a_root_inside_a_comment_is_none(comment: str) -> None:
    with pytest.raises(UnreadableFeedError):
        parse(f"{comment}<sitemap/>")


def test_a_feed_behind_a_long_comment_is_a_feed() -> None:
    assert parse(f"<!-- {'x' * 100_000} -->{rss('<title>T</title>')}").entries


@pytest.mark.parametrize("closing", ["", "<title>T</title></item>"])
def test_entries_beyond_the_limit_are_not_parsed(closing: str) -> None:
    feed = parse(f'<rss version="2.0"><channel>{f"<item>{closing}" * 150_000}</channel></rss>')
    assert len(feed.entries) == MAX_ENTRIES
    assert feed.left_out == 150_000 - MAX_ENTRIES
    assert (feed.flaw is None) == bool(closing)


def test_harmless_entities_are_allowed() -> None:
    feed = parse(
        '<!DOCTYPE rss [<!ENTITY nbsp "&#160;">]><rss version="2.0"><channel><item><title>A&nbsp;B</title></item></channel></rss>'
    )
    assert feed.entries[0].title == Markup("A\xa0B", is_html=False)


def test_the_title_of_an_html_page_helps_to_see_what_it_is() -> None:
    with pytest.raises(UnreadableFeedError, match="Just a moment"):
        parse("<html><head><title> Just a\nmoment </title></head></html>")
