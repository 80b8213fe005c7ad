"""A source: one feed of a publisher, with what its owner lets us show and how often we look."""

from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlsplit

Rights = Literal["title", "excerpt", "full"]
"""How much of a source's text may be shown: its title, at most 500 words, or everything."""

DEFAULT_RIGHTS: Rights = "excerpt"


@dataclass(frozen=True, slots=True)
class Source:
    """One feed.

    Attributes:
        id: stable id, lower-case letters, digits and dashes.
        url: address of the feed, as its owner gave it.
        name: shown to readers.
        outlet: the publisher; several sources may share one.
        country: ISO 3166-1 alpha-2, upper case.
        language: ISO 639-1, as the list of sources says.
        rights: how much of the text may be shown.
        interval_s: seconds between polls; None for the service's default.
        link: the publisher's home page.
        full_text: True when the text is taken from the article's page, where the feed has only its beginning.
        time_zone: IANA name of the zone in which dates without one are written; None for the country's.
        paused: True while somebody wants it not to be polled.
    """

    id: str
    url: str
    name: str
    outlet: str
    country: str | None = None
    language: str | None = None
    rights: Rights = DEFAULT_RIGHTS
    interval_s: float | None = None
    link: str | None = None
    full_text: bool = False
    time_zone: str | None = None
    paused: bool = False

    @property
    def host(self) -> str:
        """Host and port of the feed's address; empty where it has none."""
        try:
            return urlsplit(self.url).netloc.lower()
        except ValueError:
            return ""
