"""What a reader asks: one value for the API, the pages and the links between them."""

from dataclasses import dataclass, fields, replace
from datetime import date
from urllib.parse import urlencode

from shared.contracts.http.articles import Collapse, FacetName, Match, Sort

FIRST_PAGE = 1
PAGE_SIZE = 6
PAGE_SIZE_MAX = 100
EXCERPT_WORDS = 500

FILTERS = ("source", "outlet", "country", "language", "topic")
"""Filters that narrow an answer to articles with any of the given values."""

FACETS: tuple[FacetName, ...] = ("source", "outlet", "country", "language", "topic", "day")
"""What can be counted of all that is found."""


@dataclass(frozen=True, slots=True)
class Question:
    """A search with its filters and the page wanted; the defaults are those of the public API."""

    q: str = ""
    match: Match = "all"
    source: tuple[str, ...] = ()
    outlet: tuple[str, ...] = ()
    country: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    topic: tuple[str, ...] = ()
    after: date | None = None
    before: date | None = None
    sort: Sort = "newest"
    collapse: Collapse | None = None
    page: int = FIRST_PAGE
    page_size: int = PAGE_SIZE
    cursor: str | None = None
    excerpt_words: int = EXCERPT_WORDS
    facets: tuple[FacetName, ...] = ()


_PLAIN = Question()
_NAMES = tuple(field.name for field in fields(Question))


def all_parameters(question: Question) -> list[tuple[str, str]]:
    """Return every parameter that has a value, defaults included, so that the asked service need not know ours."""
    skipped = "page" if question.cursor else "cursor"
    return [pair for name in _NAMES if name != skipped for pair in _pairs(question, name)]


def own_parameters(question: Question) -> list[tuple[str, str]]:
    """Return the parameters that differ from the defaults, always in the same order: the shortest address."""
    return [pair for pair in all_parameters(question) if not _is_plain(question, pair[0])]


def _pairs(question: Question, name: str) -> list[tuple[str, str]]:
    """Return a parameter's name and value; one such pair for each value of a filter, none where it has none."""
    value = getattr(question, name)
    if isinstance(value, tuple):
        return [(name, each) for each in value]
    return [] if value is None else [(name, str(value))]


def _is_plain(question: Question, name: str) -> bool:
    return bool(getattr(question, name) == getattr(_PLAIN, name))


def address(path: str, question: Question) -> str:
    """Return the address of an answer below this server: the path and the parameters that matter."""
    query = urlencode(own_parameters(question))
    return f"{path}?{query}" if query else path


def at_page(question: Question, page: int) -> Question:
    """Return the same question for another page."""
    return replace(question, page=page, cursor=None)


def at_cursor(question: Question, cursor: str) -> Question:
    """Return the same question from a cursor on."""
    return replace(question, page=FIRST_PAGE, cursor=cursor)


def without(question: Question, *names: str) -> Question:
    """Return the question's first page with some parameters at their defaults."""
    defaults = {name: getattr(_PLAIN, name) for name in names}
    return at_page(replace(question, **defaults), FIRST_PAGE)


def changed(question: Question, **values: object) -> Question:
    """Return the question's first page with some parameters set."""
    return at_page(replace(question, **values), FIRST_PAGE)  # type: ignore[arg-type]  # names are checked by replace


def narrowing(question: Question) -> list[tuple[str, str]]:
    """Return the filters in force as names and values, as a reader may drop them one by one."""
    return [pair for pair in own_parameters(question) if pair[0] in {*FILTERS, "after", "before"}]


def dropping(question: Question, name: str, value: str) -> Question:
    """Return the question's first page without one value of a filter."""
    if name not in FILTERS:
        return without(question, name)
    left = tuple(each for each in getattr(question, name) if each != value)
    return changed(question, **{name: left})
