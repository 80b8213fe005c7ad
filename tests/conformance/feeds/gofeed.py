"""gofeed's pairs: what that library makes of `X.xml` stands in `X.json`, in its universal shape or that of a dialect."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from ingest.adapters.feedparser_entries import parse_feed
from ingest.domain.decoding.decode import decode
from ingest.domain.fetching.outcomes import UnreadableFeedError
from ingest.domain.parsing.entries import Markup, RawEntry, RawFeed
from tests.conformance.feeds import rules, texts
from tests.conformance.feeds.outcome import PASSED, Outcome

URL = "http://example.org/feed.xml"


@dataclass(frozen=True, slots=True)
class Claim:
    """One value that gofeed finds.

    Attributes:
        name: what it is, in our words.
        value: as gofeed gives it.
        ours: what may be the same with us.
    """

    name: str
    value: str
    ours: tuple[Markup, ...]


def judge(file: Path) -> Outcome:
    """Compare what gofeed finds in a file with what we find in it."""
    expected = json.loads(file.with_suffix(".json").read_text("utf-8"))
    body = file.read_bytes()
    try:
        feed = parse_feed(decode(body).text, URL)
    except UnreadableFeedError as error:
        rule = rules.refusal(file, error)
        return Outcome("by decision", rule) if rule else Outcome("failed", f"{error.reason}: {error.detail}")
    items = expected.get("items") or expected.get("entries") or []
    if len(items) != len(feed.entries):
        return Outcome("failed", f"{len(feed.entries)} entries, not {len(items)}")
    claims = [*_feed_claims(expected, feed)]
    for item, entry in zip(items, feed.entries, strict=True):
        claims.extend(_entry_claims(item, entry))
    return _judged(claims, file, feed.flaw)


def _judged(claims: Sequence[Claim], file: Path, flaw: str | None) -> Outcome:
    used = []
    for claim in claims:
        if texts.as_written(claim.ours, claim.value) or _same_address(claim):
            continue
        if texts.as_seen(claim.ours, claim.value, URL):
            used.append(rules.SANITISED_LATER)
            continue
        rule = rules.gofeed_difference(file, flaw, claim.name, claim.value)
        if not rule:
            return Outcome("failed", f"{claim.name} {claim.value!r:.150} is not among {claim.ours!r:.300}")
        used.append(rule)
    if used:
        return Outcome("by decision", used[0])
    return PASSED if claims else Outcome("not asked", "about what we do not extract")


def _same_address(claim: Claim) -> bool:
    is_address = claim.name in {"link", "image"}
    return is_address and urljoin(URL, claim.value) in {urljoin(URL, one.value) for one in claim.ours}


def _feed_claims(expected: Mapping[str, Any], feed: RawFeed) -> Iterator[Claim]:
    for name, ours in (("title", feed.title), ("language", feed.language), ("link", feed.link)):
        if expected.get(name):
            yield Claim(name, expected[name], _plain(ours, is_html=name == "title"))


def _entry_claims(item: Mapping[str, Any], entry: RawEntry) -> Iterator[Claim]:
    bodies = (*entry.contents, *((entry.summary,) if entry.summary else ()))
    own = {
        "title": (entry.title,) if entry.title else (),
        "text": bodies,
        "link": _plain(entry.link),
        "id": _plain(entry.guid),
        "time": _plain(entry.published, entry.updated),
        "author": _plain(*entry.authors),
        "topic": _plain(*entry.topics),
        "image": _plain(*entry.images),
    }
    for name, value in _values(item):
        yield Claim(name, value, own[name])


def _values(item: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Give what an item says, by our names, from gofeed's universal shape and its shapes of RSS and Atom."""
    content, guid = item.get("content"), item.get("guid")
    named = {
        "title": [item.get("title")],
        "text": [item.get("description"), item.get("summary"), _inner(content, "value")],
        "link": [item.get("link"), *_page_links(item)],
        "id": [item.get("id"), _inner(guid, "value")],
        "time": [item.get("published"), item.get("pubDate"), item.get("updated")],
        "author": [_inner(one, "name") for one in item.get("authors") or [item.get("author")]],
        "topic": [_inner(_inner(one, "term"), "value") for one in item.get("categories") or []],
        "image": [_inner(item.get("image"), "url"), *_pictures(item)],
    }
    for name, values in named.items():
        yield from ((name, value) for value in values if isinstance(value, str) and value.strip())


def _inner(value: Any, name: str) -> Any:
    return value.get(name, value) if isinstance(value, dict) else value


def _page_links(item: Mapping[str, Any]) -> Iterator[Any]:
    for link in item.get("links") or []:
        if isinstance(link, dict) and link.get("rel", "alternate") == "alternate":
            yield link.get("href")
            return


def _pictures(item: Mapping[str, Any]) -> Iterator[Any]:
    for one in (*(item.get("enclosures") or []), item.get("enclosure")):
        if isinstance(one, dict) and str(one.get("type", "")).startswith("image/"):
            yield one.get("url")


def _plain(*values: str | None, is_html: bool = False) -> tuple[Markup, ...]:
    return tuple(Markup(value, is_html=is_html) for value in values if value)
