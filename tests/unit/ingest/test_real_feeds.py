"""Feeds as they are found: none may crash the reading. SILKWIRE_CONFORMANCE_DATA names a folder with many more."""

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from ingest.adapters.feedparser_entries import parse_feed
from ingest.domain.articles.normalise import normalise_feed
from ingest.domain.decoding.decode import decode
from ingest.domain.fetching.outcomes import UnreadableFeedError
from tests.suites.ingest_fakes import rss
from tests.suites.ingest_stores import source

URL = "https://a.kg/rss"


def _documents() -> Iterator[tuple[str, bytes]]:
    yield "our own", rss([("https://a.kg/1", "One")])
    yield "our own, cut", rss([("https://a.kg/1", "One")])[:-60]
    folder = os.environ.get("SILKWIRE_CONFORMANCE_DATA")
    if folder:
        for path in sorted(Path(folder, "feeds").rglob("*")):
            if path.suffix in {".xml", ".rss", ".atom", ".rdf", ".json"} and path.is_file():
                yield str(path), path.read_bytes()


def test_no_real_feed_crashes_the_reading_and_no_entry_trips_it_up() -> None:
    read = tripped = 0
    for name, body in _documents():
        with suppress(UnreadableFeedError):
            feed = parse_feed(decode(body).text, URL)
            found = normalise_feed(feed, source("a"), URL)
            assert len(found.candidates) + len(found.unusable) + found.repeated == len(feed.entries), name
            tripped += sum(reason.startswith("internal") for reason in found.unusable)
            read += 1
    assert read >= 2
    assert tripped == 0
