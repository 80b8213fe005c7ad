"""Managing sources over HTTP: what an administrator asks of ingest, directly or through the gateway."""

from pydantic import Field

from shared.contracts.articles import Certainty, Rights
from shared.contracts.base import Contract, Instant


class SourceRequest(Contract):
    """A source as somebody wants it; what is left out gets its default. The rules are those of a list of sources."""

    url: str = Field(max_length=2000, description="Address of the feed, http or https.")
    id: str | None = Field(
        default=None,
        max_length=100,
        description="Lower-case letters, digits, dots, dashes; made of outlet and address where it is left out. It "
        "cannot be changed.",
    )
    name: str | None = Field(
        default=None, max_length=1000, description="Shown to readers; the outlet by default."
    )
    outlet: str | None = Field(
        default=None, max_length=1000, description="The publisher; the address's registrable host by default."
    )
    country: str | None = Field(default=None, max_length=10, description="Two letters, such as KG.")
    language: str | None = Field(default=None, max_length=20, description="A code, such as ky.")
    rights: Rights = Field(default="excerpt", description="How much of its texts may be shown.")
    interval_s: float | None = Field(
        default=None, description="Seconds between polls; by its own rhythm where it is left out."
    )
    link: str | None = Field(default=None, max_length=2000, description="The publisher's home page.")
    full_text: bool = Field(default=False, description="True takes texts from the articles' pages.")
    time_zone: str | None = Field(
        default=None,
        max_length=60,
        description="IANA name of the zone of dates without one; the country's otherwise.",
    )
    paused: bool = Field(default=False, description="True keeps it from being polled.")


class SourceSettings(SourceRequest):
    """A source as it is set now."""

    id: str
    name: str
    outlet: str


class PreviewRequest(Contract):
    """Where to look for feeds."""

    url: str = Field(max_length=2000, description="A feed, or any page of the publisher's site.")


class EntryPreview(Contract):
    """One of a feed's newest entries."""

    title: str
    url: str
    published_at: Instant | None = None
    published_certainty: Certainty | None = Field(
        default=None, description="How sure the date is; null where the entry has none."
    )


class FeedPreview(Contract):
    """A feed that was found and read."""

    url: str = Field(description="The address that answered, after redirects.")
    title: str
    kind: str = Field(description="Dialect, such as rss20, atom10, json11.")
    language: str | None = None
    link: str | None = Field(default=None, description="The page that the feed belongs to.")
    entries: int = Field(description="Entries that can be articles.")
    newest: list[EntryPreview] = Field(description="Some of them, the newest first.")
    words: int = Field(description="Words of a usual entry's text (median).")
    full_text: bool = Field(description="True where the feed itself seems to carry whole texts.")
    problems: list[str] = Field(description="What is not as it should be; empty for a good feed.")
    source_id: str | None = Field(default=None, description="The source that has this address already.")


class Try(Contract):
    """An address that was asked, and what it came to."""

    url: str
    outcome: str = Field(description="`feed`, `page` (a page, looked through for feeds), or a reason class.")
    detail: str = ""


class PreviewAnswer(Contract):
    """What was found; nothing was stored."""

    url: str
    feeds: list[FeedPreview] = Field(description="The likeliest first; empty where none was found.")
    tries: list[Try] = Field(description="Everything that was asked, in order.")


class ChangedSource(Contract):
    """A source that a list changes."""

    id: str
    name: str
    fields: list[str] = Field(description="Names of the fields that differ.")


class RefusedRow(Contract):
    """A row of a list that was left out."""

    row: str
    reason: str


class ImportAnswer(Contract):
    """What a list of sources came to; sources that it does not name stay as they are."""

    dry_run: bool = Field(description="True where nothing was stored.")
    added: list[SourceSettings]
    changed: list[ChangedSource]
    unchanged: int
    refused: list[RefusedRow]
