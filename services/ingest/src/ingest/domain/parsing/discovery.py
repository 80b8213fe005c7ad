"""Finds the feeds of a site: those its page names (`<link rel="alternate">`, links to likely feeds) and usual places."""

import re
from dataclasses import dataclass
from html import unescape
from itertools import islice
from typing import Literal
from urllib.parse import urljoin, urlsplit

from ingest.domain.parsing.scan import without_comments

FeedKind = Literal["rss", "atom", "json", "unknown"]
"""What a feed is said to be; `unknown` where only its address looks like one."""

MAX_PAGE_CHARS = 1024 * 1024
"""As much of a page as is looked at."""

MAX_FOUND = 20
"""As many feeds as are given; a page that names more is a list of feeds."""

_TYPES: dict[str, FeedKind] = {
    "application/rss+xml": "rss",
    "application/x-rss+xml": "rss",
    "text/rss+xml": "rss",
    "application/rdf+xml": "rss",
    "application/atom+xml": "atom",
    "application/feed+json": "json",
}
_MAX_TAGS = 10_000
_MAX_LINK_CHARS = 400
_TAG = re.compile(r"<(?P<name>base|link|a)(?=[\s/>])(?P<attributes>[^<>]*)>", re.IGNORECASE)
_ATTRIBUTE = re.compile(r"""([^\s=/"'<>]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'<>]+)))?""")
_LINK_END = re.compile(r"</?a(?=[\s/>])", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^<>]*>")
_LIKELY = re.compile(
    r"(?:^|/)(?:rss|feeds?|atom|news\.rss|rss_?news|rssfeed)(?:\.(?:xml|php|json|aspx?))?/?$|\.(?:rss|rdf|atom)$"
    r"|(?:^|/)(?:feed|rss|atom|index)[\w-]*\.(?:xml|rdf|json)$|(?:^|/)rss/[\w./-]+$"
)
_LIKELY_QUERY = re.compile(r"(?:^|&)(?:feed|format|type|output)=(?:rss2?|atom|feed|json|xml)(?:&|$)")
_COMMENTS = re.compile(r"comment|коммент|пікір|izoh", re.IGNORECASE)
_PLACES = (
    *(
        "feed/",
        "rss",
        "rss/",
        "rss.xml",
        "feed.xml",
        "atom.xml",
        "index.xml",
        "news.rss",
        "news/rss",
        "rss.php",
    ),
    *("feed.json", "rss/news", "ru/rss", "en/rss", "sitemap-news.xml", "news-sitemap.xml"),
)


@dataclass(frozen=True, slots=True)
class FoundFeed:
    """A feed that a page names.

    Attributes:
        url: its absolute address.
        title: as the page calls it; empty where it does not.
        kind: what the page says it is.
    """

    url: str
    title: str
    kind: FeedKind


def feeds_in_page(html: str, url: str) -> tuple[FoundFeed, ...]:
    """Return the feeds that a page names, the likeliest first: declared ones, then linked ones, comments last.

    Args:
        html: the decoded page; broken HTML is read as far as it goes.
        url: the address that answered.
    """
    page = _Page(url)
    page.read(without_comments(html[:MAX_PAGE_CHARS]))
    found: dict[str, FoundFeed] = {}
    for feed in (*page.declared, *page.linked):
        found.setdefault(feed.url, feed)
    ranked = sorted(found.values(), key=lambda feed: bool(_COMMENTS.search(f"{feed.url} {feed.title}")))
    return tuple(ranked[:MAX_FOUND])


def common_paths(url: str) -> tuple[str, ...]:
    """Return addresses where sites like this one have their feed, the likeliest first; none was looked at.

    Args:
        url: any page of the site; places below its folder come first.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return ()
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        return ()
    root = f"{parts.scheme}://{parts.netloc}/"
    folder = root + parts.path.rpartition("/")[0].strip("/")
    folders = [folder.rstrip("/") + "/"] if folder != root else []
    return tuple(dict.fromkeys(base + place for base in (*folders, root) for place in _PLACES))


class _Page:
    """Collects what a page says of feeds, in one pass over its tags; broken HTML costs no more time than any other.

    Python's own reader of HTML takes quadratic time for some pages (64 KB of `<a `: 41 s).
    """

    def __init__(self, url: str) -> None:
        self._base = url
        self.declared: list[FoundFeed] = []
        self.linked: list[FoundFeed] = []

    def read(self, page: str) -> None:
        """Look at every tag that may name a feed."""
        for tag in islice(_TAG.finditer(page), _MAX_TAGS):
            given = _attributes(tag["attributes"])
            address = self._absolute(given.get("href", ""))
            name = tag["name"].lower()
            if address is None:
                continue
            if name == "base":
                self._base = address
            elif name == "link":
                self._declare(given, address)
            elif _looks_like_a_feed(address):
                title = given.get("title") or _words(page[tag.end() : tag.end() + _MAX_LINK_CHARS])
                self.linked.append(FoundFeed(address, title, "unknown"))

    def _declare(self, given: dict[str, str], address: str) -> None:
        relations = given.get("rel", "").lower().split()
        kind = given.get("type", "").split(";")[0].strip().lower()
        says_json = kind == "application/json" and _looks_like_a_feed(address)
        if not {"alternate", "feed"} & set(relations) or "stylesheet" in relations:
            return
        if kind in _TYPES or says_json or ("feed" in relations and not kind):
            shown = " ".join(given.get("title", "").split())
            known = "json" if says_json else _TYPES.get(kind, "unknown")
            self.declared.append(FoundFeed(address, shown, known))

    def _absolute(self, address: str) -> str | None:
        """Return a web address; `feed:` in front of one is an old custom."""
        bare = re.sub(r"^feed:(?://)?(?=https?:)", "", address, flags=re.IGNORECASE)
        bare = re.sub(r"^feed://", "http://", bare, flags=re.IGNORECASE)
        try:
            whole = urljoin(self._base, bare)
            parts = urlsplit(whole)
        except ValueError:
            return None
        usable = bare and parts.scheme in {"http", "https"} and parts.netloc
        return whole.split("#", 1)[0] if usable else None


def _attributes(written: str) -> dict[str, str]:
    """Return a tag's attributes; of one that is given twice the first counts."""
    found: dict[str, str] = {}
    for name, double, single, bare in _ATTRIBUTE.findall(written):
        found.setdefault(name.lower(), unescape(double or single or bare).strip())
    return found


def _words(after: str) -> str:
    """Return the words of a link, given what follows its tag."""
    return " ".join(unescape(_ANY_TAG.sub("", _LINK_END.split(after, maxsplit=1)[0])).split())[:200]


def _looks_like_a_feed(address: str) -> bool:
    parts = urlsplit(address.lower())
    return bool(_LIKELY.search(parts.path) or _LIKELY_QUERY.search(parts.query))
