"""Articles over HTTP: search's answers, which the gateway hands on to the public."""

from typing import Literal

from pydantic import ConfigDict, Field

from shared.contracts.articles import Certainty, Rights
from shared.contracts.base import Contract, Instant
from shared.contracts.http.rates import TickerEntry

Sort = Literal["newest", "relevance"]
Match = Literal["all", "any"]
Collapse = Literal["story"]
FacetName = Literal["source", "outlet", "country", "language", "topic", "day"]


class SourceName(Contract):
    """The source of an article, as readers see it."""

    id: str
    name: str
    country: str | None = None


class StoryRef(Contract):
    """The story that an article tells with others: their texts are nearly the same, and days apart at most."""

    id: str = Field(description="Id of the story's article that was seen first.")
    size: int = Field(ge=2, description="Articles that tell it.")
    first_seen: bool = Field(
        description="Whether this article was seen first of them, by us; nobody says who published first."
    )


class StoryMember(Contract):
    """An article among those that tell one story."""

    id: str
    title: str
    url: str
    source: SourceName
    outlet: str
    published_at: Instant
    published_certainty: Certainty
    first_seen_at: Instant
    first_seen: bool = Field(description="Whether it was seen first of them.")
    language: str | None = None


Span = tuple[int, int]
"""Offset of the first character and of the one behind the last, in characters (Unicode code points)."""


class Highlights(Contract):
    """Where the query's words stand in what is shown of an article."""

    title: list[Span] = Field(
        description="Places in `title`: offsets of the first character and of the one behind the last, counted in "
        "Unicode code points; in order, none overlapping."
    )
    excerpt: list[Span] = Field(description="Places in `excerpt`, likewise.")


class ArticleEntry(Contract):
    """An article in a list of results."""

    id: str
    rev: int
    title: str
    url: str = Field(description="Canonical address at the publisher.")
    source: SourceName
    outlet: str
    authors: list[str]
    published_at: Instant
    published_certainty: Certainty
    updated_at: Instant | None = None
    first_seen_at: Instant
    language: str | None = None
    topics: list[str]
    image: str | None = None
    excerpt: str = Field(
        description="The text's first words (500 at most), `...` right after the last when cut. In a search by words "
        "that the excerpt does not hold, but the text's first 500 words do: words around these, `...` before them."
    )
    truncated: bool
    story: StoryRef | None = Field(default=None, description="Null while it tells its story alone.")
    highlights: Highlights | None = Field(
        default=None, description="Where the query's words stand; null where none were asked for."
    )


class ArticleWhole(ArticleEntry):
    """One article, as far as its source's rights allow."""

    members: list[StoryMember] = Field(
        default=[], description="All that tell its story, itself included, the first seen first; 100 at most."
    )
    rights: Rights
    text: str | None = Field(
        default=None, description="Plain text; null unless the source's rights are `full`."
    )
    html: str | None = Field(default=None, description="Sanitised HTML; null unless the rights are `full`.")


class QueryEcho(Contract):
    """What was asked, and how it was understood."""

    q: str
    read_as: str = Field(description="The query as it was read, in the query language.")
    filters: dict[str, str | list[str]] = Field(default_factory=dict)


class Results(Contract):
    """Where in the results this answer stands. `from`, `to` and `page` are null when asked by cursor."""

    from_: int | None = Field(alias="from", serialization_alias="from")
    to: int | None
    total: int
    text: str = Field(description="`Viewing results 1 - 6 of 248`.")
    page: int | None
    page_size: int
    pages: int
    next_cursor: str | None = None

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)


class FacetValue(Contract):
    """One value that articles found have, and how many of them have it."""

    value: str = Field(
        description="To narrow by: a value for the parameter named as the facet; a day YYYY-MM-DD."
    )
    name: str = Field(description="As people read it: a source's name, else the value.")
    count: int


class SearchAnswer(Contract):
    """Results of a search."""

    query: QueryEcho
    results: Results
    articles: list[ArticleEntry]
    facets: dict[FacetName, list[FacetValue]] | None = Field(
        default=None,
        description="Of all articles found, how many have which value: exact, by count (days: newest first), 100 "
        "values at most of each facet asked for. Null where none was.",
    )
    stale: bool = Field(
        default=False,
        description="True when some part is a last known answer because its service, or what keeps it, is away.",
    )
    as_of: Instant | None = Field(
        default=None, description="When this was true, where it is so old that it must be told."
    )


class RelatedAnswer(Contract):
    """Articles like one, the most alike first."""

    articles: list[ArticleEntry]


class RevisionEntry(Contract):
    """One revision of an article."""

    rev: int
    at: Instant = Field(description="When it was seen.")
    changed: list[str] = Field(description="Names of the fields that changed; empty for a new article.")


class RevisionsAnswer(Contract):
    """The revisions of an article, newest first: when each was seen and what it changed, never what was before."""

    id: str
    rev: int = Field(description="The newest revision.")
    revisions: list[RevisionEntry]


class PublicSearchAnswer(SearchAnswer):
    """Results of a search, as the public gets them."""

    as_of: Instant = Field(description="When all of this answer was true.")


class TickerPart(Contract):
    """The ticker; a part of its own, so that it is said before the results."""

    ticker: list[TickerEntry]


class FeedAnswer(PublicSearchAnswer, TickerPart):
    """The combined feed: the ticker and the results."""
