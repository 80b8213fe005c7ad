"""Asking and answering: what is wanted of an index, what it found, and how that is told."""

import base64
import binascii
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from search.domain.article import Article
from shared.query import Query

Sort = Literal["newest", "relevance"]

DEEPEST = 10_000
"""How far a page number may reach into the results; a cursor goes on from there (newest first only)."""


@dataclass(frozen=True, slots=True)
class Newest:
    """The place behind one article in the order by publication, newest first."""

    key: int
    id: str


@dataclass(frozen=True, slots=True)
class Ranked:
    """The place behind so many articles in the order by relevance."""

    count: int


Cursor = Newest | Ranked


class BadCursorError(ValueError):
    """Not a cursor that we gave out, or one of the other order."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is wanted: `limit` articles from `start` on, or behind a cursor."""

    query: Query
    sort: Sort
    limit: int
    start: int = 0
    behind: Cursor | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What an index found: how many in all (exactly), the articles asked for, and where the next ones begin.

    `as_of` is the moment at which this was so, aware UTC, where it may be so old that readers must be told; else None.
    """

    total: int
    articles: tuple[Article, ...]
    next: Cursor | None
    as_of: datetime | None = None


def encode_cursor(cursor: Cursor) -> str:
    """Return a cursor as text for a client to hand back."""
    plain = f"n:{cursor.key:x}:{cursor.id}" if isinstance(cursor, Newest) else f"r:{cursor.count:x}"
    return base64.urlsafe_b64encode(plain.encode()).decode().rstrip("=")


def decode_cursor(text: str, sort: Sort) -> Cursor:
    """Read a cursor.

    Raises:
        BadCursorError: it is not one of ours, or belongs to the other order.
    """
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True).decode()
        kind, number, *rest = plain.split(":", 2)
        value = int(number, 16)
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise BadCursorError from error
    if kind == "n" and sort == "newest" and len(rest) == 1 and 0 <= value < 1 << 63:
        return Newest(value, rest[0])
    if kind == "r" and sort == "relevance" and not rest and 0 <= value <= DEEPEST:
        return Ranked(value)
    raise BadCursorError


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an answer stands in the results; `first`, `last` and `page` are None when asked by cursor."""

    first: int | None
    last: int | None
    page: int | None
    pages: int
    text: str


def standing(ask: Ask, found: Found) -> Standing:
    """Say where an answer stands: `Viewing results 1 - 6 of 248`."""
    shown, total = len(found.articles), found.total
    pages = -(-total // ask.limit)
    page = None if ask.behind is not None else ask.start // ask.limit + 1
    if not total:
        return Standing(None, None, page, pages, "No results")
    if not shown:
        return Standing(None, None, page, pages, f"No results on this page ({total} in all)")
    if ask.behind is not None:
        return Standing(None, None, None, pages, f"Viewing {shown} more of {total} results")
    first, last = ask.start + 1, ask.start + shown
    return Standing(first, last, page, pages, f"Viewing results {first} - {last} of {total}")
