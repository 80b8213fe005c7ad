"""Whether an answer answers what was asked: banks give another day's table rather than say no."""

from datetime import date, timedelta

import pytest

from rates.domain.calendars import NationalCalendar, Weekdays
from rates.domain.checks import check_archived, check_latest
from rates.domain.tables import DocumentRefusedError, Reason, Table

TODAY = date(2026, 4, 3)


def table(label_on: date) -> Table:
    return Table(label_on, ())


def days(count: int) -> date:
    return TODAY + timedelta(days=count)


@pytest.mark.parametrize("ahead", [0, 1, 3, 4])
def test_the_latest_table_may_be_labelled_some_days_ahead(ahead: int) -> None:
    """On Friday it is labelled Monday, or Tuesday where a holiday follows."""
    check_latest(table(days(ahead)), asked_on=TODAY, today_on=TODAY, calendar=Weekdays())
    check_latest(table(days(ahead)), asked_on=None, today_on=TODAY, calendar=Weekdays())


@pytest.mark.parametrize("behind", [11, 31])
def test_the_latest_table_may_be_old_where_no_date_was_asked_for(behind: int) -> None:
    check_latest(table(days(-behind)), asked_on=None, today_on=TODAY, calendar=Weekdays())


@pytest.mark.parametrize("label_on", [days(-32), date(2025, 4, 3), date(1, 1, 1)])
def test_a_latest_table_dated_long_ago_is_refused(label_on: date) -> None:
    """In January a bank types last year's date, and a session that was right for a year gets another number."""
    with pytest.raises(DocumentRefusedError) as caught:
        check_latest(table(label_on), asked_on=None, today_on=TODAY, calendar=Weekdays())
    assert caught.value.reason is Reason.OLD_DATE


def test_a_table_labelled_far_ahead_is_refused() -> None:
    with pytest.raises(DocumentRefusedError) as caught:
        check_latest(table(days(5)), asked_on=None, today_on=TODAY, calendar=Weekdays())
    assert caught.value.reason is Reason.FUTURE_DATE


def test_before_long_holidays_the_table_may_be_labelled_with_the_day_after_them() -> None:
    """Before Eid of 2026 CBU's table of Tuesday was in force from Monday: six days ahead, and no slip."""
    tuesday, monday, uzbek = date(2026, 5, 26), date(2026, 6, 1), NationalCalendar("UZ")
    check_latest(table(monday), asked_on=None, today_on=tuesday, calendar=uzbek)
    with pytest.raises(DocumentRefusedError):
        check_latest(table(monday + timedelta(days=1)), asked_on=None, today_on=tuesday, calendar=uzbek)


def test_a_table_older_than_the_day_asked_for_is_refused() -> None:
    with pytest.raises(DocumentRefusedError) as caught:
        check_latest(table(days(-1)), asked_on=TODAY, today_on=TODAY, calendar=Weekdays())
    assert caught.value.reason is Reason.OTHER_DATE


@pytest.mark.parametrize("off", [-1, 1])
def test_an_archive_must_answer_with_the_day_asked_for(off: int) -> None:
    check_archived(table(TODAY), asked_on=TODAY, exact=True)
    with pytest.raises(DocumentRefusedError) as caught:
        check_archived(table(days(off)), asked_on=TODAY, exact=True)
    assert caught.value.reason is Reason.OTHER_DATE


def test_a_page_of_the_past_may_answer_with_an_earlier_day_but_no_later_one() -> None:
    check_archived(table(days(-3)), asked_on=TODAY, exact=False)
    with pytest.raises(DocumentRefusedError):
        check_archived(table(days(1)), asked_on=TODAY, exact=False)
