"""Reads sitemaps (sitemaps.org 0.9) with Google's news and image extensions, and indexes of sitemaps.

Namespaces are not looked at, only local names: many sites get the addresses of the namespaces wrong. What stands before
a break in the XML is kept.
"""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from ingest.domain.fetching.outcomes import Reason, UnreadableFeedError
from ingest.domain.parsing.entries import Markup, RawEntry, RawFeed

MAX_ENTRIES = 50_000
"""Addresses taken from one sitemap: the protocol allows no more."""

_BARE_AMPERSAND = re.compile(r"&(?!(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|\w{1,32});)")


@dataclass(frozen=True, slots=True)
class SitemapEntry:
    """One page of a site; the fields from `title` on come from the news and image extensions.

    Attributes:
        url: its address, as written.
        lastmod: time of its last change, as written.
        title: the article's title; None where the page is not announced as news.
        published: its publication time, as written.
        language: as declared.
        keywords: of the article.
        images: addresses of its pictures.
    """

    url: str
    lastmod: str | None = None
    title: str | None = None
    published: str | None = None
    language: str | None = None
    keywords: tuple[str, ...] = ()
    images: tuple[str, ...] = ()

    @property
    def is_news(self) -> bool:
        """Whether it is announced as an article, by the news extension."""
        return self.title is not None


@dataclass(frozen=True, slots=True)
class SitemapChild:
    """One sitemap named by an index: its address and the time of its last change, as written."""

    url: str
    lastmod: str | None = None


@dataclass(frozen=True, slots=True)
class Sitemap:
    """A sitemap, or an index of sitemaps: one of the two is empty.

    Attributes:
        entries: pages, in the document's order.
        children: other sitemaps, in the document's order.
        flaw: what was broken but could be read past.
        left_out: pages that were too many.
    """

    entries: tuple[SitemapEntry, ...] = ()
    children: tuple[SitemapChild, ...] = field(default=())
    flaw: str | None = None
    left_out: int = 0


def read_sitemap(text: str) -> Sitemap:
    """Return what a sitemap, or an index of sitemaps, names.

    Args:
        text: the decoded document.

    Raises:
        UnreadableFeedError: it is neither, or declares entities.
    """
    entries: list[SitemapEntry] = []
    children: list[SitemapChild] = []
    flaw, left_out, root = None, 0, ""
    elements = _elements(text)
    try:
        for name, element in elements:
            root = root or name
            if element is None:
                continue
            if name == "sitemap" and (address := _text(element, "loc")):
                children.append(SitemapChild(address, _text(element, "lastmod")))
            elif name == "url" and (address := _text(element, "loc")):
                if len(entries) < MAX_ENTRIES:
                    entries.append(_entry(element, address))
                else:
                    left_out += 1
    except ParseError as error:
        flaw = str(error)
    except DefusedXmlException as error:
        raise UnreadableFeedError(Reason.UNSAFE_XML, f"a sitemap with entities: {error}"[:200]) from error
    if root not in {"urlset", "sitemapindex"}:
        raise UnreadableFeedError(Reason.NOT_A_FEED, flaw or f"a sitemap does not begin with <{root[:40]}>")
    return Sitemap(tuple(entries), tuple(children), flaw, left_out)


def news_feed(text: str) -> RawFeed:
    """Return the articles of a news sitemap as a feed.

    Raises:
        UnreadableFeedError: it is no sitemap, or one without news.
    """
    sitemap = read_sitemap(text)
    if sitemap.children:
        first = sitemap.children[0].url
        detail = f"an index of {len(sitemap.children)} sitemaps; name one of them, such as {first}"
        raise UnreadableFeedError(Reason.NOT_A_FEED, detail[:200])
    news = tuple(_raw(entry) for entry in sitemap.entries if entry.is_news)
    if sitemap.entries and not news:
        raise UnreadableFeedError(Reason.NOT_A_FEED, "a sitemap of pages, without the news extension")
    return RawFeed(kind="sitemap", entries=news, flaw=sitemap.flaw, left_out=sitemap.left_out)


def _raw(entry: SitemapEntry) -> RawEntry:
    return RawEntry(
        link=entry.url,
        title=Markup(entry.title or "", is_html=False),
        topics=entry.keywords,
        images=entry.images,
        published=entry.published or entry.lastmod,
        language=entry.language,
    )


def _elements(text: str) -> Iterator[tuple[str, Element | None]]:
    """Give the root's name, without an element, then every `url` and `sitemap` as it ends."""
    document = io.BytesIO(_BARE_AMPERSAND.sub("&amp;", text).encode("utf-8", "replace"))
    root: Element | None = None
    for event, element in iterparse(document, events=("start", "end")):
        if root is None:
            root = element
            yield _local(element), None
        elif event == "end" and _local(element) in {"url", "sitemap"}:
            yield _local(element), element
            root.clear()  # what was read need not be kept


def _entry(element: Element, address: str) -> SitemapEntry:
    news = next((one for one in element.iter() if _local(one) == "news"), None)
    images = (image for image in element.iter() if _local(image) == "image")
    keywords = (_text(news, "keywords") or "") if news is not None else ""
    return SitemapEntry(
        url=address,
        lastmod=_text(element, "lastmod"),
        title=_text(news, "title"),
        published=_text(news, "publication_date"),
        language=_text(news, "language"),
        keywords=tuple(filter(None, (one.strip() for one in keywords.split(",")))),
        images=tuple(filter(None, (_text(image, "loc") for image in images))),
    )


def _text(element: Element | None, name: str) -> str | None:
    """Return the text of the first descendant of that name, but not what belongs to a picture or a translation."""
    if element is None:
        return None
    for child in element:
        if _local(child) == name:
            return " ".join((child.text or "").split()) or None
        if _local(child) == "publication" and (found := _text(child, name)):
            return found
    return None


def _local(element: Element) -> str:
    return element.tag.rpartition("}")[2].rpartition(":")[2].lower()
