"""Texts that feeds have and that were lost on the way to an article."""

import pytest

from ingest.adapters.feedparser_entries import parse_feed
from ingest.domain.articles.normalise import Candidate, normalise_feed
from tests.suites.ingest_stores import source

URL = "https://a.kg/feed"
SPACES = (
    'xmlns:media="http://search.yahoo.com/mrss/" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    'xmlns:yandex="http://news.yandex.ru"'
)
PHOTO = (
    "<media:content url='https://a.kg/1.jpg' medium='image'><media:description>The minister on Monday"
    "</media:description></media:content>"
)


def article(item: str, broken: str = "") -> Candidate:
    document = (
        f"<rss version='2.0' {SPACES}><channel><title>T</title><item><title>The law on water</title>"
        f"<link>https://a.kg/1</link>{item}</item>{broken}</channel></rss>"
    )
    (one,) = normalise_feed(parse_feed(document, URL), source("a"), URL).candidates
    return one


@pytest.mark.parametrize("broken", ["", "<b & c>"], ids=["whole", "broken"])
@pytest.mark.parametrize(
    "item",
    [
        f"<description>Parliament passed it.</description>{PHOTO}",
        f"{PHOTO}<description>Parliament passed it.</description>",
        f"<media:description type='plain'/>{PHOTO}<description>Parliament passed it.</description><media:description />",
        f"<content:encoded>&lt;p&gt;Parliament passed it.&lt;/p&gt;</content:encoded>{PHOTO}",
    ],
    ids=["photo last", "photo first", "empty captions", "photo after the whole text"],
)
def test_the_caption_of_a_photo_does_not_take_the_place_of_the_text(item: str, broken: str) -> None:
    """Readers of the many feeds that say what is on the photo."""
    found = article(item, broken)
    assert (found.text, found.summary, found.image) == ("Parliament passed it.", "", "https://a.kg/1.jpg")


def test_the_words_of_a_video_that_has_no_others_are_its_text() -> None:
    """YouTube has the description there and nowhere else."""
    group = (
        "<media:group><media:description>What was said.\n\nAnd who said it.</media:description></media:group>"
    )
    assert article(group).text == "What was said.\n\nAnd who said it."


def test_a_whole_article_in_plain_text_keeps_its_paragraphs() -> None:
    """So Yandex wants it: a line each paragraph, no HTML."""
    full = "<yandex:full-text>The law was passed.\nIt goes to the president.</yandex:full-text>"
    assert (
        article(f"<description>S</description>{full}").text
        == "The law was passed.\n\nIt goes to the president."
    )


def test_a_description_in_plain_text_keeps_its_paragraphs_and_its_lines_stay_together() -> None:
    written = "<description>The law\nwas passed.\n\nIt goes to the &quot;president&quot;.</description>"
    assert article(written).text == 'The law was passed.\n\nIt goes to the "president".'


def test_a_body_of_nothing_but_a_picture_leaves_the_description_as_the_text() -> None:
    body = "<content:encoded>&lt;img src='/2.jpg'&gt;</content:encoded>"
    found = article(f"<description>1 &amp;lt; 2, said the minister.</description>{body}")
    assert (found.text, found.summary) == ("1 < 2, said the minister.", "")
    assert found.html == '<img src="https://a.kg/2.jpg">1 &lt; 2, said the minister.'
    assert found.image == "https://a.kg/2.jpg"


def test_a_description_that_says_more_than_the_content_is_the_text() -> None:
    body = "<content:encoded>&lt;a href='/1'&gt;On our site&lt;/a&gt;</content:encoded>"
    found = article(f"<description>&lt;p&gt;Parliament passed it.&lt;/p&gt;</description>{body}")
    assert (found.text, found.summary, found.html) == (
        "Parliament passed it.",
        "",
        "<p>Parliament passed it.</p>",
    )


@pytest.mark.parametrize(
    "escaped",
    ["&amp;lt;p&amp;gt;One&amp;lt;/p&amp;gt;&amp;lt;p class=&amp;quot;x&amp;quot;&amp;gt;Two&amp;lt;/p&amp;gt;",
     "One&amp;lt;br /&amp;gt;&amp;lt;br/&amp;gt;Two"],
)  # fmt: skip
def test_html_that_was_escaped_twice_shows_no_tags(escaped: str) -> None:
    assert article(f"<description>{escaped}</description>").text.replace("\n\n", "\n") == "One\nTwo"


def test_an_article_about_html_keeps_what_it_shows() -> None:
    shown = "<description>&lt;p&gt;Write &amp;lt;p&amp;gt; first.&lt;/p&gt;</description>"
    assert article(shown).text == "Write <p> first."
