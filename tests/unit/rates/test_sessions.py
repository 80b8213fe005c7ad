"""From printed dates to sessions: the same Friday is called Saturday, Sunday or Monday, depending on the bank."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rates.domain.banks import Bank
from rates.domain.calendars import Calendar, NationalCalendar, Weekdays, working_day_before
from rates.domain.observations import Observation
from rates.domain.sessions import Labelling, label_before, labelled_before, place, session_of
from rates.domain.sources import CBR, ECB
from tests.suites.rates_builders import CBU, NBK, NBKR, observation

THURSDAY, FRIDAY, SATURDAY, SUNDAY, MONDAY, TUESDAY = (date(2026, 5, day) for day in (21, 22, 23, 24, 25, 26))

EVERY, WORKING, SAME = Labelling.EVERY_DAY, Labelling.WORKING_DAYS, Labelling.SAME_DAY


@pytest.mark.parametrize(
    ("labelling", "label_on", "session_on"),
    [
        (EVERY, FRIDAY, THURSDAY),
        (EVERY, SATURDAY, FRIDAY),
        (EVERY, SUNDAY, FRIDAY),
        (EVERY, MONDAY, FRIDAY),
        (EVERY, TUESDAY, MONDAY),
        (WORKING, FRIDAY, THURSDAY),
        (WORKING, SATURDAY, THURSDAY),
        (WORKING, SUNDAY, THURSDAY),
        (WORKING, MONDAY, FRIDAY),
        (WORKING, TUESDAY, MONDAY),
        (SAME, FRIDAY, FRIDAY),
        (SAME, SUNDAY, FRIDAY),
        (SAME, MONDAY, MONDAY),
    ],
)
def test_a_label_stands_for_a_session(labelling: Labelling, label_on: date, session_on: date) -> None:
    """NBK and NBKR re-stamp Friday's table for the weekend; NBT carries the one in force on Friday through it."""
    assert session_of(label_on, labelling, Weekdays()) == session_on


@pytest.mark.parametrize(
    ("bank", "label_on", "session_on"),
    [
        (NBK, date(2026, 3, 23), date(2026, 3, 20)),
        (NBK, date(2026, 3, 26), date(2026, 3, 20)),
        (NBK, date(2026, 3, 27), date(2026, 3, 26)),
        (NBKR, date(2026, 5, 11), date(2026, 4, 30)),
        (CBU, date(2026, 6, 1), date(2026, 5, 26)),
        (CBU, date(2026, 12, 13), date(2026, 12, 11)),
        (CBU, date(2026, 12, 14), date(2026, 12, 12)),
        (CBR, date(2026, 1, 6), date(2025, 12, 30)),
        (ECB, date(2026, 4, 6), date(2026, 4, 2)),
    ],
    ids=[
        "nowruz",
        "after nowruz",
        "the next",
        "a week of May",
        "eid",
        "in force on a working saturday",
        "fixed on it",
        "new year in Moscow",
        "easter monday",
    ],
)
def test_a_table_labelled_for_a_holiday_is_of_the_last_session_before_it(
    bank: Bank, label_on: date, session_on: date
) -> None:
    """A bank re-stamps its table through Nowruz; a reader must not see four fixings of 0%."""
    assert bank.session_of(label_on) == session_on


DATES = st.dates(min_value=date(2023, 1, 1), max_value=date(2028, 1, 1))
CALENDARS = st.sampled_from(
    [Weekdays(), *(NationalCalendar(country) for country in ("KZ", "KG", "TJ", "UZ"))]
)


@settings(deadline=None)
@given(label_on=DATES, labelling=st.sampled_from(Labelling), calendar=CALENDARS)
def test_a_session_is_a_working_day_not_after_its_label_and_never_goes_back(
    label_on: date, labelling: Labelling, calendar: Calendar
) -> None:
    session_on = session_of(label_on, labelling, calendar)
    assert calendar.works_on(session_on)
    assert session_on <= label_on if labelling is SAME else session_on < label_on
    assert session_on <= session_of(label_on + timedelta(days=1), labelling, calendar)


@settings(deadline=None)
@given(label_on=DATES, labelling=st.sampled_from(Labelling), calendar=CALENDARS)
def test_the_session_before_is_asked_for_by_the_last_date_it_was_labelled_with(
    label_on: date, labelling: Labelling, calendar: Calendar
) -> None:
    """This is how the previous table is asked for."""
    session_on = session_of(label_on, labelling, calendar)
    label_on = label_before(session_on, labelling, calendar)
    assert session_of(label_on, labelling, calendar) == working_day_before(session_on, calendar)


def document(label_on: date, session_on: date, usd: str, rub: str, eur: str) -> list[Observation]:
    """Three rows of NBK, placed into a session."""
    numbers = (("USD", usd), ("RUB", rub), ("EUR", eur))
    return [
        replace(observation(NBK, session_on, number, base=base), label_on=label_on)
        for base, number in numbers
    ]


FRIDAYS = document(SATURDAY, FRIDAY, "475.09", "5.83", "546.50")


def test_the_first_table_is_placed_by_the_calendar() -> None:
    assert place(document(SUNDAY, FRIDAY, "475.09", "5.83", "546.50"), []) == FRIDAY


def test_a_weekends_re_stamp_is_fridays_session() -> None:
    assert place(document(SUNDAY, FRIDAY, "475.09", "5.83", "546.50"), FRIDAYS) == FRIDAY


def test_a_table_that_moved_on_a_supposed_day_off_is_a_session_of_its_own() -> None:
    """The government made this Saturday a working day last week; no calendar knows, but the bank's table does."""
    assert place(document(SUNDAY, FRIDAY, "476.10", "5.84", "546.50"), FRIDAYS) == SATURDAY


def test_what_follows_a_session_on_a_day_off_repeats_that_one() -> None:
    saturdays = document(SUNDAY, SATURDAY, "476.10", "5.84", "547.00")
    assert place(document(MONDAY, FRIDAY, "476.10", "5.84", "547.00"), saturdays) == SATURDAY
    assert place(document(TUESDAY, MONDAY, "476.10", "5.84", "547.00"), saturdays) == MONDAY


def test_a_table_with_its_own_date_that_moved_on_a_supposed_day_off_is_a_session_of_that_date() -> None:
    fridays = document(FRIDAY, FRIDAY, "475.09", "5.83", "546.50")
    assert place(document(MONDAY, FRIDAY, "476.10", "5.84", "546.90"), fridays) == MONDAY


def test_one_mended_number_is_a_correction_and_no_session() -> None:
    assert place(document(SUNDAY, FRIDAY, "475.19", "5.83", "546.50"), FRIDAYS) == FRIDAY


def test_a_label_seen_before_means_the_same_session_however_much_is_mended() -> None:
    """A bank that printed its whole table upside down corrects it under the same date."""
    saturdays = document(SUNDAY, SATURDAY, "476.10", "5.84", "547.00")
    assert place(document(SUNDAY, FRIDAY, "1", "2", "3"), saturdays) == SATURDAY
    assert place(document(SATURDAY, FRIDAY, "1", "2", "3"), FRIDAYS) == FRIDAY


def test_a_number_mended_is_compared_by_its_last_revision() -> None:
    mended = [replace(item, value=2 * item.value, revision=2) for item in FRIDAYS]
    assert place(document(SUNDAY, FRIDAY, "950.18", "11.66", "1093"), [*mended, *FRIDAYS]) == FRIDAY


def test_the_table_labelled_before_is_found_among_all() -> None:
    """Documents come in any order: the one labelled next does not matter."""
    first, second, third = (observation(NBK, day, "475.09") for day in (THURSDAY, FRIDAY, MONDAY))
    mended = replace(second, revision=2)
    assert labelled_before(SUNDAY, [third, second, mended, first]) == mended
    assert labelled_before(THURSDAY, [third, second, first]) is None
