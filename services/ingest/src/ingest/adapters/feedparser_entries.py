"""Reads RSS 0.9x, 1.0, 2.0 and Atom with feedparser, which loses the least on broken feeds.

Only text that we decoded ourselves goes in, wrapped as bytes: feedparser guesses encodings wrongly for our feeds,
and takes a bare string for an address or a file to open. Its sanitiser, its links and its dates are not used.
"""

import io
from collections.abc import Iterator, Mapping
from typing import Any

import feedparser

from ingest.domain.articles.normalise import MAX_ENTRIES
from ingest.domain.fetching.outcomes import Reason, UnreadableFeedError
from ingest.domain.parsing.entries import Markup, RawEntry, RawFeed
from ingest.domain.parsing.json_feed import parse_json_feed
from ingest.domain.parsing.scan import first_entries
from ingest.domain.parsing.sniff import sniff

_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_FULL_TEXT_KEYS = ("yandex_full-text", "full-text", "fulltext")
_IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif")


def parse_feed(text: str, url: str) -> RawFeed:
    """Return the feed in a document; pure CPU work, some 0.3 ms an entry, so call it in a thread.

    Args:
        text: the decoded document.
        url: the address that answered, which relative links refer to.

    Raises:
        UnreadableFeedError: it is no feed, or not a safe one.
    """
    return parse_json_feed(text) if sniff(text) == "json" else _parse_xml(text, url)


def _parse_xml(text: str, url: str) -> RawFeed:
    text, left_out = first_entries(text, MAX_ENTRIES)
    try:
        parsed = feedparser.parse(
            io.BytesIO(text.encode("utf-8", "replace")),
            response_headers={
                "content-type": "application/xml; charset=utf-8",
                "content-location": url,
            },
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except Exception as error:  # its loose parser can trip over anything
        raise UnreadableFeedError(Reason.NOT_A_FEED, f"cannot be parsed: {error!r}"[:200]) from error
    return _feed_of(parsed, left_out)


def _feed_of(parsed: Mapping[str, Any], left_out: int) -> RawFeed:
    kind = str(parsed.get("version") or "")
    flaw = str(parsed.get("bozo_exception") or "")[:200] if parsed.get("bozo") else ""
    if not kind and not parsed["entries"]:
        raise UnreadableFeedError(Reason.NOT_A_FEED, flaw or "no entries and no known dialect")
    feed = parsed["feed"]
    return RawFeed(
        kind=kind or "unknown",
        title=_string(feed, "title") or "",
        link=_string(feed, "link"),
        language=_string(feed, "language"),
        entries=tuple(_entry_of(entry) for entry in parsed["entries"]),
        flaw=flaw or None,
        left_out=left_out,
    )


def _entry_of(entry: Mapping[str, Any]) -> RawEntry:
    contents = list(_contents(entry))
    summary = _markup(entry, "summary")
    if summary is not None and not contents:
        contents, summary = [summary], None
    return RawEntry(
        guid=_string(entry, "id"),
        link=_link(entry),
        title=_markup(entry, "title"),
        contents=tuple(contents),
        summary=summary,
        authors=tuple(_authors(entry)),
        topics=tuple(tag["term"] for tag in _dicts(entry, "tags") if _string(tag, "term")),
        images=tuple(_images(entry)),
        published=_string(entry, "published") or _string(entry, "created"),
        updated=_string(entry, "updated"),
        language=_language(entry),
    )


def _contents(entry: Mapping[str, Any]) -> Iterator[Markup]:
    for content in _dicts(entry, "content"):
        value = _string(content, "value")
        if value:
            yield Markup(value, str(content.get("type", "text/html")).lower() in _HTML_TYPES)
    for key in _FULL_TEXT_KEYS:
        value = _string(entry, key)
        if value:
            yield Markup(value, is_html=True)


def _markup(entry: Mapping[str, Any], name: str) -> Markup | None:
    value = _string(entry, name)
    if value is None:
        return None
    detail = entry.get(f"{name}_detail")
    kind = detail.get("type", "text/plain") if isinstance(detail, dict) else "text/plain"
    return Markup(value, is_html=str(kind).lower() in _HTML_TYPES)


def _link(entry: Mapping[str, Any]) -> str | None:
    for link in _dicts(entry, "links"):
        if link.get("rel", "alternate") == "alternate" and _string(link, "href"):
            return _string(link, "href")
    return _string(entry, "link")


def _authors(entry: Mapping[str, Any]) -> Iterator[str]:
    names = [_string(person, "name") for person in _dicts(entry, "authors")]
    yield from (name for name in names if name)
    if not any(names):
        author = _string(entry, "author")
        if author and "@" not in author:  # an address is no name, and not ours to spread
            yield author


def _images(entry: Mapping[str, Any]) -> Iterator[str]:
    for media in _dicts(entry, "media_content"):
        url = _string(media, "url")
        if url and _is_image(media.get("type"), media.get("medium"), url):
            yield url
    for link in _dicts(entry, "links"):
        url = _string(link, "href")
        if url and link.get("rel") == "enclosure" and _is_image(link.get("type"), None, url):
            yield url
    for thumbnail in _dicts(entry, "media_thumbnail"):
        url = _string(thumbnail, "url")
        if url:
            yield url


def _is_image(kind: object, medium: object, url: str) -> bool:
    """Enclosures often have no type, or that of a plain download."""
    if medium == "image" or str(kind or "").startswith("image/"):
        return True
    untyped = str(kind or "") in {"", "application/octet-stream"}
    return untyped and medium is None and url.split("?", 1)[0].lower().endswith(_IMAGE_SUFFIXES)


def _language(entry: Mapping[str, Any]) -> str | None:
    for name in ("content", "title_detail", "summary_detail"):
        value = entry.get(name)
        detail = value[0] if isinstance(value, list) and value else value
        if isinstance(detail, dict) and _string(detail, "language"):
            return _string(detail, "language")
    return _string(entry, "language")


def _dicts(holder: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    value = holder.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _string(holder: Mapping[str, Any], name: str) -> str | None:
    value = holder.get(name) if name in holder else None
    return value.strip() or None if isinstance(value, str) else None
