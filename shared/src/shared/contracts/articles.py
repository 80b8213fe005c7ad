"""Events about articles: collected and withdrawn by ingest, indexed by search."""

from typing import ClassVar, Literal

from pydantic import Field

from shared.contracts.base import Contract, EventModel, Instant

Certainty = Literal["exact", "zone_assumed", "day_only", "first_seen"]
"""How sure a publication time is: printed with its zone, zone assumed, only the day known, or no date at all."""

Rights = Literal["title", "excerpt", "full"]
"""How much of a source's text may be shown: its title, at most 500 words, or everything."""


class SourceRef(Contract):
    """The source an article came from, with what its rights allow."""

    id: str = Field(min_length=1, max_length=100, description="Stable id of the source (one feed).")
    name: str = Field(max_length=300, description="Name shown to readers.")
    country: str | None = Field(default=None, description="ISO 3166-1 alpha-2 code, upper case.")
    link: str | None = Field(default=None, description="The publisher's home page.")
    rights: Rights = Field(default="excerpt", description="How much of the text may be shown.")


class ArticleFields(Contract):
    """What every account of a live article has."""

    id: str = Field(min_length=1, max_length=64, description="base32(sha256(outlet, identity key))[:26].")
    rev: int = Field(ge=1, description="Revision, from 1; the highest wins.")
    source: SourceRef
    outlet: str = Field(description="The publisher: OPML `outlet`, else the registrable host.")
    url: str = Field(description="Canonical address at the publisher.")
    title: str
    text: str = Field(default="", description="Plain text in NFC, paragraphs parted by an empty line.")
    authors: list[str] = Field(default_factory=list)
    language: str | None = Field(default=None, description="ISO 639-1 code, or null when unknown.")
    topics: list[str] = Field(default_factory=list)
    image: str | None = None
    published_at: Instant
    published_certainty: Certainty
    updated_at: Instant | None = None
    first_seen_at: Instant


class ArticleCollected(ArticleFields, EventModel):
    """A new article, or a new revision of one."""

    TYPE: ClassVar[str] = "article.collected.v1"

    html: str = Field(default="", description="Sanitised HTML.")
    summary: str = Field(default="", description="The publisher's own summary as plain text.")
    reasons: list[str] = Field(description="Why this revision exists: `new`, or the fields that changed.")
    cut: bool = Field(default=False, description="True when text or html was cut to fit an event's size.")

    @property
    def event_subject(self) -> str:
        """The article's id."""
        return self.id

    @property
    def event_rev(self) -> int:
        """The article's revision."""
        return self.rev


class ArticleWithdrawn(EventModel):
    """An article was taken down, by its publisher or by the owner of this system; it is to be erased."""

    TYPE: ClassVar[str] = "article.withdrawn.v1"

    id: str = Field(min_length=1, max_length=64)
    rev: int = Field(ge=1)
    reason: str = Field(description="`publisher`, `owner` or `age`, and a word of explanation.")
    withdrawn_at: Instant

    @property
    def event_subject(self) -> str:
        """The article's id."""
        return self.id

    @property
    def event_rev(self) -> int:
        """The article's revision."""
        return self.rev


class ArticleIndexed(EventModel):
    """An article can now be found by a search (live), or is gone (withdrawn)."""

    TYPE: ClassVar[str] = "article.indexed.v1"

    id: str = Field(min_length=1, max_length=64)
    rev: int = Field(ge=1)
    state: Literal["live", "withdrawn"]
    article: ArticleFields | None = Field(default=None, description="The article while live, text included.")

    @property
    def event_subject(self) -> str:
        """The article's id."""
        return self.id

    @property
    def event_rev(self) -> int:
        """The article's revision."""
        return self.rev
