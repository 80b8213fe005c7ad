"""Every document of the data that some reader somewhere takes for a feed: nothing may crash, and no entry may be lost."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

from ingest.adapters.feed_documents import read_document
from ingest.adapters.feedparser_entries import parse_feed
from ingest.domain.decoding.decode import decode
from ingest.domain.fetching.outcomes import UnreadableFeedError
from tests.conformance.feeds import rules
from tests.conformance.feeds.outcome import PASSED, Outcome
from tests.suites.ingest_stores import source

SETS = (
    *("rome", "feedjira", "node-feedparser", "simplepie", "rust-syndication-rss", "lemon24-reader"),
    *("extractus-feed-extractor", "miniflux"),
)
_NO_FEEDS = {".opml", ".html", ".html-result", ".txt", ".spc", ".output", ".md"}
_NOISE = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>", re.DOTALL)
_ENTRY = re.compile(r"<(?!content:)(?:\w+:)?(?:item|entry)(?=[\s/>])")
URL = "https://a.kg/feeds/rss.xml"


def documents(feeds: Path, name: str) -> Iterator[Path]:
    """Give the documents of a set.

    Args:
        feeds: the folder `feeds` of the data.
        name: of the set.
    """
    for file in sorted((feeds / name).rglob("*")):
        usable = file.is_file() and not file.name.startswith(("LICENSE", "README"))
        is_answer = file.suffix == ".json" and file.with_suffix(".xml").exists()
        if usable and not is_answer and file.suffix not in _NO_FEEDS:
            yield file


def judge(file: Path) -> Outcome:
    """Read a document all the way, and count its entries."""
    body = file.read_bytes()
    try:
        text = decode(body).text
        feed = parse_feed(text, URL)
        reading = read_document(body, None, URL, source("a"), timedelta())
    except UnreadableFeedError as error:
        return Outcome(
            "by decision", rules.no_feed(error.reason, body) or f"refused: {error.reason}: {error.detail:.80}"
        )
    faults = [why for why in reading.normalised.unusable if why.startswith("internal")]
    if faults:
        return Outcome("failed", faults[0])
    if feed.kind.startswith("json") or feed.kind == "sitemap":
        return PASSED
    expected = len(_ENTRY.findall(_NOISE.sub("", text)))
    found = len(feed.entries) + feed.left_out
    return (
        PASSED
        if found == expected
        else Outcome("failed", f"{found} entries, {expected} are to be seen; {feed.flaw}")
    )
