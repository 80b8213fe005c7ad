"""Every event there is: its type, its model, who says it, and which durable queues hear it."""

from dataclasses import dataclass

from shared.contracts.articles import ArticleCollected, ArticleIndexed, ArticleWithdrawn
from shared.contracts.base import EventModel
from shared.contracts.rates import RateFixed, RateStale

SEARCH_ARTICLES = "search.articles.v1"
"""Durable queue from which search hears of articles."""

LIVE = "live.v1"
"""Durable stream which every gateway replica reads from an offset of its own."""


@dataclass(frozen=True, slots=True)
class CatalogueRow:
    """One event type: a constant on the wire, never a class's name."""

    model: type[EventModel]
    producer: str
    queues: tuple[str, ...]

    @property
    def type(self) -> str:
        """The CloudEvents type, which is also the routing key."""
        return self.model.TYPE


ROWS = (
    CatalogueRow(ArticleCollected, "ingest", (SEARCH_ARTICLES,)),
    CatalogueRow(ArticleWithdrawn, "ingest", (SEARCH_ARTICLES,)),
    CatalogueRow(RateFixed, "rates", (LIVE,)),
    CatalogueRow(RateStale, "rates", (LIVE,)),
    CatalogueRow(ArticleIndexed, "search", (LIVE,)),
)

CATALOGUE: dict[str, CatalogueRow] = {row.type: row for row in ROWS}
"""Event type -> its row."""

QUEUES: dict[str, tuple[str, ...]] = {
    queue: tuple(row.type for row in ROWS if queue in row.queues) for queue in (SEARCH_ARTICLES, LIVE)
}
"""Durable queue -> the exact types it supports and is bound to."""

READERS: dict[str, str] = {SEARCH_ARTICLES: "search", LIVE: "gateway"}
"""Durable queue -> the service that reads it."""
