"""From the date a bank prints to the session it fixed the rate in: each bank labels the same session otherwise.

Weekends are known; a holiday is an argument, so that a bank's calendar can be given once it is known. On a holiday
that nobody told us of, a re-stamped table counts as a session of its own in which nothing moved.
"""

from collections.abc import Set as AbstractSet
from datetime import date, timedelta
from enum import StrEnum

_SATURDAY = 5
_DAY = timedelta(days=1)
NO_HOLIDAYS: frozenset[date] = frozenset()


class Labelling(StrEnum):
    """How a bank dates its documents.

    EVERY_DAY: the table fixed on a working day is in force from the next calendar day; weekend days are labelled
    too and repeat it, so Saturday's, Sunday's and Monday's tables are all Friday's session (NBK, NBKR).

    WORKING_DAYS: it is in force from the next working day; Monday's table is Friday's session, and a table asked for
    by a weekend date repeats the one in force on Friday, which is Thursday's session (NBT, CBU).

    SAME_DAY: it carries the date of its session (ECB).
    """

    EVERY_DAY = "every_day"
    WORKING_DAYS = "working_days"
    SAME_DAY = "same_day"


def is_working_day(day: date, holidays: AbstractSet[date] = NO_HOLIDAYS) -> bool:
    """Return whether a bank holds a session on this day."""
    return day.weekday() < _SATURDAY and day not in holidays


def working_day_before(day: date, holidays: AbstractSet[date] = NO_HOLIDAYS) -> date:
    """Return the last working day strictly before this day."""
    day -= _DAY
    while not is_working_day(day, holidays):
        day -= _DAY
    return day


def session_of(label_on: date, labelling: Labelling, holidays: AbstractSet[date] = NO_HOLIDAYS) -> date:
    """Return the session of the table that a bank labels with this date."""
    if labelling is Labelling.SAME_DAY and is_working_day(label_on, holidays):
        return label_on
    in_force_from = label_on
    if labelling is Labelling.WORKING_DAYS and not is_working_day(label_on, holidays):
        in_force_from = working_day_before(label_on, holidays)
    return working_day_before(in_force_from, holidays)


def label_before(session_on: date, labelling: Labelling, holidays: AbstractSet[date] = NO_HOLIDAYS) -> date:
    """Return the last date that a bank may have labelled the session before this one with."""
    return working_day_before(session_on, holidays) if labelling is Labelling.SAME_DAY else session_on
