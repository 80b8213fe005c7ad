"""What a document came to: the feed without its entries, and the candidates made of those."""

from dataclasses import dataclass

from ingest.domain.articles.normalise import Normalised
from ingest.domain.parsing.entries import RawFeed


@dataclass(frozen=True, slots=True)
class Reading:
    """One document, read to the end.

    Attributes:
        feed: what the feed says of itself; its entries are left out.
        normalised: its entries as candidates.
    """

    feed: RawFeed
    normalised: Normalised
