"""Backfills over HTTP: what an administrator asks of ingest, and how far it has come."""

from datetime import date
from typing import Literal

from pydantic import Field

from shared.contracts.base import Contract, Instant


class BackfillRequest(Contract):
    """Older articles of a source that are wanted."""

    url: str = Field(
        max_length=2000,
        description="A feed with an archive, a news sitemap, an index of sitemaps, or a site whose robots.txt names them.",
    )
    source: str | None = Field(
        default=None,
        max_length=100,
        description="Id of the source whose articles they are; by the address, or by its host, where it is left out.",
    )
    since: date | None = Field(default=None, description="Articles published before are left out; UTC.")
    limit: int | None = Field(default=None, ge=1, le=1_000_000, description="Most articles to take.")
    dry_run: bool = Field(default=False, description="True only counts.")


class BackfillAnswer(Contract):
    """How far a backfill has come."""

    id: str
    url: str
    source: str
    state: Literal["running", "done", "failed"]
    dry_run: bool
    started_at: Instant
    pages: int = Field(description="Documents read.")
    pages_left: int = Field(description="Documents known and not read yet.")
    new: int = Field(description="Articles that were taken; where dry_run is true, that would be.")
    known: int = Field(description="Articles that were known already, and stay as they are.")
    undated: int = Field(description="Entries without a date that can be read; left out.")
    older: int = Field(description="Articles from before `since`; left out.")
    unusable: int = Field(description="Entries that can be no articles.")
    failed: int = Field(description="Documents that could not be read.")
    detail: str = Field(default="", description="What the last failure was.")
