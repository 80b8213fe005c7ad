"""The newsroom's sources: invented publishers with one feed each, and the list of them as OPML."""

import tomllib
from dataclasses import dataclass
from functools import cache
from typing import Literal
from xml.sax.saxutils import quoteattr

from silkwire.newsroom.material import FOLDER

POLL_INTERVAL_S = 60
"""What the list asks readers for: the newsroom has something new about every minute."""


@dataclass(frozen=True, slots=True)
class Source:
    """One feed of one publisher.

    Attributes:
        country: ISO 3166-1 alpha-2; None for a source that writes about the whole region.
        language: ISO 639-1.
        script: `cyrillic` for Uzbek in Cyrillic letters, else None.
        rights: how much of a text readers may be shown.
        charset: of the feed's bytes.
        plain: articles at the start on all subjects but the talks with Kabul.
        talks: articles at the start on those.
        topics: what it writes about, by the names of the material's files.
    """

    id: str
    name: str
    outlet: str
    language: str
    rights: Literal["title", "excerpt", "full"]
    format: Literal["rss", "atom", "rdf", "json"]
    plain: int
    topics: tuple[str, ...]
    talks: int = 0
    country: str | None = None
    script: str | None = None
    charset: str = "utf-8"


@cache
def sources() -> tuple[Source, ...]:
    """Return all sources."""
    raw = tomllib.loads((FOLDER / "sources.toml").read_text(encoding="utf-8"))
    return tuple(Source(**{**item, "topics": tuple(item["topics"])}) for item in raw["source"])


@cache
def source(source_id: str) -> Source:
    """Return a source.

    Raises:
        KeyError: there is none with this id.
    """
    found = next((item for item in sources() if item.id == source_id), None)
    if found is None:
        raise KeyError(source_id)
    return found


def feed_url(base_url: str, source_id: str) -> str:
    """Return the address of a source's feed."""
    return f"{base_url}/s/{source_id}/feed"


def home_url(base_url: str, source_id: str) -> str:
    """Return the address of a source's page."""
    return f"{base_url}/s/{source_id}/"


def opml(base_url: str) -> str:
    """Return the list of sources for a newsroom that is served at `base_url` (without a slash at its end)."""
    outlines = "\n".join(_outline(base_url.rstrip("/"), item) for item in sources())
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<opml version="2.0">\n'
        "  <head><title>Silkwire sample newsroom</title></head>\n"
        f"  <body>\n{outlines}\n  </body>\n</opml>\n"
    )


def _outline(base_url: str, item: Source) -> str:
    attributes = {
        "type": "rss",
        "id": item.id,
        "text": item.name,
        "title": item.name,
        "xmlUrl": feed_url(base_url, item.id),
        "htmlUrl": home_url(base_url, item.id),
        "outlet": item.outlet,
        "country": item.country or "",
        "language": item.language,
        "rights": item.rights,
        "interval": str(POLL_INTERVAL_S),
    }
    written = " ".join(f"{name}={quoteattr(value)}" for name, value in attributes.items() if value)
    return f"    <outline {written}/>"
