"""Which sessions a bank has fixed and published, and which date it prints on each: no two banks do it alike."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache

from rates.domain.calendars import NationalCalendar, working_day_after, working_day_before

_DAY = timedelta(days=1)
SETTLING = timedelta(minutes=10)
"""For so long after the first start no bank publishes: who has just looked sees what the start promised."""


def sessions_between(first: date, last: date, days: NationalCalendar) -> int:
    """Return how many working days `last` comes after `first`; negative when it comes before."""
    if last < first:
        return -sessions_between(last, first, days)
    years = sum(len(_worked(days, year)) for year in range(first.year, last.year))
    return (
        years + bisect_right(_worked(days, last.year), last) - bisect_right(_worked(days, first.year), first)
    )


@cache
def _worked(days: NationalCalendar, year: int) -> tuple[date, ...]:
    """Return a year's working days: a past of decades must not be counted through for each of its sessions."""
    all_days = (date(year, 1, 1) + _DAY * number for number in range(366))
    return tuple(day for day in all_days if day.year == year and days.works_on(day))


def weekdays_between(first: date, last: date) -> int:
    """Return how many Mondays to Fridays, of whatever country, `last` comes after `first`."""
    return _weekdays(last) - _weekdays(first)


def _weekdays(until: date) -> int:
    # The first day of the calendar is a Monday.
    weeks, rest = divmod(until.toordinal(), 7)
    return weeks * 5 + min(rest, 5)


@dataclass(frozen=True, slots=True)
class Calendar:
    """One bank's days.

    Attributes:
        days: on which it holds sessions; real holidays, since rates knows them.
        zone: its clock, which never moves.
        publishes_at: local time at which a session's table appears; None for a bank whose table of a session is there
            from the first minute of the working day that it is labelled with.
    """

    days: NationalCalendar
    zone: timezone
    publishes_at: time | None

    def local(self, now: datetime) -> datetime:
        """Return the bank's own date and time."""
        return now.astimezone(self.zone)

    def newest(self, anchor: datetime, now: datetime) -> date:
        """Return the newest session that is published at `now`, by a newsroom first started at `anchor`."""
        session_on = self.local(now).date()
        while not (self.days.works_on(session_on) and self._published_at(session_on, anchor) <= now):
            session_on -= _DAY
        return session_on

    def _published_at(self, session_on: date, anchor: datetime) -> datetime:
        if self.publishes_at is None:
            return datetime.combine(working_day_after(session_on, self.days), time(), self.zone).astimezone(
                UTC
            )
        at = datetime.combine(session_on, self.publishes_at, self.zone).astimezone(UTC)
        return max(at, anchor + SETTLING) if at > anchor else at


def every_day_session(label_on: date, days: NationalCalendar) -> date:
    """Return the session of a table where each calendar day is labelled: Saturday's and Sunday's repeat Friday's."""
    return working_day_before(label_on, days)


def working_day_session(label_on: date, days: NationalCalendar) -> date:
    """Return the session of a table where it is in force from the next working day: a weekend repeats Friday's table."""
    in_force_from = label_on if days.works_on(label_on) else working_day_before(label_on, days)
    return working_day_before(in_force_from, days)


def east(hours: int) -> timezone:
    """Return the zone so many hours east of Greenwich."""
    return timezone(timedelta(hours=hours))
