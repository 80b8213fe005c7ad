"""Reads a request's parameters as one Question; what is wrong is told by name and bounds."""

from datetime import date
from typing import Annotated, Any

from fastapi import Query
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)

from gateway.domain.paging import DEEPEST, too_deep
from gateway.domain.question import (
    EXCERPT_WORDS,
    FACETS,
    FILTERS,
    FIRST_PAGE,
    PAGE_SIZE,
    PAGE_SIZE_MAX,
    Question,
)
from shared.contracts.http.articles import Collapse, FacetName, Match, Sort
from shared.contracts.http.problem import FieldFault
from shared.query.dates import parse_date
from shared.web import HTTPProblem

Q_MAX_CHARS = 1000
CURSOR_MAX_CHARS = 1000
FILTER_MAX_CHARS = 200
FILTER_MAX_VALUES = 50
FILTERS_MAX_CHARS = 3000
"""Of all filters together: with `q`, and escaped at its worst, they still fit into one address (64 KiB)."""


def _day(given: Any, *, last: bool) -> Any:
    day = parse_date(given, last=last) if isinstance(given, str) else given
    if day is None:
        raise ValueError("should be a day as YYYY-MM-DD (or a month, or a year)")
    return day


FirstDay = Annotated[date, BeforeValidator(lambda given: _day(given, last=False))]
LastDay = Annotated[date, BeforeValidator(lambda given: _day(given, last=True))]


def _split(given: Any) -> Any:
    """Take `source,topic` for two values: names of facets hold no comma."""
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        return given
    return list(dict.fromkeys(name for each in given for name in each.split(",") if name))


FacetNames = Annotated[list[FacetName], BeforeValidator(_split), Field(max_length=len(FACETS))]
Values = Annotated[
    list[Annotated[str, Field(max_length=FILTER_MAX_CHARS)]], Field(max_length=FILTER_MAX_VALUES)
]


class Asked(BaseModel):
    """The parameters of a search, as they arrive. A form sends its empty fields too: they count as not given."""

    model_config = ConfigDict(frozen=True)

    q: str = Field(
        default="",
        max_length=Q_MAX_CHARS,
        description='Words, all of which must be found; `"a phrase"`, `OR`, `-not`, `title:word`, `source:`, '
        "`lang:`, `topic:`, `before:`, `after:`, `prefix*`. Bad syntax never fails; `read_as` tells how it was read.",
    )
    match: Match = Field(default="all", description="Whether all words of `q` must be found, or any.")
    source: Values = Field(default=[], description="Id of a source; repeat for more.")
    outlet: Values = Field(default=[], description="A publisher; repeat for more.")
    country: Values = Field(
        default=[], description="Two-letter code of the source's country; repeat for more."
    )
    language: Values = Field(
        default=[], description="Two-letter code of the text's language; repeat for more."
    )
    topic: Values = Field(default=[], description="A topic; repeat for more.")
    after: FirstDay | None = Field(
        default=None, description="Published on this day (UTC) or later: YYYY-MM-DD, or a month, or a year."
    )
    before: LastDay | None = Field(
        default=None, description="Published on this day (UTC) or earlier: YYYY-MM-DD, or a month, or a year."
    )
    sort: Sort = Field(default="newest", description="Newest first, or best match first.")
    collapse: Collapse | None = Field(
        default=None,
        description="`story`: of the articles that tell one story only the first in the order asked for; totals then "
        "count stories.",
    )
    page: int = Field(
        default=FIRST_PAGE, ge=1, description=f"Page by number; page x page_size is at most {DEEPEST:,}."
    )
    page_size: int = Field(default=PAGE_SIZE, ge=1, le=PAGE_SIZE_MAX, description="Articles on a page.")
    cursor: str | None = Field(
        default=None,
        max_length=CURSOR_MAX_CHARS,
        description="`next_cursor` of the answer before; reads on from there to any depth. `page` is then ignored.",
    )
    excerpt_words: int = Field(
        default=EXCERPT_WORDS, ge=0, le=EXCERPT_WORDS, description="Words of each article's excerpt."
    )

    facets: FacetNames = Field(
        default=[],
        description=f"What to count of all that is found, parted by commas: any of {', '.join(FACETS)}.",
    )

    @model_validator(mode="before")
    @classmethod
    def _forget_empty(cls, given: Any) -> Any:
        if not isinstance(given, dict):
            return given
        kept = {
            name: [each for each in value if each != ""] if isinstance(value, list) else value
            for name, value in given.items()
        }
        return {name: value for name, value in kept.items() if value not in ("", [])}

    @field_validator(*FILTERS)
    @classmethod
    def _bound_together(cls, values: list[str], info: ValidationInfo) -> list[str]:
        """Name the filter with which all so far become too long."""
        filters = [values, *(info.data.get(name, []) for name in FILTERS)]
        if sum(len(value) for each in filters for value in each) > FILTERS_MAX_CHARS:
            raise ValueError(f"all filters together should have at most {FILTERS_MAX_CHARS} characters")
        return values


Parameters = Annotated[Asked, Query()]


def question_of(asked: Asked) -> Question:
    """Return what is asked.

    Raises:
        HTTPProblem: 400 when the page lies too deep to be asked by number.
    """
    if asked.cursor is None and too_deep(asked.page, asked.page_size):
        raise _too_deep()
    lists = {name: tuple(dict.fromkeys(getattr(asked, name))) for name in FILTERS}
    return Question(
        q=asked.q,
        match=asked.match,
        after=asked.after,
        before=asked.before,
        sort=asked.sort,
        collapse=asked.collapse,
        page=FIRST_PAGE if asked.cursor else asked.page,
        page_size=asked.page_size,
        cursor=asked.cursor,
        excerpt_words=asked.excerpt_words,
        facets=tuple(asked.facets),
        **lists,
    )


def _too_deep() -> HTTPProblem:
    advice = (
        f"`page` x `page_size` may be {DEEPEST:,} at most. To read further, follow `next_cursor`: "
        "give it as `cursor` instead of `page`."
    )
    return HTTPProblem(
        400,
        "page-too-deep",
        "Page too deep",
        advice,
        errors=[FieldFault(name="page", message=f"`page` x `page_size` at most {DEEPEST:,}")],
    )
