"""Which days banks hold sessions on: the days off that a reader would otherwise be told false fixings of."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rates.domain.banks import BANKS
from rates.domain.calendars import (
    Calendar,
    NationalCalendar,
    Weekdays,
    working_day_after,
    working_day_before,
)
from tests.suites.rates_builders import CBU, NBK, NBKR, NBT

CALENDARS = st.sampled_from([Weekdays(), *(bank.calendar for bank in BANKS), NationalCalendar("ECB")])
DAYS = st.dates(min_value=date(2023, 1, 1), max_value=date(2028, 1, 1))


@pytest.mark.parametrize(
    ("calendar", "last", "first"),
    [
        (NBK.calendar, date(2026, 3, 20), date(2026, 3, 26)),
        (NBKR.calendar, date(2026, 4, 30), date(2026, 5, 11)),
        (NBT.calendar, date(2026, 3, 19), date(2026, 3, 25)),
        (CBU.calendar, date(2026, 5, 26), date(2026, 6, 1)),
        (CBU.calendar, date(2026, 12, 11), date(2026, 12, 12)),
        (NationalCalendar("RU"), date(2025, 12, 30), date(2026, 1, 12)),
        (NationalCalendar("ECB"), date(2026, 4, 2), date(2026, 4, 7)),
        (NationalCalendar("TM"), date(2026, 9, 25), date(2026, 9, 30)),
    ],
    ids=["nowruz", "may", "eid and nowruz", "eid", "a saturday worked", "new year", "easter", "independence"],
)
def test_between_two_sessions_lie_the_countrys_days_off(calendar: Calendar, last: date, first: date) -> None:
    """Each of these gaps would be a false alarm to who only knows weekends."""
    assert working_day_after(last, calendar) == first
    assert working_day_before(first, calendar) == last


def test_a_holiday_that_the_moon_decides_is_no_sure_day_and_neither_are_its_neighbours() -> None:
    """Tajikistan's Eid of 2026 is only estimated: who misses a table on the eve of it must not cry."""
    eve, eid, after, later = (date(2026, 5, day) for day in (26, 27, 28, 29))
    assert [NBT.calendar.works_on(day) for day in (eve, eid, after, later)] == [True, False, True, True]
    assert [NBT.calendar.surely_works_on(day) for day in (eve, eid, after, later)] == [
        False,
        False,
        False,
        True,
    ]


def test_years_that_nobody_has_decreed_anything_about_still_have_weekends_and_new_year() -> None:
    for bank in BANKS:
        assert not bank.calendar.works_on(date(2040, 1, 1))
        assert not bank.calendar.works_on(date(2040, 6, 2))


@settings(deadline=None)
@given(day=DAYS, calendar=CALENDARS)
def test_the_working_day_after_the_one_before_is_the_same_or_next_day_worked(
    day: date, calendar: Calendar
) -> None:
    before, after = working_day_before(day, calendar), working_day_after(day, calendar)
    assert before < day < after
    assert working_day_after(before, calendar) == (day if calendar.works_on(day) else after)
    if calendar.surely_works_on(day):
        assert calendar.works_on(day)
    assert (after - before) <= timedelta(days=14)
