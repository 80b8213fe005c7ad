"""An article as search keeps it, or the trace that a withdrawn one leaves."""

import hashlib
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from search.domain.excerpt import opening
from shared.query import Subject
from shared.query.dates import EARLIEST, clamp

Rights = Literal["title", "excerpt", "full"]
Certainty = Literal["exact", "zone_assumed", "day_only", "first_seen"]

_HASH_BITS = 20
_DAY_MS = 86_400_000

HIGHEST_KEY = (1 << 63) - 1
"""Above the key of any article."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where an article came from, and how much of it may be shown."""

    id: str
    name: str
    country: str | None
    link: str | None
    rights: Rights


@dataclass(frozen=True, slots=True)
class Article:
    """One revision of a live article. All times are aware UTC; `key` orders articles by publication.

    `story` is the id of the story's article that was seen first, None while the article tells its story alone. It is no
    part of the revision: search finds it out afterwards (domain/stories.py).
    """

    id: str
    rev: int
    key: int
    source: Source
    outlet: str
    url: str
    title: str
    text: str
    html: str
    summary: str
    authors: tuple[str, ...]
    language: str | None
    topics: tuple[str, ...]
    image: str | None
    published_at: datetime
    published_certainty: Certainty
    updated_at: datetime | None
    first_seen_at: datetime
    story: str | None = None

    @property
    def first_seen(self) -> bool:
        """Whether it is the one of its story that was seen first; nothing is said of who published first."""
        return self.story == self.id

    @property
    def article(self) -> "Article":
        """Itself: one that was read whole can be listed as well, see `search.domain.results.Listed`."""
        return self

    @property
    def said(self) -> bytes | None:
        """None: what is said of it is yet to be made."""
        return None

    @property
    def body(self) -> str:
        """What is searched and excerpted: the text, or the publisher's summary where there is no text."""
        return self.text or self.summary

    def listed(self) -> "Article":
        """Return what a list of results needs: the text's opening instead of the text, no HTML."""
        return replace(self, text=opening(self.body), html="", summary="")


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """An article that was taken down at this revision; its text is gone for good."""

    id: str
    rev: int
    reason: str
    withdrawn_at: datetime


Change = Article | Withdrawal
"""What can happen to an article."""


def order_key(article_id: str, published_at: datetime) -> int:
    """Return the number that orders articles by publication, the same on every replica.

    It is the publication's milliseconds followed by 20 bits of the id's hash, and fits into 63 bits.
    """
    tail = int.from_bytes(hashlib.sha256(article_id.encode()).digest()[:4]) >> (32 - _HASH_BITS)
    return key_at(published_at) | tail


def key_at(instant: datetime) -> int:
    """Return the least key of any article published at an instant, or at the bound that it lies beyond."""
    return ((clamp(instant) - EARLIEST) // timedelta(milliseconds=1)) << _HASH_BITS


def day_of(key: int) -> date:
    """Return the day of publication, UTC, that an article's key tells."""
    return EARLIEST.date() + timedelta(milliseconds=key >> _HASH_BITS)


def microseconds_of(key: int) -> int:
    """Return when an article of this key was published, to the millisecond: microseconds since `EARLIEST`."""
    return (key >> _HASH_BITS) * 1000


def microseconds_at(instant: datetime) -> int:
    """Return an instant as microseconds since `EARLIEST`."""
    return (instant - EARLIEST) // timedelta(microseconds=1)


def first_key(day: date) -> int:
    """Return the least key that an article of this day, or of a later one, can have."""
    return min(max(_day_ms(day), 0) << _HASH_BITS, HIGHEST_KEY)


def last_key(day: date) -> int:
    """Return the greatest key that an article of this day, or of an earlier one, can have; below 0 if none can."""
    return min(((_day_ms(day) + _DAY_MS) << _HASH_BITS) - 1, HIGHEST_KEY)


def _day_ms(day: date) -> int:
    return (day - EARLIEST.date()).days * _DAY_MS


def subject_of(article: Article) -> Subject:
    """Return what a query may ask about an article."""
    return Subject(
        title=article.title,
        text=article.body,
        source_id=article.source.id,
        source_name=article.source.name,
        outlet=article.outlet,
        country=article.source.country,
        language=article.language,
        topics=article.topics,
        published_at=article.published_at,
    )
