"""Reads RSS 0.9x, 1.0, 2.0 and Atom with feedparser, which loses the least on broken feeds; hands on what is not XML.

Only text that we decoded ourselves goes in, wrapped as bytes: feedparser guesses encodings wrongly for our feeds,
and takes a bare string for an address or a file to open. Its sanitiser, its links and its dates are not used.
"""

import html
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin
from xml.sax import SAXParseException

import feedparser

from ingest.domain.articles.normalise import MAX_ENTRIES
from ingest.domain.fetching.outcomes import Reason, UnreadableFeedError
from ingest.domain.parsing.discovery import feeds_in_page
from ingest.domain.parsing.entries import Markup, RawEntry, RawFeed
from ingest.domain.parsing.json_feed import parse_json_feed
from ingest.domain.parsing.scan import first_entries
from ingest.domain.parsing.sitemap import news_feed
from ingest.domain.parsing.sniff import sniff, unwrapped

_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml"})
_FULL_TEXT_KEYS = ("full-text", "fulltext")
"""Ends of the names of `yandex:full-text`, `rambler:fulltext` and their kin, whatever their prefix."""

_CAPTION = re.compile(r"<(/?)media:description(?:\s[^<>]*?)?(/?)>", re.IGNORECASE)
"""feedparser takes the caption of a picture for a second description of the entry, and so for its text. It keeps the text of
elements that it does not know where they have no attributes."""

_ADDRESS = re.compile(r"(?:https?:)?/", re.IGNORECASE)
_TURBO = "turbo.yandex."
_DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>\n'
"""Decoded text has none. Without it feedparser looks for one along the whole first line, in cubic time (36 KB: 2 s)."""

_AVATAR = re.compile(r"https?://(?:[\w-]+\.)*gravatar\.com/avatar/", re.IGNORECASE)
"""WordPress.com gives the author's face as the first picture of every article."""

_IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".gif", ".avif")


def parse_feed(text: str, url: str) -> RawFeed:
    """Return the feed in a document; pure CPU work, some 0.3 ms an entry, so call it in a worker.

    Args:
        text: the decoded document.
        url: the address that answered, which relative links refer to.

    Raises:
        UnreadableFeedError: it is no feed, or not a safe one.
    """
    text = unwrapped(text)
    try:
        kind = sniff(text)
    except UnreadableFeedError as error:
        if error.reason is Reason.HTML and (found := feeds_in_page(text, url)):
            raise UnreadableFeedError(Reason.HTML, f"{error.detail}; its feed is {found[0].url}") from error
        raise
    if kind == "json":
        return parse_json_feed(text)
    return news_feed(text) if kind == "sitemap" else _parse_xml(text, url)


def _parse_xml(text: str, url: str) -> RawFeed:
    text, left_out = first_entries(_CAPTION.sub(r"<\1media:caption\2>", text), MAX_ENTRIES)
    try:
        parsed = feedparser.parse(
            io.BytesIO(_DECLARATION + text.encode("utf-8", "replace")),
            # Not told the feed's address, to which it would relate ids as well as links: a feed that moves
            # from http to https would have new ids for all its articles.
            response_headers={"content-type": "application/xml; charset=utf-8"},
            sanitize_html=False,
            resolve_relative_uris=False,
        )
    except MemoryError:  # the worker's limit, which has a name of its own
        raise
    except Exception as error:  # its loose parser can trip over anything
        raise UnreadableFeedError(Reason.NOT_A_FEED, f"cannot be parsed: {error!r}"[:200]) from error
    return _feed_of(parsed, left_out, url)


def _flaw_of(error: Exception | None) -> str:
    """What is wrong with a document, without a place: feedparser counts lines of a text that it has changed."""
    return error.getMessage() if isinstance(error, SAXParseException) else str(error or "")


def _feed_of(parsed: Mapping[str, Any], left_out: int, url: str) -> RawFeed:
    kind = str(parsed.get("version") or "")
    flaw = _flaw_of(parsed.get("bozo_exception"))[:200] if parsed.get("bozo") else ""
    if not kind and not parsed["entries"]:
        raise UnreadableFeedError(Reason.NOT_A_FEED, flaw or "no entries and no known dialect")
    feed = parsed["feed"]
    entries = _Entries(url, _full_text_keys(parsed), tuple(_names(feed)) if kind.startswith("atom") else ())
    return RawFeed(
        kind=kind or "unknown",
        title=_string(feed, "title") or "",
        link=_absolute(url, _string(feed, "link")),
        language=_string(feed, "language"),
        entries=tuple(entries.read(entry) for entry in parsed["entries"]),
        flaw=flaw or None,
        left_out=left_out,
        address=_absolute(url, next(_related(feed, "self"), None)),
        hubs=tuple(dict.fromkeys(hub for one in _related(feed, "hub") if (hub := _absolute(url, one)))),
    )


def _full_text_keys(parsed: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names under which whole articles may stand, by the prefixes that this document chose."""
    turbo = [prefix for prefix, uri in parsed.get("namespaces", {}).items() if _TURBO in str(uri)]
    return (*_FULL_TEXT_KEYS, *(f"{prefix}_content" for prefix in dict.fromkeys([*turbo, "turbo"]) if prefix))


@dataclass(frozen=True, slots=True)
class _Entries:
    """Reads entries of one feed.

    Attributes:
        url: the feed's address.
        full_text_keys: names of elements that may have the whole article.
        authors: of the feed, which are an Atom entry's where it names none (RFC 4287, 4.2.1).
    """

    url: str
    full_text_keys: tuple[str, ...]
    authors: tuple[str, ...]

    def read(self, entry: Mapping[str, Any]) -> RawEntry:
        """Return what an entry says."""
        contents = list(self._contents(entry))
        summary = self._markup(entry, "summary")
        if summary is None and not contents and (caption := _string(entry, "media_caption")):
            summary = Markup(caption, is_html=True)  # of a video, as a rule, which has no other words
        if summary is not None and not contents:
            contents, summary = [summary], None
        elif summary is not None and any(one.value == summary.value for one in contents):
            summary = None  # feedparser's own copy of a content, which has forgotten that it is HTML
        authors = tuple(_names(entry)) or tuple(_names(_dict(entry, "source"))) or self.authors
        return RawEntry(
            guid=_string(entry, "id"),
            link=_link(entry),
            title=self._markup(entry, "title"),
            contents=tuple(contents),
            summary=summary,
            authors=authors,
            topics=tuple(_topics(entry)),
            images=tuple(dict.fromkeys(_images(entry))),
            published=_string(entry, "published") or _string(entry, "created"),
            updated=_string(entry, "updated"),
            language=_language(entry),
        )

    def _contents(self, entry: Mapping[str, Any]) -> Iterator[Markup]:
        for content in _dicts(entry, "content"):
            value = _string(content, "value")
            if value:
                yield Markup(value, _is_html(content.get("type", "text/html")), self._base(content))
        for key in entry:
            if key.endswith(self.full_text_keys) and (value := _string(entry, key)):
                # Of names that it does not know, feedparser's loose parser leaves the escapes as they are.
                whole = html.unescape(value) if "&lt;" in value and "<" not in value else value
                # Yandex's format is plain text, a line each paragraph; many write HTML all the same.
                yield Markup(whole if "<" in whole else "\n\n".join(whole.splitlines()), is_html=True)

    def _markup(self, entry: Mapping[str, Any], name: str) -> Markup | None:
        value = _string(entry, name)
        detail = _dict(entry, f"{name}_detail")
        return Markup(value, _is_html(detail.get("type")), self._base(detail)) if value is not None else None

    def _base(self, detail: Mapping[str, Any]) -> str | None:
        """Return the base that the feed itself sets."""
        return _absolute(self.url, _string(detail, "base"))


def _absolute(url: str, given: str | None) -> str | None:
    """Return a web address that may be relative to the feed's own; None where it is none."""
    try:
        whole = urljoin(url, given) if given else ""
    except ValueError:
        return None
    return whole if whole.startswith(("http://", "https://")) else None


def _is_html(kind: object) -> bool:
    return str(kind).lower() in _HTML_TYPES


def _link(entry: Mapping[str, Any]) -> str | None:
    """Return the address of the entry's page; a guid that is to be one, but is a bare number, is not made into one."""
    for link in _dicts(entry, "links"):
        if link.get("rel", "alternate") == "alternate" and _string(link, "href"):
            return _string(link, "href")
    given = _string(entry, "link")
    is_made_up = given == _string(entry, "id") and not _ADDRESS.match(given or "")
    return None if is_made_up else given


def _names(holder: Mapping[str, Any]) -> Iterator[str]:
    """Give the authors of an entry or a feed."""
    names = [_string(person, "name") for person in _dicts(holder, "authors")]
    yield from (name for name in names if name)
    if not any(names):
        author = _string(holder, "author")
        if author and "@" not in author:  # an address is no name, and not ours to spread
            yield author


def _topics(entry: Mapping[str, Any]) -> Iterator[str]:
    """Give the categories, by the words that are meant for people where there are such (RFC 4287, 4.2.2.3)."""
    for tag in _dicts(entry, "tags"):
        words = _string(tag, "label") or _string(tag, "term")
        if words:
            yield words


def _related(holder: Mapping[str, Any], relation: str) -> Iterator[str]:
    for link in _dicts(holder, "links"):
        href = _string(link, "href")
        if href and str(link.get("rel", "alternate")).lower() == relation:
            yield href


def _images(entry: Mapping[str, Any]) -> Iterator[str]:
    for media in _dicts(entry, "media_content"):
        url = _string(media, "url")
        if url and _is_image(media.get("type"), media.get("medium"), url) and not _AVATAR.match(url):
            yield url
    for link in _dicts(entry, "links"):
        url = _string(link, "href")
        if url and link.get("rel") == "enclosure" and _is_image(link.get("type"), None, url):
            yield url
    for thumbnail in _dicts(entry, "media_thumbnail"):
        url = _string(thumbnail, "url")
        if url:
            yield url
    episode = _string(_dict(entry, "image"), "href")  # itunes:image
    if episode:
        yield episode


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


def _dict(holder: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def _string(holder: Mapping[str, Any], name: str) -> str | None:
    value = holder.get(name) if name in holder else None
    return value.strip() or None if isinstance(value, str) else None
