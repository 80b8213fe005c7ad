"""Bytes to a feed and its candidates: whatever they are, they are a feed or a named failure, and no entry trips us up."""

from datetime import timedelta

from ingest.adapters.feed_documents import read_document
from ingest.domain.decoding.decode import decode
from ingest.domain.fetching.outcomes import UnreadableFeedError
from ingest.domain.parsing.discovery import feeds_in_page
from ingest.domain.parsing.sitemap import read_sitemap
from tests.suites.ingest_stores import source

_URL = "https://a.kg/feeds/rss.xml"


def one_input(data: bytes) -> None:
    """Read one document in every way in which documents are read."""
    try:
        reading = read_document(data, None, _URL, source("a"), timedelta())
        tripped = [why for why in reading.normalised.unusable if why.startswith("internal")]
        assert not tripped, tripped
    except UnreadableFeedError:
        pass
    try:
        text = decode(data).text
    except UnreadableFeedError:
        return
    feeds_in_page(text, _URL)
    try:
        read_sitemap(text)
    except UnreadableFeedError:
        return
