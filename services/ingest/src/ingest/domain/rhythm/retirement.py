"""When a source is given up: 410 for a week, or 404 for a month, at every poll that got an answer at all.

A retired source is still asked once a week, since sites come back after years; a feed revives it. "Three strikes", as
some readers have it, would have lost us sources whose servers answer 404 for some hours each day.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.domain.fetching.outcomes import Reason

GONE_FOR = timedelta(days=7)
MISSING_FOR = timedelta(days=30)
GONE_POLLS = 5
MISSING_POLLS = 20
"""So many polls at least must have seen it: while we were away, nobody looked."""

RETIRED_WAIT_S = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Absence:
    """A source that is not there.

    Attributes:
        since: when it was first told so, with no feed seen since.
        polls: how many polls were told so.
    """

    since: datetime
    polls: int


def absence_after(known: Absence | None, failure: Reason | None, now: datetime) -> Absence | None:
    """Return for how long a source is known to be absent; only a feed ends it, a lost connection says nothing.

    Args:
        known: before this poll.
        failure: what this poll failed for, None for a feed.
        now: the time of the poll.
    """
    if failure is None:
        return None
    if failure not in {Reason.NOT_FOUND, Reason.GONE}:
        return known
    return Absence(now, 1) if known is None else Absence(known.since, known.polls + 1)


def is_given_up(absence: Absence | None, failure: Reason | None, now: datetime) -> bool:
    """Return whether a source is to be retired by what this poll was told."""
    if absence is None:
        return False
    if failure is Reason.GONE:
        return absence.polls >= GONE_POLLS and now - absence.since >= GONE_FOR
    if failure is Reason.NOT_FOUND:
        return absence.polls >= MISSING_POLLS and now - absence.since >= MISSING_FOR
    return False
