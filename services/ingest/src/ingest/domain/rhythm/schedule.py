"""What follows from a poll: when the source is asked again, where, and what is learnt about it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ingest.domain.fetching.outcomes import Failed, Validators
from ingest.domain.rhythm.backoff import JITTER, MAX_WAIT_S, delay_after_failure_s
from ingest.domain.rhythm.learning import Arrivals, arrivals_after, first_arrivals
from ingest.domain.rhythm.moves import Move, is_proven, move_after
from ingest.domain.rhythm.retirement import RETIRED_WAIT_S, Absence, absence_after, is_given_up
from ingest.domain.websub.push import Push

MAX_FRESH_S = 1800.0
"""How far a source's Cache-Control may put off the next poll: below its max-age a cache would only repeat itself, but many
a server says "a day" about everything. RSS's ttl and sy:updatePeriod are not asked at all: they are what a
publishing system has put there for ever."""

FIRST_JITTER = 0.5
"""By which share of its interval, at most, a source is asked sooner after the first reading."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often sources are asked.

    Attributes:
        default_interval_s: seconds between polls until a source's own rhythm is known.
        min_interval_s: seconds below which no source is asked, whatever its list or its rhythm says.
        max_interval_s: seconds beyond which no source's rhythm is stretched; its list may name more.
    """

    default_interval_s: float
    min_interval_s: float
    max_interval_s: float = 3600.0

    def interval_s(
        self, wanted_s: float | None, arrivals: Arrivals | None = None, *, told: bool = False
    ) -> float:
        """Return the seconds between polls of a source.

        Args:
            wanted_s: what its list says, which then holds.
            arrivals: what was learnt of its rhythm.
            told: a hub tells of what is new, so that polls only catch what it may miss.
        """
        if wanted_s is not None:
            return min(max(wanted_s, self.min_interval_s), MAX_WAIT_S)
        if told:
            return max(self.max_interval_s, self.min_interval_s)
        learnt_s = self.default_interval_s if arrivals is None else arrivals.interval_s
        return max(min(learnt_s, self.max_interval_s), self.min_interval_s)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What was learnt of a source from one poll to the next.

    Attributes:
        arrivals: how much comes new from it.
        distrusted: its "not modified" was false, so it is asked unconditionally.
        move: a permanent redirect that is being watched.
        absence: since when it answers that it is not there.
        retired_at: when it was given up; None for a source in use.
        missed_at: when a poll last found something new of which its hub had not told; None for never.
    """

    arrivals: Arrivals | None = None
    distrusted: bool = False
    move: Move | None = None
    absence: Absence | None = None
    retired_at: datetime | None = None
    missed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Poll:
    """What a poll came to.

    Attributes:
        failure: why there was no feed, None where there was one or a "not modified".
        validators: to remember; None keeps the old ones.
        whole: True when the feed itself was read and stored.
        new: entries that nobody knew.
        published: publication times of its entries, as far as they name any.
        moved_to: where permanent redirects led to.
        fresh_s: seconds for which caches would give the same answer.
        lied: its "not modified" would have been false.
    """

    failure: Failed | None = None
    validators: Validators | None = None
    whole: bool = False
    new: int = 0
    published: tuple[datetime, ...] = ()
    moved_to: str | None = None
    fresh_s: float = 0.0
    lied: bool = False


class Change(StrEnum):
    """What changes in how a source is treated: a closed set, logged and counted."""

    MOVED = "moved"
    RETIRED = "retired"
    REVIVED = "revived"
    DISTRUSTED = "distrusted"


@dataclass(frozen=True, slots=True)
class Plan:
    """What follows from a poll.

    Attributes:
        delay_s: seconds until the next one.
        rhythm: what is known of the source now.
        url: its new address, where it has one.
        changes: what is different from now on.
    """

    delay_s: float
    rhythm: Rhythm
    url: str | None = None
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Polled:
    """The source of a poll, as it was before.

    Attributes:
        url: its address.
        interval_s: what its list says about its interval.
        failures: in a row.
        rhythm: what was known.
        push: its subscription to a hub, as it was when the poll began; None without one.
    """

    url: str
    interval_s: float | None
    failures: int
    rhythm: Rhythm
    push: Push | None = None


def plan(source: Polled, poll: Poll, pace: Pace, now: datetime, chance: float) -> Plan:
    """Return what follows from a poll.

    Args:
        source: as it was before the poll.
        poll: what it came to.
        pace: bounds of the interval.
        now: the time of the poll.
        chance: a random number from 0 to 1, for the jitter.
    """
    if poll.failure is not None:
        return _after_failure(source, poll.failure, pace, now, chance)
    old = source.rhythm
    move = move_after(old.move, poll.moved_to, now)
    moved = move is not None and is_proven(move, source.url, now)
    rhythm = Rhythm(
        arrivals=_arrivals_after(old.arrivals, poll, pace, now),
        distrusted=old.distrusted or poll.lied,
        move=None if moved else move,
        missed_at=now if _was_missed(source.push, poll) else old.missed_at,
    )
    changed = {
        Change.MOVED: moved,
        Change.REVIVED: old.retired_at is not None,
        Change.DISTRUSTED: poll.lied and not old.distrusted,
    }
    return Plan(
        delay_s=_spread_s(
            _after_success_s(source, poll, rhythm, pace, now),
            old.arrivals is None and poll.whole,
            pace,
            chance,
        ),
        rhythm=rhythm,
        url=move.to if moved and move is not None else None,
        changes=tuple(change for change, is_so in changed.items() if is_so),
    )


def plan_for_duplicate(source: Polled, then: Plan, now: datetime) -> Plan:
    """Return what follows where a source has moved for good to the address of another: it is given up.

    It stays where it is and is asked once a week, like all that were given up. When the redirect ends, or the other source
    is removed, it is in use again.

    Args:
        source: as it was before the poll.
        then: what would follow at an address that nobody has.
        now: the time of the poll.
    """
    retired_at = source.rhythm.retired_at
    kept = {Change.DISTRUSTED} & set(then.changes)
    return Plan(
        delay_s=RETIRED_WAIT_S,
        rhythm=replace(
            then.rhythm,
            move=move_after(source.rhythm.move, then.url, now),
            retired_at=now if retired_at is None else retired_at,
        ),
        changes=(*kept, *((Change.RETIRED,) if retired_at is None else ())),
    )


def _arrivals_after(known: Arrivals | None, poll: Poll, pace: Pace, now: datetime) -> Arrivals | None:
    """All of a feed is new when it is read for the first time, so then its dates are asked."""
    if known is not None:
        return arrivals_after(known, poll.new, now)
    return first_arrivals(poll.published, now, pace.default_interval_s) if poll.whole else None


def _was_missed(push: Push | None, poll: Poll) -> bool:
    return push is not None and poll.new > 0 and not push.news


def _after_success_s(source: Polled, poll: Poll, rhythm: Rhythm, pace: Pace, now: datetime) -> float:
    """A poll that its hub asked for and that found nothing is soon done again: a cache may lag behind the hub."""
    push = source.push
    told = push is not None and push.carries(rhythm.missed_at, now) and (poll.new > 0 or not push.news)
    interval_s = pace.interval_s(source.interval_s, rhythm.arrivals, told=told)
    if source.interval_s is not None:
        return interval_s
    return max(interval_s, min(poll.fresh_s, MAX_FRESH_S, pace.max_interval_s))


def _spread_s(interval_s: float, is_first: bool, pace: Pace, chance: float) -> float:
    """Sources are added by the hundred, many under one host that takes them one by one: their second polls part widely."""
    if is_first:
        return max(interval_s * (1 - FIRST_JITTER * chance), min(interval_s, pace.min_interval_s))
    return interval_s * (1 - JITTER + 2 * JITTER * chance)


def _after_failure(source: Polled, failure: Failed, pace: Pace, now: datetime, chance: float) -> Plan:
    absence = absence_after(source.rhythm.absence, failure.reason, now)
    retired_at = source.rhythm.retired_at
    retires = retired_at is None and is_given_up(absence, failure.reason, now)
    if retires:
        retired_at = now
    delay_s = delay_after_failure_s(
        failure,
        interval_s=pace.interval_s(source.interval_s, source.rhythm.arrivals),
        min_interval_s=pace.min_interval_s,
        failures=source.failures + 1,
        chance=chance,
    )
    return Plan(
        delay_s=delay_s if retired_at is None else RETIRED_WAIT_S,
        rhythm=replace(source.rhythm, absence=absence, retired_at=retired_at),
        changes=(Change.RETIRED,) if retires else (),
    )
