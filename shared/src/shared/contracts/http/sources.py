"""Sources over HTTP: the public health of every news source, as said by ingest."""

from pydantic import Field

from shared.contracts.articles import Rights
from shared.contracts.base import Contract, Instant


class SourceHealth(Contract):
    """How a source is doing."""

    id: str
    name: str
    outlet: str
    country: str | None = None
    language: str | None = None
    rights: Rights
    url: str = Field(description="Address of the feed.")
    interval_s: float = Field(description="Seconds between polls at present.")
    last_success_at: Instant | None = None
    last_failure_at: Instant | None = None
    last_failure: str | None = Field(
        default=None, description="Reason class of the last failure, null after a success."
    )
    next_poll_at: Instant | None = None
    retired_at: Instant | None = Field(
        default=None,
        description="When the source was given up, asked only once a week since; null while in use.",
    )
    articles: int = Field(default=0, description="Articles known from this source.")


class SourcesAnswer(Contract):
    """All sources, by name."""

    sources: list[SourceHealth]
