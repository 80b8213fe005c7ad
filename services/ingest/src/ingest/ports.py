"""What ingest needs of the outside world: something that fetches, something that reads, two stores.

All times are aware UTC. Stores raise `StoreDownError` when they cannot be reached; whether a write then happened is
unknown, and doing it again is safe.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from ingest.domain.articles.decide import StoredItem, WithdrawnBy
from ingest.domain.articles.normalise import Candidate
from ingest.domain.articles.page_state import PageState
from ingest.domain.articles.pages import PageReading
from ingest.domain.articles.reading import Reading
from ingest.domain.articles.recheck import Looked, Next
from ingest.domain.dates.clock_bias import SourceClock
from ingest.domain.fetching.outcomes import Fetched, FetchOutcome, Reason, Validators
from ingest.domain.rhythm.schedule import Rhythm
from ingest.domain.sources.source import Source
from ingest.domain.websub.push import Push
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

        With `retry_after_s` where it only cannot be had now. Waits for the host's pace, at most for the deadline of a fetch.
        """
        ...


class PageReader(Protocol):
    """Finds the article in a page where that can hurt nobody."""

    async def read(self, page: Fetched, candidate: Candidate) -> PageReading:
        """Return what a page gives an entry; raises nothing for what a page is.

        Args:
            page: the answer.
            candidate: the entry as the feed has it.
        """
        ...


class FeedReader(Protocol):
    """Reads a document where it can hurt nobody."""

    async def read(self, answer: Fetched, source: Source, bias: timedelta) -> Reading:
        """Return what a source's answer says.

        Args:
            answer: of the source.
            source: whose country and language candidates are read with.
            bias: by how much the source's clock is ahead.

        Raises:
            UnreadableFeedError: it is no feed, or reading it takes too much time or memory or ends the reader.
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
        push: its subscription to a hub; None without one.
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
    push: Push | None = None


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
        told_delay_s: as delay_s, where its hub told of something after the poll had begun; None for no difference.
    """

    delay_s: float
    failure: Reason | None = None
    validators: Validators | None = None
    whole: bool = False
    clock: SourceClock | None = None
    rhythm: Rhythm | None = None
    url: str | None = None
    brought: bool = False
    told_delay_s: float | None = None


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

    async def known(self, ids: Sequence[str]) -> frozenset[str]:
        """Return which of these sources there are."""
        ...


@dataclass(frozen=True, slots=True)
class Note:
    """Something seen of a stored article that makes no revision.

    Attributes:
        id: the article.
        keys: ids that it is known by from now on, besides those that it has.
        copies: those of them that stand for copies of it.
        shown_at: when the source that holds it showed it; None where it did not, or was noted lately.
        looked_at: when its page was asked for; None where it was not.
        page: what became of an article's own page; None leaves what is known.
    """

    id: str
    keys: tuple[str, ...] = ()
    copies: tuple[str, ...] = ()
    shown_at: datetime | None = None
    looked_at: datetime | None = None
    page: PageState | None = None


class ItemStore(Protocol):
    """Articles as far as ingest remembers them, each with its pending events.

    No two articles ever have a key in common, whichever replicas store them.
    """

    async def known_by(self, keys: Sequence[str]) -> list[StoredItem]:
        """Return the articles that any of these keys stands for, each once; an article's id is one of its keys."""
        ...

    async def insert(self, item: StoredItem, event: Envelope) -> bool:
        """Store a new article together with its event; False when one of its keys is already another's."""
        ...

    async def replace(self, item: StoredItem, event: Envelope) -> bool:
        """Store a revision over the one before it, with its event, in one write.

        Keys that the article has got meanwhile are kept.

        Returns:
            False when the revision before it is not what is stored, or a key of it is another article's by now.

        Raises:
            OutboxFullError: too many events of this article wait already.
        """
        ...

    async def withdraw(self, item: StoredItem, event: Envelope) -> bool:
        """Store the withdrawal `item` over the revision before it, erasing all that tells of the article's content.

        Its waiting events are dropped in the same write; only that of the withdrawal is left.

        Returns:
            False when the revision before it is not what is stored.
        """
        ...

    async def note(self, notes: Sequence[Note]) -> None:
        """Remember what was seen; a key that is another article's by now is left out."""
        ...

    async def left_early(self, source_id: str, shown: Sequence[str], since: datetime) -> int:
        """Have the pages of articles looked at soon that a feed no longer shows, though it shows older ones.

        An article is noticed once, until it is shown again.

        Args:
            source_id: the source that holds them.
            shown: ids of the articles that it shows.
            since: articles published before have left it in due course; aware UTC.

        Returns:
            How many were noticed.
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


@dataclass(frozen=True, slots=True)
class Look:
    """The right to look at one article's page until the lease ends.

    Attributes:
        item: the article.
        known: what earlier looks found.
        ticket: names the claim; an older one is worth nothing.
    """

    item: StoredItem
    known: Looked
    ticket: str


class LookStore(Protocol):
    """Which articles' pages are looked at again, and when; several replicas share it, by the store's clock."""

    async def claim_look(self, lease_s: float) -> Look | None:
        """Take a live article whose page is due, first those that left their feed early; None where none is due.

        No two callers ever hold one article at once.

        Args:
            lease_s: seconds after which another may take it.
        """
        ...

    async def finish_look(self, look: Look, then: Next) -> bool:
        """Record what a look found and when the next one is due; False when the lease had ended meanwhile."""
        ...

    async def sibling(self, item: StoredItem) -> StoredItem | None:
        """Return the newest other live article of the same source and host, None where there is none."""
        ...


class UnknownArticleError(Exception):
    """No article is known by that id."""


class BusyArticleError(Exception):
    """The article changes faster than it can be withdrawn; the same call may succeed later."""


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What came of a withdrawal.

    Attributes:
        item: what is left of the article.
        already: True where it had been withdrawn before, so that nothing was done.
    """

    item: StoredItem
    already: bool


class Withdrawing(Protocol):
    """Takes articles down."""

    async def find(self, article_id: str) -> StoredItem:
        """Return an article by its id, or by one that it was once known by.

        Raises:
            UnknownArticleError: there is none.
        """
        ...

    async def __call__(self, article_id: str, by: WithdrawnBy, reason: str) -> Withdrawn:
        """Take an article down; safe to repeat.

        Args:
            article_id: which.
            by: who wants it.
            reason: a word of explanation.

        Raises:
            UnknownArticleError: there is no such article.
            BusyArticleError: others changed it again and again meanwhile.
        """
        ...
