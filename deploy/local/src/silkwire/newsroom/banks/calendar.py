"""Which sessions a bank has fixed and published, and which date it prints on each: no two banks do it alike."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

_DAY = timedelta(days=1)
SETTLING = timedelta(minutes=10)
"""For so long after the first start no bank publishes: who has just looked sees what the start promised."""


def is_working_day(day: date) -> bool:
    """Return whether banks hold a session on this day; their holidays are left out of the sample."""
    return day.weekday() < 5


def working_day_before(day: date) -> date:
    """Return the last working day strictly before this one."""
    day -= _DAY
    while not is_working_day(day):
        day -= _DAY
    return day


def working_day_after(day: date) -> date:
    """Return the first working day strictly after this one."""
    day += _DAY
    while not is_working_day(day):
        day += _DAY
    return day


def sessions_between(first: date, last: date) -> int:
    """Return how many working days `last` comes after `first`; negative when it comes before."""
    if last < first:
        return -sessions_between(last, first)
    weeks, days = divmod((last - first).days, 7)
    return weeks * 5 + sum(is_working_day(last - _DAY * back) for back in range(days))


@dataclass(frozen=True, slots=True)
class Calendar:
    """One bank's days.

    Attributes:
        zone: its clock, which never moves.
        publishes_at: local time at which a session's table appears; None for a bank whose table of a session is there
            from the first minute of the working day that it is labelled with.
    """

    zone: timezone
    publishes_at: time | None

    def local(self, now: datetime) -> datetime:
        """Return the bank's own date and time."""
        return now.astimezone(self.zone)

    def newest(self, anchor: datetime, now: datetime) -> date:
        """Return the newest session that is published at `now`, by a newsroom first started at `anchor`."""
        session_on = self.local(now).date()
        while not (is_working_day(session_on) and self._published_at(session_on, anchor) <= now):
            session_on -= _DAY
        return session_on

    def _published_at(self, session_on: date, anchor: datetime) -> datetime:
        if self.publishes_at is None:
            return datetime.combine(working_day_after(session_on), time(), self.zone).astimezone(UTC)
        at = datetime.combine(session_on, self.publishes_at, self.zone).astimezone(UTC)
        return max(at, anchor + SETTLING) if at > anchor else at


def every_day_session(label_on: date) -> date:
    """Return the session of a table where each calendar day is labelled: Saturday's and Sunday's repeat Friday's."""
    return working_day_before(label_on)


def working_day_session(label_on: date) -> date:
    """Return the session of a table where it is in force from the next working day: a weekend repeats Friday's table."""
    in_force_from = label_on if is_working_day(label_on) else working_day_before(label_on)
    return working_day_before(in_force_from)


def east(hours: int) -> timezone:
    """Return the zone so many hours east of Greenwich."""
    return timezone(timedelta(hours=hours))
