"""When a bank publishes: by its own calendar, its own clock and its usual hour."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone

from rates.domain.calendars import Calendar, working_day_after

GRACE = timedelta(hours=3)
"""A table may come so long after its usual hour before it is late."""


@dataclass(frozen=True, slots=True)
class Rhythm:
    """When a bank publishes.

    Attributes:
        calendar: the days on which it holds sessions.
        zone: its clock.
        publishes_at: local time from which a session's table is to be expected.
        on_next_day: whether that is on the working day after the session (NBT answers by the date in force).
    """

    calendar: Calendar
    zone: timezone
    publishes_at: time
    on_next_day: bool = False

    def late_at(self, session_on: date) -> datetime:
        """Return from when on a session's table is late; aware UTC."""
        day = working_day_after(session_on, self.calendar) if self.on_next_day else session_on
        return (datetime.combine(day, self.publishes_at, self.zone) + GRACE).astimezone(UTC)

    def is_due_at(self, now: datetime) -> bool:
        """Return whether a new table may come about now; aware, in any zone."""
        local = now.astimezone(self.zone)
        opens = datetime.combine(local.date(), self.publishes_at, self.zone)
        return self.calendar.works_on(local.date()) and opens <= local < opens + GRACE
