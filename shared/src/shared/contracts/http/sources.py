"""Sources over HTTP: the public health of every news source, as said by ingest."""

from typing import Literal

from pydantic import Field

from shared.contracts.articles import Rights
from shared.contracts.base import Contract, Instant

SourceState = Literal["active", "paused", "failing", "retired"]
"""In use and well; kept from being polled by an administrator; its last poll failed; given up."""


PushState = Literal["wanted", "pending", "verified", "denied"]
"""A hub is named and will be asked; it was asked; it tells of what is new; it refuses to."""


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
    state: SourceState = Field(default="active", description="What can be expected of it now.")
    failures: int = Field(default=0, description="Failures in a row.")
    articles_per_day: float | None = Field(
        default=None,
        description="New articles a day lately, recent days counting most; null while not known.",
    )
    last_new_at: Instant | None = Field(
        default=None, description="When the newest of its articles was found."
    )
    advice: str | None = Field(
        default=None,
        description="What the last failure means and what helps, in a sentence; null where all is well.",
    )
    push: PushState | None = Field(
        default=None, description="What its WebSub hub says to telling us of what is new; null without one."
    )
    told_at: Instant | None = Field(default=None, description="When its hub last told of something.")


class SourcesAnswer(Contract):
    """All sources, by name."""

    sources: list[SourceHealth]
