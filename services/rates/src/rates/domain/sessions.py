"""From the date a bank prints to the session it fixed the rate in: each bank labels the same session otherwise.

The bank's calendar says first; what the bank publishes has the last word. A calendar knows weekends and holidays, but not
the Saturday that a decree of last week made a working day: a table that really moved then is a session of its own.
"""

from collections.abc import Collection, Iterable
from datetime import date
from enum import StrEnum

from rates.domain.calendars import Calendar, working_day_before
from rates.domain.observations import Observation, same_number


class Labelling(StrEnum):
    """How a bank dates its documents.

    EVERY_DAY: the table fixed on a working day is in force from the next calendar day; days off are labelled too and
    repeat it, so Saturday's, Sunday's and Monday's tables are all Friday's session (NBK, NBKR).

    WORKING_DAYS: it is in force from the next working day; Monday's table is Friday's session, and a table asked for
    by a weekend date repeats the one in force on Friday, which is Thursday's session (NBT, CBU).

    SAME_DAY: it carries the date of its session (ECB).
    """

    EVERY_DAY = "every_day"
    WORKING_DAYS = "working_days"
    SAME_DAY = "same_day"


def session_of(label_on: date, labelling: Labelling, calendar: Calendar) -> date:
    """Return the session of the table that a bank labels with this date, as far as its calendar knows."""
    if labelling is Labelling.SAME_DAY and calendar.works_on(label_on):
        return label_on
    in_force_from = label_on
    if labelling is Labelling.WORKING_DAYS and not calendar.works_on(label_on):
        in_force_from = working_day_before(label_on, calendar)
    return working_day_before(in_force_from, calendar)


def label_before(session_on: date, labelling: Labelling, calendar: Calendar) -> date:
    """Return the last date that a bank may have labelled the session before this one with."""
    return working_day_before(session_on, calendar) if labelling is Labelling.SAME_DAY else session_on


def labelled_before(label_on: date, observations: Iterable[Observation]) -> Observation | None:
    """Return the observation with the last label up to this date, its newest revision; None when there is none."""
    past = [observation for observation in observations if observation.label_on <= label_on]
    return max(past, key=lambda observation: (observation.label_on, observation.revision), default=None)


def place(table: Collection[Observation], before: Collection[Observation]) -> date:
    """Return the session of a table, given the table that its bank had labelled before it.

    A label seen before means what it meant then. A table that the calendar puts into the session of the one before is
    a repeat of it, or its correction, unless most of what both of them price has moved: then the bank did hold a
    session, on the day from which the table before was in force, whatever the calendar says. A correction mends a
    number or two.

    Args:
        table: a document's observations, with the session that the calendar gives them.
        before: all observations known of the session whose table was labelled last up to the document's label; empty
            when nothing is known.
    """
    document = next(iter(table))
    earlier = max((item.label_on for item in before if item.label_on <= document.label_on), default=None)
    if earlier is None:
        return document.session_on
    session_on = next(iter(before)).session_on
    if session_on < document.session_on:
        return document.session_on
    if earlier == document.label_on or not _moved(table, before):
        return session_on
    # A bank whose tables carry the date of their session, as ECB's do, held this one on the date printed.
    return document.label_on if earlier == session_on else max(session_on, earlier)


def _moved(table: Iterable[Observation], before: Iterable[Observation]) -> bool:
    """Return whether most of the numbers that both tables have are others."""
    last: dict[tuple[str, str], Observation] = {}
    for item in sorted(before, key=lambda observation: observation.revision):
        last[item.base, item.quote] = item
    shared = [(last[pair], item) for item in table if (pair := (item.base, item.quote)) in last]
    moved = sum(not same_number(one, other) for one, other in shared)
    return 2 * moved > len(shared)
