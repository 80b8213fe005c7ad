"""Whether a bank's answer is an answer to what was asked: the date that it is labelled with."""

from datetime import date, timedelta

from rates.domain.calendars import Calendar, working_day_after
from rates.domain.tables import DocumentRefusedError, Reason, Table

FURTHEST_AHEAD = timedelta(days=4)
"""Friday's table is labelled Monday, or Tuesday where a holiday follows; further ahead, holidays aside, is a slip."""


OLDEST = timedelta(days=31)
"""No holidays leave a table in force for longer; one dated last year is a slip, and would correct last year's session."""


def check_latest(table: Table, *, asked_on: date | None, today_on: date, calendar: Calendar) -> None:
    """Refuse a table that cannot be the latest one.

    A bank may answer a request for today with the table already labelled for its next working day; an older one it
    gives for dates that it does not know.

    Args:
        table: what came.
        asked_on: the date that was asked for, if the bank takes one.
        today_on: today's date at the bank.
        calendar: the bank's; the table in force after the longest holidays is labelled with the day after them.

    Raises:
        DocumentRefusedError: labelled too far ahead, or before the date that was asked for, or, where none was, long ago.
    """
    if table.label_on > max(today_on + FURTHEST_AHEAD, working_day_after(today_on, calendar)):
        raise DocumentRefusedError(Reason.FUTURE_DATE, f"labelled {table.label_on}, which is far ahead")
    if asked_on is not None and table.label_on < asked_on:
        raise DocumentRefusedError(Reason.OTHER_DATE, f"asked for {asked_on}, answered {table.label_on}")
    if asked_on is None and table.label_on < today_on - OLDEST:
        raise DocumentRefusedError(
            Reason.OLD_DATE, f"the latest is labelled {table.label_on}, which is long ago"
        )


def check_archived(table: Table, *, asked_on: date, exact: bool) -> None:
    """Refuse an archive's table of another date: banks answer today's for a date that they do not know.

    Args:
        table: what came.
        asked_on: the date that was asked for.
        exact: False where the archive was asked for the last table up to that date.

    Raises:
        DocumentRefusedError: it is labelled otherwise.
    """
    if table.label_on != asked_on if exact else table.label_on > asked_on:
        raise DocumentRefusedError(Reason.OTHER_DATE, f"asked for {asked_on}, answered {table.label_on}")
