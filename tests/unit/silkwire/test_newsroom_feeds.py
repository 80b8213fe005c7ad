"""The sample newsroom's feeds: well formed in four dialects, whole, and the same bytes for the same anchor."""

import json
from calendar import timegm
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import feedparser
import pytest
from defusedxml.ElementTree import fromstring

from silkwire.newsroom import opml
from silkwire.newsroom.room import Entry, Newsroom
from silkwire.newsroom.sources import Source, sources

ANCHOR = datetime(2026, 6, 18, 9, 30, tzinfo=UTC)
NOW = ANCHOR + timedelta(hours=1)
VERSIONS = {"rss": "rss20", "atom": "atom10", "rdf": "rss10"}
XML_SOURCES = [item for item in sources() if item.format != "json"]
JSON_SOURCES = [item for item in sources() if item.format == "json"]


@cache
def room() -> Newsroom:
    return Newsroom(ANCHOR, base_url="http://127.0.0.1:8090")


def read(item: Source) -> Any:
    feed = room().feed(item.id, NOW)
    return feedparser.parse(feed.body, response_headers={"content-type": feed.media_type})


@pytest.mark.parametrize("item", XML_SOURCES, ids=lambda item: item.id)
def test_an_xml_feed_is_well_formed_and_lists_all_articles(item: Source) -> None:
    parsed = read(item)
    assert not parsed.bozo, parsed.get("bozo_exception")
    assert parsed.version == VERSIONS[item.format]
    assert parsed.feed.title == item.name
    expected = room().of_source(item.id, NOW)
    assert [entry.id for entry in parsed.entries] == [article.guid for article in expected]
    assert [entry.title for entry in parsed.entries] == [article.title for article in expected]


@pytest.mark.parametrize("item", XML_SOURCES, ids=lambda item: item.id)
def test_an_entry_has_text_summary_author_categories_and_date(item: Source) -> None:
    for entry, article in zip(read(item).entries, room().of_source(item.id, NOW), strict=True):
        markup = entry.content[0].value if "content" in entry else entry.summary
        texts = fromstring(f"<div>{markup}</div>").findall("p")
        assert [text.text for text in texts] == list(article.paragraphs)
        assert entry.author == article.author
        assert tuple(tag.term for tag in entry.tags) == article.categories
        stamp = entry.get("published_parsed") or entry.updated_parsed
        assert datetime.fromtimestamp(timegm(stamp), UTC) == article.published_at
        assert entry.link == f"http://127.0.0.1:8090/s/{item.id}/{article.slug}"


@pytest.mark.parametrize("item", JSON_SOURCES, ids=lambda item: item.id)
def test_a_json_feed_is_valid_and_lists_all_articles(item: Source) -> None:
    document = json.loads(room().feed(item.id, NOW).body)
    assert document["version"] == "https://jsonfeed.org/version/1.1"
    expected = room().of_source(item.id, NOW)
    assert [entry["id"] for entry in document["items"]] == [article.guid for article in expected]
    assert all(entry["content_html"].count("<p>") >= 4 and entry["summary"] for entry in document["items"])
    published = [datetime.fromisoformat(entry["date_published"]) for entry in document["items"]]
    assert published == [article.published_at for article in expected]


def test_one_feed_is_really_in_windows_1251() -> None:
    (item,) = [item for item in sources() if item.charset == "windows-1251"]
    body = room().feed(item.id, NOW).body
    assert body.startswith(b'<?xml version="1.0" encoding="windows-1251"?>')
    assert item.name.encode("cp1251") in body
    with pytest.raises(UnicodeDecodeError):
        body.decode("utf-8")


def test_the_same_anchor_gives_the_same_bytes() -> None:
    again = Newsroom(ANCHOR, base_url="http://127.0.0.1:8090")
    for item in sources():
        assert again.feed(item.id, NOW) == room().feed(item.id, NOW)


def test_a_feed_changes_with_an_edit_and_only_then() -> None:
    edited = Newsroom(ANCHOR, base_url="http://127.0.0.1:8090")
    article = edited.of_source("amu-ledger", NOW)[3]
    edited.apply(Entry("edited", NOW, source_id="amu-ledger", guid=article.guid, title="Edited <&> title"))
    for item in sources():
        assert (edited.feed(item.id, NOW) == room().feed(item.id, NOW)) is (item.id != "amu-ledger")
    assert edited.feed("amu-ledger", NOW).changed_at == NOW
    assert b"Edited &lt;&amp;&gt; title" in edited.feed("amu-ledger", NOW).body


def test_a_title_with_markup_characters_survives_every_format() -> None:
    marked = Newsroom(ANCHOR)
    for item in sources():
        guid = marked.of_source(item.id, NOW)[0].guid
        marked.apply(Entry("edited", NOW, source_id=item.id, guid=guid, title='5 < 6 & "7" > 4'))
        feed = marked.feed(item.id, NOW)
        if item.format == "json":
            assert json.loads(feed.body)["items"][0]["title"] == '5 < 6 & "7" > 4'
        else:
            root = fromstring(feed.body)
            titles = [node.text for node in root.iter() if node.tag.endswith("title")]
            assert '5 < 6 & "7" > 4' in titles


def test_an_unknown_source_has_no_feed() -> None:
    with pytest.raises(KeyError):
        room().feed("no-such-source", NOW)


def test_the_list_of_sources_is_opml_with_what_ingest_reads() -> None:
    outlines = fromstring(opml("http://127.0.0.1:8090/")).findall("body/outline")
    assert len(outlines) == len(sources())
    for outline, item in zip(outlines, sources(), strict=True):
        assert outline.get("xmlUrl") == f"http://127.0.0.1:8090/s/{item.id}/feed"
        for name in ("text", "outlet", "language", "rights", "interval"):
            assert outline.get(name)
        assert outline.get("country") == item.country
