"""What the two best-known Python parsers get wrong on typical input of the region, from bytes to article."""

from datetime import UTC, datetime

import pytest

from ingest.adapters.feedparser_entries import parse_feed
from ingest.domain.articles.normalise import Candidate, normalise_feed
from ingest.domain.dates.reading import ReadDate
from ingest.domain.decoding.decode import decode
from ingest.domain.fetching.outcomes import Reason, UnreadableFeedError
from ingest.domain.sources.source import Source

SOURCE = Source(id="a", url="https://a.kg/rss", name="A", outlet="a.kg", country="KG")
TITLE = "Привет"


def document(
    title: str = TITLE, *, date: str | None = None, guid: str = "https://a.kg/1", extra: str = ""
) -> str:
    printed = f"<pubDate>{date}</pubDate>" if date else ""
    item = (
        f"<item><title>{title}</title><link>https://a.kg/1</link><guid>{guid}</guid>{printed}{extra}</item>"
    )
    return f'<rss version="2.0" xmlns:yandex="http://news.yandex.ru"><channel><title>News</title>{item}</channel></rss>'


def article(body: bytes) -> Candidate:
    feed = parse_feed(decode(body).text, SOURCE.url)
    [candidate] = normalise_feed(feed, SOURCE, SOURCE.url).candidates
    return candidate


def at(month: int, day: int, hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime(2026, month, day, hour, minute, second, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date", "read"),
    [
        ("Tue, 22 Sep 2026 10:00:00 +0600", ReadDate(at(9, 22, 4), "exact")),
        ("Tue, 22 Sep 2026 10:00:00 +06", ReadDate(at(9, 22, 4), "exact")),
        ("Tue, 22 Sep 2026 10:00:00 KGT", ReadDate(at(9, 22, 4), "exact")),
        ("Tue, 22 Sep 2026 10:00:00 ALMT", ReadDate(at(9, 22, 5), "exact")),
        ("Tue, 22 Sep 2026 10:00:00", ReadDate(at(9, 22, 4), "zone_assumed")),
        ("Вт, 22 сен 2026 10:00:00 +0600", ReadDate(at(9, 22, 4), "exact")),
        ("22 сентября 2026", ReadDate(at(9, 22, 0), "day_only")),
        ("22 қыркүйек 2026", ReadDate(at(9, 22, 0), "day_only")),
        ("22.09.2026 10:00", ReadDate(at(9, 22, 4), "zone_assumed")),
        ("05.09.2026 10:00", ReadDate(at(9, 5, 4), "zone_assumed")),
        ("2026/6/29 15:07:41", ReadDate(at(6, 29, 9, 7, 41), "zone_assumed")),
        ("1790000000", ReadDate(at(9, 21, 14, 13, 20), "exact")),
    ],
)
def test_every_form_of_date_is_the_instant_it_means(date: str, read: ReadDate) -> None:
    """Feedparser loses seven of these and makes 1789, the first of the month or the future of four."""
    assert article(document(date=date).encode()).published == read


def test_no_date_is_made_up_from_a_number_in_the_guid() -> None:
    """Fastfeedparser dates it to the first of the month."""
    assert article(document(guid="1").encode()).published is None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            ('\n<?xml version="1.0" encoding="windows-1251"?>' + document()).encode("cp1251"),
            id="windows-1251 after a blank line",
        ),
        pytest.param(
            ('<?xml version="1.0" encoding="windows-1251"?>' + document()).encode(),
            id="declared windows-1251, bytes UTF-8",
        ),
        pytest.param(
            ('<?xml version="1.0"?>' + document()).encode("cp1251"), id="windows-1251, not declared"
        ),
        pytest.param(document(TITLE[:3] + "\x0b" + TITLE[3:]).encode(), id="a control character"),
        pytest.param(document().encode()[:-30], id="truncated"),
        pytest.param(
            b"<br />\n<b>Warning</b>: mysql_connect() in /a.php\n" + document().encode(), id="PHP warning"
        ),
    ],
)
def test_the_title_is_what_the_publisher_wrote(body: bytes) -> None:
    """Both parsers show mojibake for two of these."""
    assert article(body).title == TITLE


def test_a_bare_ampersand_is_text() -> None:
    """Headlines have them."""
    assert article(document("Tengri & Co").encode()).title == "Tengri & Co"


def test_the_full_text_for_yandex_is_read_and_its_script_is_not() -> None:
    """Feedparser hands the script on, fastfeedparser drops the text."""
    full = "&lt;p&gt;Полный&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;&lt;p&gt;текст&lt;/p&gt;"
    read = article(document(extra=f"<yandex:full-text>{full}</yandex:full-text>").encode())
    assert read.text == "Полный\n\nтекст"
    assert "script" not in read.html


def test_an_empty_body_has_a_name() -> None:
    """Not an AttributeError."""
    with pytest.raises(UnreadableFeedError) as caught:
        decode(b"")
    assert caught.value.reason is Reason.EMPTY
