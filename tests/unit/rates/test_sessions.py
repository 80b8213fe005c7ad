"""From printed dates to sessions: the same Friday is called Saturday, Sunday or Monday, depending on the bank."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rates.domain.sessions import Labelling, is_working_day, label_before, session_of, working_day_before

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
    assert session_of(label_on, labelling) == session_on


@pytest.mark.parametrize("labelling", [EVERY, WORKING])
def test_a_table_re_stamped_for_a_known_holiday_is_of_the_session_before(labelling: Labelling) -> None:
    holidays = {MONDAY}
    assert session_of(TUESDAY, labelling, holidays) == FRIDAY


DATES = st.dates(min_value=date(2000, 1, 1), max_value=date(2100, 1, 1))


@settings(deadline=None)
@given(label_on=DATES, labelling=st.sampled_from(Labelling))
def test_a_session_is_a_working_day_not_after_its_label_and_never_goes_back(
    label_on: date, labelling: Labelling
) -> None:
    session_on = session_of(label_on, labelling)
    assert is_working_day(session_on)
    assert session_on <= label_on if labelling is SAME else session_on < label_on
    assert session_on <= session_of(label_on + timedelta(days=1), labelling)


@settings(deadline=None)
@given(label_on=DATES, labelling=st.sampled_from(Labelling))
def test_the_session_before_is_asked_for_by_the_last_date_it_was_labelled_with(
    label_on: date, labelling: Labelling
) -> None:
    """This is how the previous table is asked for."""
    session_on = session_of(label_on, labelling)
    assert session_of(label_before(session_on, labelling), labelling) == working_day_before(session_on)
