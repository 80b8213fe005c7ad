"""What is no character costs nobody an article."""

import json
from datetime import timedelta

import pytest

from ingest.adapters.feed_documents import read_document
from tests.suites.ingest_stores import source

GOOD = {"id": "https://a.kg/1", "url": "https://a.kg/1", "title": "Good", "content_text": "Text"}


@pytest.mark.parametrize(
    "field", ["id", "url", "title", "content_text", "content_html", "summary", "language", "image", "date_published"]
)  # fmt: skip
def test_half_an_emoji_in_one_entry_of_a_json_feed_costs_no_entry(field: str) -> None:
    """Scripts that cut texts after so many UTF-16 units write half of one; it cost the whole feed, at every poll."""
    broken = {"id": "tag:2", "url": "https://a.kg/2", "title": "Two", "tags": ["t\ud83d"], "content_text": "Text"}  # fmt: skip
    broken[field] = f"{broken.get(field, '')}\ud83d"
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Feed", "items": [broken, GOOD]}
    read = read_document(json.dumps(feed).encode(), None, "https://a.kg/feed.json", source("a"), timedelta(0))
    assert [one.url for one in read.normalised.candidates] == ["https://a.kg/2", "https://a.kg/1"]
    assert read.normalised.unusable == ()
    repr(read).encode()
