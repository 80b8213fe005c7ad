"""What ingest needs of the outside world: something that fetches, something that parses, two stores.

All times are aware UTC. Stores raise `StoreDownError` when they cannot be reached; whether a write then happened is
unknown, and doing it again is safe.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ingest.domain.articles.decide import StoredItem
from ingest.domain.dates.clock_bias import SourceClock
from ingest.domain.fetching.outcomes import FetchOutcome, Reason, Validators
from ingest.domain.parsing.entries import RawFeed
from ingest.domain.rhythm.schedule import Rhythm
from ingest.domain.sources.source import Source
from shared.contracts.envelope import Envelope


class StoreDownError(Exception):
    """The store does not answer now."""


class OutboxFullError(Exception):
    """Too many events of one article wait to be published; the article is stored again at a later poll."""


class Fetcher(Protocol):
    """Asks a source for its feed."""

    async def fetch(self, url: str, validators: Validators) -> FetchOutcome:
        """Return the answer; every failure of a source is a value, never raised.

        Args:
            url: address of the feed.
            validators: what the last whole answer can be recognised by; empty ones ask unconditionally.
        """
        ...


class PageFetcher(Protocol):
    """Asks a publisher for a page of its site, as politely as a person would."""

    async def fetch_page(self, url: str) -> FetchOutcome:
        """Return the page; every failure is a value, `Reason.ROBOTS` where robots.txt keeps us out.

        Waits for the host's pace, at most for the deadline of a fetch.

        Args:
            url: address of the page.
        """
        ...


class FeedParser(Protocol):
    """Reads a document; pure CPU work, called in a thread."""

    def __call__(self, text: str, url: str) -> RawFeed:
        """Return the feed.

        Raises:
            UnreadableFeedError: it is no feed.
        """
        ...


@dataclass(frozen=True, slots=True)
class SourceState:
    """How a source has been doing.

    Attributes:
        validators: of the last answer whose entries are all stored.
        failures: in a row, up to now.
        last_failure: class of the last failure, None after a success.
        read_whole_at: when the feed itself, not just a "not modified", came last.
        last_new_at: when it last brought an article that nobody knew.
        clock: what is known of its clock.
        rhythm: what was learnt of it.
    """

    validators: Validators = field(default_factory=Validators)
    failures: int = 0
    last_success_at: datetime | None = None
    last_failure_at: datetime | None = None
    last_failure: Reason | None = None
    read_whole_at: datetime | None = None
    last_new_at: datetime | None = None
    next_poll_at: datetime | None = None
    clock: SourceClock = field(default_factory=SourceClock)
    rhythm: Rhythm = field(default_factory=Rhythm)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to poll one source until the lease ends.

    Attributes:
        source: what to poll.
        state: how it has been doing.
        owner: who holds the claim.
        epoch: number of the claim; an older one is worth nothing.
    """

    source: Source
    state: SourceState
    owner: str
    epoch: int


@dataclass(frozen=True, slots=True)
class Finish:
    """What a poll came to, as far as the source is concerned.

    Attributes:
        delay_s: seconds until the next poll, counted by the store's clock.
        failure: class of the failure, None for a success.
        validators: to remember; None keeps the old ones.
        whole: True when the feed itself was read.
        clock: what is known of the source's clock by now; None keeps what was known.
        rhythm: what was learnt; None keeps what was known.
        url: the source's new address, where it has moved for good.
        brought: True when there were new articles.
    """

    delay_s: float
    failure: Reason | None = None
    validators: Validators | None = None
    whole: bool = False
    clock: SourceClock | None = None
    rhythm: Rhythm | None = None
    url: str | None = None
    brought: bool = False


class SourceStore(Protocol):
    """The sources and how they do; several replicas share one store."""

    async def seed(self, sources: Sequence[Source]) -> int:
        """Put sources into an empty store; return how many, 0 when it was not empty. Safe to repeat and to race."""
        ...

    async def claim_due(self, owner: str, lease_s: float, besides: Sequence[str] = ()) -> Claim | None:
        """Take the source that is due for the longest, or None; no two callers ever hold one source at once.

        Paused sources are never due.

        Args:
            owner: who claims.
            lease_s: seconds for which the claim is held.
            besides: ids of sources that are passed over.
        """
        ...

    async def renew(self, claims: Sequence[Claim], lease_s: float) -> None:
        """Hold claims for another `lease_s` seconds; what somebody else has by now stays theirs."""
        ...

    async def finish(self, claim: Claim, finish: Finish) -> bool:
        """Record a poll and give the source back; False when the lease had ended and somebody else has it."""
        ...

    async def release(self, claim: Claim) -> None:
        """Give a source back unpolled, due at once."""
        ...

    async def revive(self, source_id: str) -> bool:
        """Take a retired source into use again, due at once; False when there is no such source, or it is in use."""
        ...

    async def get(self, source_id: str) -> tuple[Source, SourceState] | None:
        """Return one source with its state, None where there is none of this id."""
        ...

    async def add(self, source: Source) -> bool:
        """Put in a further source, due at once; False when there is one of this id."""
        ...

    async def change(self, before: Source, after: Source) -> bool:
        """Give a source other settings; False when it is not `before` any more.

        At a new address nothing of the old one's state counts, and a poll in hand is void. Where address, interval or pause
        change, the source is due at once.
        """
        ...

    async def remove(self, source_id: str) -> bool:
        """Forget a source; False when there was none. Its articles stay; a poll in hand is not recorded."""
        ...

    async def poll_now(self, source_id: str) -> bool:
        """Make a source due at once, retired or not; False when there is none. A poll in hand goes on."""
        ...

    async def all(self) -> list[tuple[Source, SourceState]]:
        """Return every source with its state, by name."""
        ...


class ItemStore(Protocol):
    """Articles as far as ingest remembers them, each with its pending events."""

    async def stored(self, ids: Sequence[str]) -> dict[str, StoredItem]:
        """Return what is known of these articles, by id; unknown ones are absent."""
        ...

    async def insert(self, item: StoredItem, event: Envelope) -> bool:
        """Store a new article together with its event; False when it is already there."""
        ...

    async def replace(self, item: StoredItem, event: Envelope) -> bool:
        """Store a revision over the one before it, with its event, in one write; False when that one is not stored.

        Raises:
            OutboxFullError: too many events of this article wait already.
        """
        ...

    async def counts(self) -> dict[str, int]:
        """Return how many articles each source brought, by the source's id."""
        ...

    async def waiting(self, most: int) -> int:
        """Return about how many events wait to be published, whichever replica stored them; cheap.

        Args:
            most: counting may end with so many articles.
        """
        ...
