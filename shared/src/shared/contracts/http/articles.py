"""Articles over HTTP: search's answers, which the gateway hands on to the public."""

from typing import Literal

from pydantic import ConfigDict, Field

from shared.contracts.articles import Certainty, Rights
from shared.contracts.base import Contract, Instant
from shared.contracts.http.rates import TickerEntry


class SourceName(Contract):
    """The source of an article, as readers see it."""

    id: str
    name: str
    country: str | None = None


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
        description="The text's first words (500 at most), `...` right after the last when cut."
    )
    truncated: bool


class ArticleWhole(ArticleEntry):
    """One article, as far as its source's rights allow."""

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


class SearchAnswer(Contract):
    """Results of a search."""

    query: QueryEcho
    results: Results
    articles: list[ArticleEntry]
    stale: bool = Field(
        default=False,
        description="True when some part is a last known answer because its service, or what keeps it, is away.",
    )
    as_of: Instant | None = Field(
        default=None, description="When this was true, where it is so old that it must be told."
    )


class PublicSearchAnswer(SearchAnswer):
    """Results of a search, as the public gets them."""

    as_of: Instant = Field(description="When all of this answer was true.")


class TickerPart(Contract):
    """The ticker; a part of its own, so that it is said before the results."""

    ticker: list[TickerEntry]


class FeedAnswer(PublicSearchAnswer, TickerPart):
    """The combined feed: the ticker and the results."""


Sort = Literal["newest", "relevance"]
Match = Literal["all", "any"]
