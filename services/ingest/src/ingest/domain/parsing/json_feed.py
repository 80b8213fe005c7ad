"""Reads JSON Feed 1.0 and 1.1 (jsonfeed.org), leniently: what has the wrong type counts as absent."""

import json
import re
from collections.abc import Mapping
from typing import Any

from ingest.domain.fetching.outcomes import Reason, UnreadableFeedError
from ingest.domain.parsing.entries import Markup, RawEntry, RawFeed

_VERSION = "https://jsonfeed.org/version/"
_HALVES = re.compile("[\ud800-\udfff]")
"""What is left of an emoji that a script cut in two: no character, which neither UTF-8 nor MongoDB can hold."""


def parse_json_feed(text: str) -> RawFeed:
    """Return the feed in a JSON document.

    Raises:
        UnreadableFeedError: it is not JSON, or not a JSON Feed.
    """
    try:
        document = json.loads(text)
    except ValueError as error:
        raise UnreadableFeedError(Reason.NOT_A_FEED, f"broken JSON: {error}"[:200]) from error
    except RecursionError as error:
        raise UnreadableFeedError(Reason.NOT_A_FEED, "JSON nested too deeply") from error
    version = _text(document, "version") or ""
    items = document.get("items") if isinstance(document, dict) else None
    if not version.replace("http://", "https://").startswith(_VERSION) or not isinstance(items, list):
        raise UnreadableFeedError(Reason.NOT_A_FEED, "JSON without the version and items of a JSON Feed")
    authors = _authors(document)
    return RawFeed(
        kind="json" + version.rstrip("/").rsplit("/", 1)[-1].replace(".", "")[:4],
        title=_text(document, "title") or "",
        link=_text(document, "home_page_url"),
        language=_text(document, "language"),
        entries=tuple(_entry(item, authors) for item in items if isinstance(item, dict)),
        address=_address(document.get("feed_url")),
        hubs=_hubs(document.get("hubs")),
    )


def _hubs(listed: object) -> tuple[str, ...]:
    """Return the WebSub hubs among the hubs; another kind is rssCloud."""
    hubs = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    named = (_address(one.get("url")) for one in hubs if str(one.get("type", "")).lower() == "websub")
    return tuple(dict.fromkeys(address for address in named if address))


def _address(value: object) -> str | None:
    return value if isinstance(value, str) and value.startswith(("http://", "https://")) else None


def _entry(item: Mapping[str, Any], feed_authors: tuple[str, ...]) -> RawEntry:
    html, plain = _text(item, "content_html"), _text(item, "content_text")
    title, summary = _text(item, "title"), _text(item, "summary")
    contents = [Markup(html, is_html=True)] if html else []
    if plain and not html:
        contents.append(Markup(plain, is_html=False))
    images = (_text(item, "image"), _text(item, "banner_image"), *_attached_images(item))
    identifier = item.get("id")
    return RawEntry(
        guid=_HALVES.sub("", str(identifier)) if isinstance(identifier, str | int | float) else None,
        link=_text(item, "url") or _text(item, "external_url"),
        title=Markup(title, is_html=False) if title else None,
        contents=tuple(contents),
        summary=Markup(summary, is_html=False) if summary else None,
        authors=_authors(item) or feed_authors,
        topics=tuple(_HALVES.sub("", tag) for tag in _list(item, "tags") if isinstance(tag, str)),
        images=tuple(image for image in images if image),
        published=_text(item, "date_published"),
        updated=_text(item, "date_modified"),
        language=_text(item, "language"),
    )


def _authors(holder: Mapping[str, Any]) -> tuple[str, ...]:
    people = [*_list(holder, "authors"), holder.get("author")]  # 1.1, then 1.0
    names = (_text(person, "name") for person in people if isinstance(person, dict))
    return tuple(dict.fromkeys(name for name in names if name))


def _attached_images(item: Mapping[str, Any]) -> list[str | None]:
    attachments = (one for one in _list(item, "attachments") if isinstance(one, dict))
    return [_text(one, "url") for one in attachments if (_text(one, "mime_type") or "").startswith("image/")]


def _list(holder: Mapping[str, Any], name: str) -> list[Any]:
    value = holder.get(name)
    return value if isinstance(value, list) else []


def _text(holder: object, name: str) -> str | None:
    value = holder.get(name) if isinstance(holder, dict) else None
    whole = _HALVES.sub("", value) if isinstance(value, str) else ""
    return whole if whole.strip() else None
