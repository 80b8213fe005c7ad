"""The parameters of a search, with their bounds, and what they ask of an index."""

from datetime import date, datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from search.domain.facets import FACETS, FacetName
from search.domain.results import DEEPEST, Ask, BadCursorError, Cursor, Sort, decode_cursor
from shared.contracts.http.articles import Collapse
from shared.contracts.http.problem import FieldFault
from shared.query import Filters, Query, read_query
from shared.query.dates import parse_date
from shared.query.grammar import FilterField, Match, one_of
from shared.web import HTTPProblem

LONGEST_QUERY = 1000
"""Characters; a longer query is an error, so that none can take seconds."""

LONGEST_CURSOR = 1000
"""Characters; the longest that we give out names a hundred articles."""

MOST_VALUES = 50
"""Values that one filter may be given."""


def _day(text: Any, *, last: bool) -> Any:
    day = parse_date(text, last=last) if isinstance(text, str) else text
    if day is None:
        raise ValueError("a day as YYYY-MM-DD (or a month, or a year)")
    return day


Values = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=200)]],
    Field(max_length=MOST_VALUES, description="Repeat the parameter to allow several values."),
]


def _split(given: Any) -> Any:
    """Take `source,topic` for two values: names of facets hold no comma."""
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        return given
    return list(dict.fromkeys(name for each in given for name in each.split(",") if name))


FacetNames = Annotated[list[FacetName], BeforeValidator(_split), Field(max_length=len(FACETS))]
FirstDay = Annotated[date, BeforeValidator(lambda text: _day(text, last=False))]
LastDay = Annotated[date, BeforeValidator(lambda text: _day(text, last=True))]


class SearchParameters(BaseModel):
    """What a search can be told."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    q: str = Field(default="", max_length=LONGEST_QUERY, description="The query; see docs/api.md.")
    match: Match = Field(default="all", description="Whether all words must be found, or any of them.")
    source: Values = Field(default=[], description="Id or name of a source.")
    outlet: Values = Field(default=[], description="Publisher.")
    country: Values = Field(default=[], description="ISO 3166-1 alpha-2 code of the source's country.")
    language: Values = Field(default=[], description="ISO 639-1 code.")
    topic: Values = Field(default=[], description="Topic, as the source names it.")
    after: FirstDay | None = Field(default=None, description="First day of publication, UTC, inclusive.")
    before: LastDay | None = Field(default=None, description="Last day of publication, UTC, inclusive.")
    sort: Sort = Field(default="newest", description="Order of the results.")
    collapse: Collapse | None = Field(
        default=None, description="`story`: each story once, and totals count stories."
    )
    page: int = Field(default=1, ge=1, description="Page, from 1; not counted when a cursor is given.")
    page_size: int = Field(default=6, ge=1, le=100, description="Articles on a page.")
    cursor: str | None = Field(
        default=None, max_length=LONGEST_CURSOR, description="`next_cursor` of the answer to go on from."
    )
    excerpt_words: int = Field(default=500, ge=0, le=500, description="Longest excerpt, in words.")
    facets: FacetNames = Field(
        default=[], description=f"What to count, parted by commas: any of {', '.join(FACETS)}."
    )
    highlights: bool = Field(
        default=False,
        description="Whether to tell where the words stand, and to take excerpts around them where need be.",
    )

    def query(self) -> Query:
        """Return the query, as it was read, under the filters."""
        return read_query(self.q, self.match).narrowed(self._filters())

    def ask(self, query: Query, now: datetime) -> Ask:
        """Return what is wanted of an index; age counts from now.

        Without words there is nothing to rank by, and relevance means newest.

        Raises:
            HTTPProblem: the cursor is not ours (422), or the page too deep (400).
        """
        sort: Sort = self.sort if query.has_words else "newest"
        facets, collapse = tuple(self.facets), self.collapse == "story"
        if self.cursor is not None:
            # Stories by relevance are paged by number, and such an answer never gave out a cursor.
            behind = self._place("" if collapse and sort == "relevance" else self.cursor, sort, query)
            return Ask(
                query, sort, self.page_size, behind=behind, collapse=collapse, facets=facets, fresh_at=now
            )
        if self.page * self.page_size > DEEPEST:
            raise HTTPProblem(
                400,
                "page-too-deep",
                "Page too deep",
                f"page x page_size may reach {DEEPEST}. To go further, hand back `next_cursor` as `cursor`.",
                errors=[FieldFault(name="page", message=f"page x page_size at most {DEEPEST}; use cursor")],
            )
        start = (self.page - 1) * self.page_size
        return Ask(query, sort, self.page_size, start, collapse=collapse, facets=facets, fresh_at=now)

    def echoed_filters(self) -> dict[str, str | list[str]]:
        """Return the filters that were given, for the answer."""
        given: dict[str, str | list[str]] = {
            name: values for name in _FIELDS if (values := getattr(self, name))
        }
        if self.after is not None:
            given["after"] = self.after.isoformat()
        if self.before is not None:
            given["before"] = self.before.isoformat()
        return given

    def _filters(self) -> Filters:
        fields = tuple(one_of(name, values) for name in _FIELDS if (values := getattr(self, name)))
        return Filters(fields, self.after, self.before)

    @staticmethod
    def _place(cursor: str, sort: Sort, query: Query) -> Cursor:
        try:
            return decode_cursor(cursor, sort, query)
        except BadCursorError as error:
            raise HTTPProblem(
                422,
                "invalid-parameter",
                "Invalid parameter",
                "This cursor belongs to another order or, by relevance, to another query, or is none of ours. Go on with the"
                " `next_cursor` of an answer to this question, or begin without one.",
                errors=[
                    FieldFault(
                        name="cursor",
                        message="must be the `next_cursor` of an answer in the same order, by relevance to the same query",
                    )
                ],
            ) from error


_FIELDS: tuple[FilterField, ...] = ("source", "outlet", "country", "language", "topic")
