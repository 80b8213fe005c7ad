"""Which days a bank holds a session on: weekends, national holidays, and weekend days worked instead of others.

The days come from the library `holidays` (MIT), which knows KZ, KG, TJ, UZ, RU, TM and the ECB's TARGET days, decrees
that move days off included. It is not the last word: a day nobody told it of is learnt of by what a bank publishes
(domain/sessions.py), and a day of Eid that it can only estimate from the moon counts neither as worked nor as free.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Protocol

import holidays

_SATURDAY = 5
_DAY = timedelta(days=1)
_LONGEST_REST_DAYS = 31
_ESTIMATED = "estimated"
_ECB = "ECB"


class Calendar(Protocol):
    """Which days a bank works."""

    def works_on(self, day: date) -> bool:
        """Return whether the bank is expected to hold a session on this day."""
        ...

    def surely_works_on(self, day: date) -> bool:
        """Return whether a session missing on this day is worth a word: no holiday that the moon may move is near."""
        ...


@dataclass(frozen=True, slots=True)
class Weekdays:
    """Monday to Friday, without a single holiday."""

    def works_on(self, day: date) -> bool:
        """Return whether it is a day from Monday to Friday."""
        return day.weekday() < _SATURDAY

    def surely_works_on(self, day: date) -> bool:
        """Return the same; nothing here is estimated."""
        return self.works_on(day)


@dataclass(frozen=True, slots=True)
class AnyWeekday:
    """The days on which a bank may have held a session after all: those it is expected to work, and every weekday.

    Attributes:
        calendar: what is expected of it.
    """

    calendar: Calendar

    def works_on(self, day: date) -> bool:
        """Return whether a session on this day is possible."""
        return day.weekday() < _SATURDAY or self.calendar.works_on(day)

    def surely_works_on(self, day: date) -> bool:
        """Return what the bank's own calendar says."""
        return self.calendar.surely_works_on(day)


@dataclass(frozen=True, slots=True)
class NationalCalendar:
    """The working days of a country's banks.

    Attributes:
        country: ISO 3166 code, or `ECB` for the days on which TARGET settles.
    """

    country: str

    def works_on(self, day: date) -> bool:
        """Return whether the day is a weekday without a holiday, or a weekend day worked for another."""
        year = _year(self.country, day.year)
        return day in year.worked if day.weekday() >= _SATURDAY else day not in year.off

    def surely_works_on(self, day: date) -> bool:
        """Return whether it works on this day, whichever way the moon is seen: Eid may come a day earlier or later."""
        return self.works_on(day) and not any(
            near in _year(self.country, near.year).estimated for near in (day - _DAY, day, day + _DAY)
        )


@dataclass(frozen=True, slots=True)
class _Year:
    """One country's exceptions from "Monday to Friday" in one year."""

    off: frozenset[date]
    worked: frozenset[date]
    estimated: frozenset[date]


@lru_cache(maxsize=256)
def _year(country: str, year: int) -> _Year:
    days = (
        holidays.financial_holidays(_ECB, years=year)
        if country == _ECB
        else holidays.country_holidays(country, years=year, language="en_US")
    )
    return _Year(
        off=frozenset(days),
        worked=frozenset(getattr(days, "weekend_workdays", ())),
        estimated=frozenset(day for day, name in days.items() if _ESTIMATED in name),
    )


def working_day_before(day: date, calendar: Calendar) -> date:
    """Return the last working day strictly before this day."""
    return _nearest(day, -_DAY, calendar)


def working_day_after(day: date, calendar: Calendar) -> date:
    """Return the first working day strictly after this day."""
    return _nearest(day, _DAY, calendar)


def _nearest(day: date, step: timedelta, calendar: Calendar) -> date:
    for _ in range(_LONGEST_REST_DAYS):
        day += step
        if calendar.works_on(day):
            return day
    raise ValueError(f"a calendar without a working day in the {_LONGEST_REST_DAYS} days up to {day}")
