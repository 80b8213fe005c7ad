"""The sources and how they do: who may poll which, and what polls came to."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from ingest.domain.dates.clock_bias import SourceClock
from ingest.domain.fetching.outcomes import Reason, Validators
from ingest.domain.rhythm.schedule import Rhythm
from ingest.domain.sources.source import Source
from ingest.domain.websub.push import Push


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
