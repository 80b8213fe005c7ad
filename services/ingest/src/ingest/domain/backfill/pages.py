"""Where older articles are: what a document of an archive leads to.

Feeds lead to older feeds by `prev-archive` and `next` (RFC 5005, sections 3 and 4), those of WordPress by `?paged=N`; indexes
lead to sitemaps, and robots.txt to either (sitemaps.org, "Informing search engine crawlers").
"""

import re
import zlib
from dataclasses import dataclass
from datetime import date
from html import unescape
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from ingest.domain.articles.reading import Reading
from ingest.domain.fetching.outcomes import Reason, UnreadableFeedError
from ingest.domain.parsing.sitemap import read_sitemap

MAX_UNPACKED_BYTES = 50 * 1024 * 1024
"""As large as a sitemap may be, by its protocol."""

_GZIP = b"\x1f\x8b"
_HEAD_CHARS = 65_536
_LINK = re.compile(r"<(?:\w+:)?link\s[^>]{0,2000}>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"([\w:]+)\s*=\s*[\"']([^\"']*)[\"']")
_WORDPRESS = re.compile(r"<generator[^>]*>[^<]*wordpress|<generator[^>]*wordpress", re.IGNORECASE)
_SITEMAP_LINE = re.compile(r"^[ \t]*sitemap[ \t]*:[ \t]*(\S+)", re.IGNORECASE | re.MULTILINE)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class ArchivePage:
    """What a document of an archive comes to.

    Attributes:
        links: addresses of further documents.
        reading: what it shows; None for one that only leads to others.
    """

    links: tuple[str, ...]
    reading: Reading | None = None


def unpacked(body: bytes) -> bytes:
    """Return a document that may lie packed in a `.gz` file.

    Raises:
        UnreadableFeedError: it is broken, or too large when unpacked.
    """
    if not body.startswith(_GZIP):
        return body
    unpacker = zlib.decompressobj(31)
    try:
        plain = unpacker.decompress(body, MAX_UNPACKED_BYTES)
    except zlib.error as error:
        raise UnreadableFeedError(Reason.BAD_ENCODING, f"its gzip cannot be unpacked: {error}") from error
    if unpacker.unconsumed_tail:
        raise UnreadableFeedError(Reason.TOO_LARGE, f"more than {MAX_UNPACKED_BYTES} bytes unpacked")
    return plain


def older_pages(text: str, url: str) -> tuple[str, ...]:
    """Return the address of the feed's next older page; nothing where it has none.

    Args:
        text: the decoded feed.
        url: the address that answered.
    """
    head = text[:_HEAD_CHARS]
    by_relation: dict[str, str] = {}
    for link in _LINK.findall(head):
        given = {name.lower(): unescape(value) for name, value in _ATTRIBUTE.findall(link)}
        by_relation.setdefault(given.get("rel", "").lower(), given.get("href", ""))
    for relation in ("prev-archive", "next"):
        if by_relation.get(relation):
            return (urljoin(url, by_relation[relation]),)
    return (_next_of_wordpress(url),) if _WORDPRESS.search(head) else ()


def _next_of_wordpress(url: str) -> str:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    number = query.get("paged", "1")
    query["paged"] = str(int(number) + 1) if number.isascii() and number.isdigit() else "2"
    return urlunsplit(parts._replace(query=urlencode(query)))


def is_index(text: str) -> bool:
    """Return whether a document is an index of sitemaps."""
    return "<sitemapindex" in text[:_HEAD_CHARS]


def sitemaps_of_index(text: str, url: str, since: date | None) -> tuple[str, ...]:
    """Return the sitemaps of an index, without those that changed last before `since`.

    Raises:
        UnreadableFeedError: it cannot be read.
    """
    found = read_sitemap(text).children
    earliest = since.isoformat() if since is not None else ""
    return tuple(
        urljoin(url, child.url)
        for child in found
        if not (child.lastmod and _DAY.match(child.lastmod) and child.lastmod[:10] < earliest)
    )


def sitemaps_of_robots(text: str, url: str) -> tuple[str, ...]:
    """Return the sitemaps that a robots.txt names."""
    return tuple(urljoin(url, one) for one in _SITEMAP_LINE.findall(text))


def first_page(url: str) -> str:
    """Return where to begin: a site itself says in its robots.txt where its sitemaps are."""
    parts = urlsplit(url)
    is_site = parts.path in {"", "/"} and not parts.query
    return urljoin(url, "/robots.txt") if is_site else url
