"""Asking and answering: what is wanted of an index, what it found, and how that is told."""

import base64
import binascii
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from search.domain.article import Article
from search.domain.facets import FacetName, Facets
from shared.query import Query

Sort = Literal["newest", "relevance"]

DEEPEST = 10_000
"""How far a page number may reach into the results, and a cursor by relevance; newest first, cursors reach the end."""

_MARK_BYTES = 5


class Listed(Protocol):
    """An article as an index found it, which may have read no more of it than its order needs."""

    @property
    def id(self) -> str:
        """Its id."""
        ...

    @property
    def key(self) -> int:
        """What it is ordered by, see `order_key`."""
        ...

    @property
    def story(self) -> str | None:
        """Which story it tells with others."""
        ...

    @property
    def article(self) -> Article:
        """All of it that a list of results can show."""
        ...

    @property
    def said(self) -> bytes | None:
        """What a list says of it by default: the JSON of an `ArticleEntry`, open before its story; None where it is not at hand."""
        ...


@dataclass(frozen=True, slots=True)
class Newest:
    """The place behind one article in the order by publication, newest first."""

    key: int
    id: str


@dataclass(frozen=True, slots=True)
class Shown:
    """The place behind a first page by relevance: which articles it showed, and how many came before them.

    Scores move with every article that arrives and differ a little between replicas, so that no number tells a place
    in that order for long. What was shown is told instead, by marks of the ids; the order of the rest is fixed when
    somebody asks for it, see `Walk`.

    `of` is the mark of the question: in the order of another one the place means nothing.
    """

    before: int
    marks: frozenset[str]
    of: str


@dataclass(frozen=True, slots=True)
class Walk:
    """The place behind so many articles of an order by relevance that was fixed when it was first asked on.

    `of` is the mark of the question, as in `Shown`.
    """

    id: str
    place: int
    of: str


Cursor = Newest | Shown | Walk


class BadCursorError(ValueError):
    """Not a cursor that we gave out, or one of another order."""


def mark_of(text: str) -> str:
    """Return a short mark of an article's id, or of another text: 40 bits in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()[: 2 * _MARK_BYTES]


def question_mark(query: Query) -> str:
    """Return the mark of a question: of what it was read as, and all that narrows it."""
    return mark_of(f"{query.read_as}\n{query.filters!r}")


def shown(query: Query, articles: Iterable[Listed], before: int) -> Shown:
    """Return the place behind articles that answer a query and that so many others came before."""
    return Shown(before, frozenset(mark_of(article.id) for article in articles), question_mark(query))


def walk_name(place: Shown) -> str:
    """Return the name of the order to be read behind a first page: the same each time that it is asked for."""
    told = f"{place.of}:{place.before}:{','.join(sorted(place.marks))}"
    return hashlib.sha256(told.encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Ask:
    """What is wanted: `limit` articles from `start` on, or behind a cursor; with `collapse` each story once.

    By relevance, stories have no cursor: they are paged by number, which reaches as deep.

    Attributes:
        query: as it was read, filters included.
        sort: the order.
        limit: articles at most.
        start: how many to leave out at the beginning; not counted with a cursor.
        behind: where to go on from.
        collapse: each story once.
        facets: what to count besides; articles are counted, also of stories shown once.
        fresh_at: the instant from which age is counted in the order by relevance; None ranks by words alone.
    """

    query: Query
    sort: Sort
    limit: int
    start: int = 0
    behind: Cursor | None = None
    collapse: bool = False
    facets: tuple[FacetName, ...] = ()
    fresh_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Found:
    """What an index found.

    Attributes:
        total: how many articles in all, exactly; stories where each was to stand once.
        articles: those asked for.
        next: where the next ones begin, None where there are none.
        stories: of each story that these articles tell, how many articles tell it, whether asked for or not.
        facets: how many of all have which values.
        as_of: the moment at which this was so, aware UTC, where it may be so old that readers must be told; else None.
    """

    total: int
    articles: tuple[Listed, ...]
    next: Cursor | None
    stories: Mapping[str, int] = field(default_factory=dict)
    facets: Facets = field(default_factory=dict)
    as_of: datetime | None = None


def encode_cursor(cursor: Cursor) -> str:
    """Return a cursor as text for a client to hand back."""
    match cursor:
        case Newest(key, article_id):
            plain = f"n:{key:x}:{article_id}".encode()
        case Shown(before, marks, of):
            plain = f"s:{before:x}:".encode() + bytes.fromhex(of + "".join(sorted(marks)))
        case Walk(walk_id, place, of):
            plain = f"w:{place:x}:{of}{walk_id}".encode()
    return base64.urlsafe_b64encode(plain).decode().rstrip("=")


def decode_cursor(text: str, sort: Sort, query: Query) -> Cursor:
    """Read a cursor of an order; newest first it is a place in the answers to any query.

    Raises:
        BadCursorError: it is not one of ours, or belongs to the other order, or by relevance to another query.
    """
    try:
        plain = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        kind, number, rest = plain.split(b":", 2)
        value = int(number, 16)
        cursor = _cursor(kind, value, rest)
    except (binascii.Error, UnicodeError, ValueError) as error:
        raise BadCursorError from error
    if cursor is None or (sort == "newest") != isinstance(cursor, Newest):
        raise BadCursorError
    if not isinstance(cursor, Newest) and cursor.of != question_mark(query):
        raise BadCursorError
    return cursor


def _cursor(kind: bytes, value: int, rest: bytes) -> Cursor | None:
    if kind == b"n" and 0 <= value < 1 << 63:
        return Newest(value, rest.decode())
    if not 0 <= value <= DEEPEST:
        return None
    width = 2 * _MARK_BYTES
    if kind == b"s" and rest and len(rest) % _MARK_BYTES == 0:
        digits = rest.hex()
        marks = frozenset(digits[at : at + width] for at in range(width, len(digits), width))
        return Shown(value, marks, digits[:width])
    if kind == b"w":
        told = rest.decode()
        return Walk(told[width:], value, told[:width])
    return None


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
