"""What is still to be asked of a bank's archive, and what an answer leaves of it (pure).

Nothing is asked for that is stored, or again by one job; so a backfill that was killed, or is begun again over the same
years, goes on where it was. For a day off on which the bank has once shown to have fixed nothing it is never asked again;
for a supposed working day each new job asks once more, since a page may have been cut short.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from rates.domain.archives import Archive, ArchiveAsk
from rates.domain.calendars import Calendar
from rates.domain.observations import Observation
from rates.domain.sessions import place

GIVE_UP_AFTER = 8
"""Requests in a row without a usable answer, after which a job has failed. It can be begun again."""

TRIES = 2
"""Times in a row that an answer may be refused before what was asked for is left out of this job."""

LONGEST_REST_S = 300.0
_SHORTEST_REST_S = 1.0

SETTLED_AFTER = timedelta(days=2)
"""Sessions as young as this are left to the polls: a day without a table may be one whose table is late."""

State = Literal["running", "done", "failed"]


@dataclass(frozen=True, slots=True)
class Job:
    """One bank's backfill.

    Attributes:
        first_on: the first session that is wanted.
        last_on: the last one.
        requests: how many were made.
        stored: how many sessions came new.
        reached_on: the last session dealt with, oldest first, whatever came of it; None before the first.
        empty: days on which the bank has fixed nothing; kept from one job to the next.
        left_out: sessions whose documents were refused; asked for again by the next job.
        failures: requests in a row without a usable answer.
        detail: what the last failure was.
    """

    bank_id: str
    first_on: date
    last_on: date
    started_at: datetime
    state: State = "running"
    requests: int = 0
    stored: int = 0
    reached_on: date | None = None
    empty: frozenset[date] = frozenset()
    left_out: int = 0
    failures: int = 0
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Next:
    """The next request, and the sessions that it is to bring."""

    ask: ArchiveAsk
    sessions: frozenset[date]


def wanted(
    job: Job, labels: Mapping[date, date], known: AbstractSet[date], calendar: Calendar
) -> dict[date, date]:
    """Return the sessions still to be asked for, with their labels, oldest first.

    Args:
        job: how far it has come.
        labels: of all sessions that are possible in its range.
        known: sessions that are stored.
        calendar: the bank's.
    """
    reached_on = job.reached_on or date.min
    dealt_with = known | {day for day in job.empty if not calendar.works_on(day)}
    return {
        session: label
        for session, label in labels.items()
        if session > reached_on and session not in dealt_with
    }


def next_ask(missing: Mapping[date, date], archive: Archive) -> Next | None:
    """Return the next request: from the oldest missing session as far as one request may reach; None for none."""
    if not missing:
        return None
    first_on = min(missing.values())
    reach = first_on + timedelta(days=archive.span_days - 1)
    inside = {session: label for session, label in missing.items() if label <= reach}
    return Next(archive.ask(first_on, max(inside.values())), frozenset(inside))


def session_held(table: Sequence[Observation], before: Sequence[Observation], possible_on: date) -> date:
    """Return the session of an archive's table, given the table that its bank had labelled before it.

    Args:
        table: a document's observations, with the session that the calendar gives them.
        before: all that is known of the session whose table was labelled before it; empty when nothing is.
        possible_on: the last day on which it may have been fixed, day off or not.
    """
    session_on = place(table, before)
    if not before or session_on in {table[0].session_on, before[0].session_on}:
        return session_on
    # It moved on a supposed day off. Days of rest in between may not have been asked for, so the last one counts.
    return max(session_on, possible_on)


def answered(job: Job, asked: Next, came: AbstractSet[date], *, stored: int) -> Job:
    """Return the job after an answer with tables of some of the sessions, or of none.

    Args:
        job: the job before.
        asked: what was asked for.
        came: sessions of which there was a table.
        stored: how many of these were new.
    """
    return replace(
        job,
        requests=job.requests + 1,
        stored=job.stored + stored,
        reached_on=max(asked.sessions),
        empty=(job.empty | asked.sessions) - came,
        failures=0,
    )


def not_answered(job: Job, asked: Next, detail: str, *, refused: bool) -> Job:
    """Return the job after a request that brought nothing usable.

    A refused document may be one bad day of the archive, so after a second try it is left out; a bank that does not
    answer is waited for.
    """
    failures = job.failures + 1
    skipped = refused and failures % TRIES == 0
    return replace(
        job,
        requests=job.requests + 1,
        reached_on=max(asked.sessions) if skipped else job.reached_on,
        left_out=job.left_out + (len(asked.sessions) if skipped else 0),
        failures=failures,
        detail=detail,
        state="failed" if failures >= GIVE_UP_AFTER else "running",
    )


def rest_s(job: Job, pace_s: float) -> float:
    """Return how long the bank is left alone before the next request: its pace, and longer the more often it failed."""
    if not job.failures:
        return pace_s
    return min(LONGEST_REST_S, max(pace_s, _SHORTEST_REST_S) * 2.0 ** (job.failures - 1))
