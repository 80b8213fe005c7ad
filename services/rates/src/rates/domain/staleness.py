"""Whether what is shown of a bank is as new as the bank's own calendar lets one expect, and whether the bank is frozen.

The age of the content is one of two clocks; the other, when a bank last gave a believable answer, is kept with the polls
(ports.PollClaims). A bank that answers well and shows last week's table is stale, and one that nobody can reach on a
Sunday is not.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby, takewhile

from rates.domain.calendars import Calendar, working_day_before
from rates.domain.fixings import Line, Status
from rates.domain.observations import Observation
from rates.domain.rhythm import Rhythm

MISSED_IS_STALE = 2
"""So many sessions missed are not a delay any more."""

OLD_AFTER_DAYS = 4
"""A number older than this is stale as soon as one session is missed; after holidays that rest longer, than these."""

FROZEN_SESSIONS = 3
"""A whole table the same for so many sessions comes from a server that only moves its date: EUR and RUB move daily."""

_AGEING = frozenset({Status.OK, Status.UNCONFIRMED})
"""Statuses of a number that is shown; of one that is kept back its doubt says more than its age."""

_ALWAYS_OLD_AFTER_DAYS = 14
"""No calendar makes a number older than this fresh; Russia's New Year rests thirteen days at most."""

_DAY = timedelta(days=1)


def next_due(session_on: date, calendar: Calendar) -> date:
    """Return the first session after this one whose absence is worth a word."""
    day = session_on + _DAY
    while not calendar.surely_works_on(day):
        day += _DAY
    return day


def missed_sessions(session_on: date, rhythm: Rhythm, now: datetime) -> int:
    """Return how many sessions after this one are late by now, counting no further than stale."""
    missed, day = 0, next_due(session_on, rhythm.calendar)
    while missed < MISSED_IS_STALE and rhythm.late_at(day) <= now:
        missed, day = missed + 1, next_due(day, rhythm.calendar)
    return missed


def age(line: Line, rhythm: Rhythm, now: datetime) -> Line:
    """Return the line with status late or stale and a note, where it is older than the calendar lets one expect.

    Why a number is kept back says more than its age, and stays; that it is not confirmed says more than that it is
    late, and less than that it is stale. The note does not change while the age grows, so that one transition is one
    event.

    Args:
        line: what is known.
        rhythm: of its bank.
        now: aware UTC.
    """
    session_on = line.fixing.session_on
    missed = missed_sessions(session_on, rhythm, now) if line.status in _AGEING else 0
    if not missed:
        return line
    due_on = next_due(session_on, rhythm.calendar)
    due_by = rhythm.late_at(due_on)
    stale = missed >= MISSED_IS_STALE or _is_old(session_on, due_by, rhythm, now)
    if not stale and line.status is Status.UNCONFIRMED:
        return line
    note = f"nothing newer than the session of {session_on}; the next, of {due_on}, was due by {due_by:%Y-%m-%dT%H:%M}Z"
    return replace(line, status=Status.STALE if stale else Status.LATE, note=_joined(line.note, note))


def _joined(known: str | None, note: str) -> str:
    return note if known is None else f"{known}; {note}"


def _is_old(session_on: date, due_by: datetime, rhythm: Rhythm, now: datetime) -> bool:
    """Return whether too many days have passed since the session, those before the next was due not among them."""
    today_on, due_on = (at.astimezone(rhythm.zone).date() for at in (now, due_by))
    reached_on = working_day_before(today_on + _DAY, rhythm.calendar)
    rest_days = min(max(OLD_AFTER_DAYS, (due_on - session_on).days), _ALWAYS_OLD_AFTER_DAYS)
    return (reached_on - session_on).days > rest_days


def frozen_since(observations: Iterable[Observation]) -> date | None:
    """Return the first of the newest sessions whose whole tables are the same; None where fewer than three are.

    Args:
        observations: of one currency of one series, in any order.
    """
    hashes: dict[date, str] = {}
    for item in sorted(observations, key=lambda observation: observation.revision):
        hashes[item.session_on] = item.table_hash
    newest_first = sorted(hashes, reverse=True)
    run = list(takewhile(lambda day: hashes[day] == hashes[newest_first[0]], newest_first))
    return run[-1] if len(run) >= FROZEN_SESSIONS else None


def repeated(observations: Iterable[Observation]) -> frozenset[date]:
    """Return the sessions in which a frozen bank repeated its whole table: all of three or more alike but the first.

    A table of one currency, as a page of the past has it, may rest for weeks and tells nothing.

    Args:
        observations: of one currency of one series, in any order.
    """
    last: dict[date, Observation] = {}
    for item in sorted(observations, key=lambda observation: (observation.session_on, observation.revision)):
        last[item.session_on] = item
    found: list[date] = []
    for _hash, run in groupby(last.values(), key=lambda item: item.table_hash):
        alike = list(run)
        if len(alike) >= FROZEN_SESSIONS and not alike[0].alone:
            found += [item.session_on for item in alike[1:]]
    return frozenset(found)


def freeze(line: Line, since_on: date) -> Line:
    """Return the line as stale because its bank repeats one table; a number kept back stays so.

    What a frozen table says of its last session is not known, so there is no change in it: its 0% would be false.
    """
    if line.status not in _AGEING:
        return line
    note = f"{line.fixing.source} has shown one and the same table since the session of {since_on}, no currency moved"
    fixing = replace(line.fixing, change_pct=None, previous_on=None)
    return replace(line, fixing=fixing, status=Status.STALE, note=_joined(line.note, note))
