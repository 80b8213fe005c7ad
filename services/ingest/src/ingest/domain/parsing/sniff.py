"""What a document is, told from where it begins after comments: JSON, sitemap, feed, HTML; and whether its XML is safe."""

import re
from typing import Literal

from ingest.domain.fetching.outcomes import Reason, UnreadableFeedError
from ingest.domain.parsing.scan import without_comments

Kind = Literal["json", "sitemap", "xml"]

MAX_ENTITY_CHARS = 4096
"""Entity texts a document may declare in all; real feeds declare a handful of named characters."""

_FEED_ROOT = re.compile(r"<(?:\w+:)?(?:rss|feed|rdf|channel)[\s>/]", re.IGNORECASE)
_SITEMAP_ROOT = re.compile(r"(?:<[?!][^>]*>[\s\]>]*)*<(?:\w+:)?(?:urlset|sitemapindex)[\s>/]", re.IGNORECASE)
_PAGE_ROOT = re.compile(r"(?:<!doctype\s+html[^>]*>\s*)?<(?:html|head|body)[\s>]", re.IGNORECASE)
"""An HTML page with certainty: it may have elements named like those of feeds further down, in a picture for example."""
_WRAPPED = re.compile(r"<body[^>]*>\s*(?=<(?:rss|feed)[\s>])", re.IGNORECASE)
"""A page whose body is a feed, as badly made scripts print it."""
_HTML_ROOT = re.compile(r"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]", re.IGNORECASE)
_DECLARATION = re.compile(r"<!(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENTITY = re.compile(r"<!ENTITY\s+(%\s*)?(\S+)\s+(SYSTEM|PUBLIC|\"[^\"]*\"|'[^']*')", re.IGNORECASE)
_REFERENCE = re.compile(r"[&%](?!#|amp;|lt;|gt;|quot;|apos;)[\w.:\-]+;")
_TITLE = re.compile(r"<title[^>]*>(.{0,200}?)</title>", re.IGNORECASE | re.DOTALL)
_HEAD_CHARS = 65_536


def unwrapped(text: str) -> str:
    """Return the feed that is all there is in the body of a page; any other document as it is."""
    if not _PAGE_ROOT.match(text):
        return text
    wrapped = _WRAPPED.search(text, 0, _HEAD_CHARS)
    return text[wrapped.end() :] if wrapped else text


def sniff(text: str) -> Kind:
    """Return which parser a document needs.

    Raises:
        UnreadableFeedError: it is an HTML page, plain text, or XML that abuses entities.
    """
    if text.startswith("{"):
        return "json"
    head = without_comments(text).lstrip()[:_HEAD_CHARS]
    is_sitemap = _SITEMAP_ROOT.match(head) is not None
    if not is_sitemap and (_PAGE_ROOT.match(head) or not _FEED_ROOT.search(head)):
        raise _not_a_feed(head)
    if _DECLARATION.search(text):
        _refuse_unsafe_entities(text)
    return "sitemap" if is_sitemap else "xml"


def _not_a_feed(head: str) -> UnreadableFeedError:
    if _HTML_ROOT.match(head):
        title = _TITLE.search(head)
        shown = " ".join(title[1].split())[:80] if title else "no title"
        return UnreadableFeedError(Reason.HTML, f"an HTML page instead of a feed: {shown}")
    if head.startswith("<"):
        return UnreadableFeedError(Reason.NOT_A_FEED, f"XML that is no feed: {head[:60]!r}")
    return UnreadableFeedError(Reason.NOT_A_FEED, f"neither XML nor JSON: {head[:60]!r}")


def _refuse_unsafe_entities(text: str) -> None:
    """Refuse documents whose entities refer to files, to each other, or to long texts (expansion bombs)."""
    declared = 0
    found = _ENTITY.findall(text)
    for parameter, name, value in found:
        if parameter or value.upper() in {"SYSTEM", "PUBLIC"}:
            raise UnreadableFeedError(
                Reason.UNSAFE_XML, f"entity {name[:40]} is external or a parameter entity"
            )
        if _REFERENCE.search(value):
            raise UnreadableFeedError(Reason.UNSAFE_XML, f"entity {name[:40]} refers to another entity")
        declared += len(value)
    if declared > MAX_ENTITY_CHARS or text.upper().count("<!ENTITY") > len(found):
        raise UnreadableFeedError(
            Reason.UNSAFE_XML, f"entities declare {declared} characters or cannot be read"
        )
