"""Which articles' pages are looked at again, when, and what the answer says of the article.

A publisher that takes an article down seldom says so in its feed. An article that has left the feed while older ones
are still in it is looked at soon; every other one some days after it was first seen. Only clear words count: 410, or
404 three times over days, while another page of the site can be read. A wall, a fault of the server or robots.txt say nothing of the article, and a page that
says "not found" with status 200 is not guessed at.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from ingest.domain.fetching.outcomes import Fetched, FetchOutcome, NotModified, Reason

AFTER = (timedelta(days=1), timedelta(days=3), timedelta(days=7), timedelta(days=30))
"""When a page is looked at, counted from when the article was first seen."""

MISSES = 3
"""How often a page must be missing before the article counts as taken down."""

MISSES_APART = timedelta(hours=24)
"""Least time between two misses that both count: a site may be broken for a day."""

TRY_AGAIN = timedelta(hours=6)
"""After an answer that says nothing, where there is reason to doubt the article."""

PER_HOST_AND_DAY = 200
"""Most pages of one host that one replica asks for in a day."""

_LOOKS_BACK = timedelta(days=30)
_LEAVE_OUT = 5
"""One in so many of a feed's oldest articles is left out of account: a pinned one may be years old."""


class Answer(StrEnum):
    """What a page's answer says of its article: a closed set, and a metric's label."""

    ALIVE = "alive"
    MISSING = "missing"
    GONE = "gone"
    BARRED = "barred"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Looked:
    """What earlier looks at an article's page found.

    Attributes:
        left_early: it was missing in its feed when older ones were not, and was not seen there since.
        misses: how often its page was missing, in a row.
        missed_at: when the last of them was, aware UTC.
    """

    left_early: bool = False
    misses: int = 0
    missed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Next:
    """What follows from a look.

    Attributes:
        after: time until the next look; None for no further one.
        found: what to remember.
        taken_down: why the article counts as withdrawn by its publisher; None while it does not.
    """

    after: timedelta | None
    found: Looked
    taken_down: str | None = None


def answer_of(outcome: FetchOutcome) -> Answer:
    """Return what a fetch of the page says of the article."""
    if isinstance(outcome, Fetched | NotModified):
        return Answer.ALIVE
    if outcome.reason is Reason.GONE:
        return Answer.GONE
    if outcome.reason is Reason.NOT_FOUND:
        return Answer.MISSING
    if outcome.reason is Reason.ROBOTS and outcome.retry_after_s is not None:
        return Answer.UNKNOWN  # nobody knows what robots.txt says, for some minutes
    barred = {Reason.ROBOTS, Reason.CHALLENGE, Reason.FORBIDDEN, Reason.RATE_LIMITED, Reason.ADDRESS_REFUSED}
    return Answer.BARRED if outcome.reason in barred else Answer.UNKNOWN


def after_look(known: Looked, answer: Answer, first_seen_at: datetime, now: datetime) -> Next:
    """Return what follows from an answer.

    Args:
        known: what earlier looks found.
        answer: what this one found.
        first_seen_at: when the article was first seen, aware UTC.
        now: the current instant, aware UTC.
    """
    regular = until_regular(first_seen_at, now)
    if answer is Answer.GONE:
        return Next(None, known, "410")
    if answer is Answer.ALIVE:
        return Next(regular, Looked(known.left_early))
    if answer is Answer.MISSING:
        return _after_miss(known, now)
    doubted = known.left_early or known.misses > 0
    if answer is Answer.BARRED or not doubted:
        return Next(regular, known)
    return Next(TRY_AGAIN if regular is not None else None, known)


def _after_miss(known: Looked, now: datetime) -> Next:
    counts = known.missed_at is None or now - known.missed_at >= MISSES_APART
    found = Looked(known.left_early, known.misses + 1, now) if counts else known
    if found.misses >= MISSES:
        return Next(None, found, f"404 {MISSES} times")
    missed_at = found.missed_at or now
    return Next(MISSES_APART - (now - missed_at), found)


def unproven(known: Looked, answer: Answer, first_seen_at: datetime, now: datetime) -> Next:
    """Return what follows from a last word that a site says about its other pages too: nothing but a further look.

    Args:
        known: what earlier looks found, this one left out.
        answer: what the site said.
        first_seen_at: when the article was first seen, aware UTC.
        now: the current instant, aware UTC.
    """
    regular = until_regular(first_seen_at, now)
    soon = answer is Answer.GONE and regular is not None
    return Next(TRY_AGAIN if soon else regular, known)


def until_regular(first_seen_at: datetime, now: datetime) -> timedelta | None:
    """Return the time until the next regular look, None when there is none any more."""
    return next((first_seen_at + one - now for one in AFTER if first_seen_at + one > now), None)


def reach_of(published: Sequence[datetime], now: datetime) -> datetime | None:
    """Return since when a feed shows all that it has, judged by the articles in it; None where they are too few to tell.

    Args:
        published: when the articles in the feed were published, aware UTC.
        now: the current instant, aware UTC.
    """
    if len(published) < _LEAVE_OUT:
        return None
    return max(sorted(published)[len(published) // _LEAVE_OUT], now - _LOOKS_BACK)


@dataclass(slots=True)
class Allowance:
    """How many pages of each host may still be asked for today (UTC), and which hosts let nobody in.

    Attributes:
        per_host: most pages of one host in a day.
    """

    per_host: int = PER_HOST_AND_DAY
    _day: object = None
    _asked: dict[str, int] = field(default_factory=dict)

    def take(self, host: str, now: datetime) -> bool:
        """Count one page of a host; False when it is to be left alone for today."""
        if self._day != now.date():
            self._day, self._asked = now.date(), {}
        asked = self._asked.get(host, 0)
        if asked >= self.per_host:
            return False
        self._asked[host] = asked + 1
        return True

    def bar(self, host: str) -> None:
        """Leave a host alone for today: it let us see nothing."""
        self._asked[host] = self.per_host
