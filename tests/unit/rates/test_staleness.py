"""When a number is old: by what its bank's calendar lets one expect, and never for a weekend or a holiday."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rates.domain.banks import BANKS, Bank
from rates.domain.calendars import NationalCalendar, Weekdays, working_day_before
from rates.domain.fixings import Line, Status
from rates.domain.staleness import age, freeze, frozen_since, missed_sessions
from tests.suites.rates_builders import CBU, NBK, NBKR, NBT, line, observation

WED, THU, FRI, SAT, SUN, MON, TUE = (date(2026, 4, day) for day in (1, 2, 3, 4, 5, 6, 7))
FREE = replace(CBU, calendar=Weekdays())
"""A bank whose days are known for the next hundred years."""


def at(bank: Bank, day: date, hour: int, minute: int = 0) -> datetime:
    """A local time of the bank's, as UTC."""
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=bank.zone).astimezone(UTC)


def shown(bank: Bank, session_on: date) -> Line:
    return line(bank, observation(bank, session_on, f"{bank.band.low:f}"))


def status(bank: Bank, session_on: date, now: datetime) -> Status:
    return age(shown(bank, session_on), bank.rhythm, now).status


def test_a_table_is_late_three_hours_after_its_time() -> None:
    """CBU publishes from 15:30 in Tashkent."""
    assert status(CBU, WED, at(CBU, THU, 18, 29)) is Status.OK
    assert status(CBU, WED, at(CBU, THU, 18, 30)) is Status.LATE


def test_a_bank_that_answers_by_the_date_in_force_is_late_on_the_day_after_the_session() -> None:
    """NBT's table of Thursday's session can be asked for on Friday morning; Friday's on Monday."""
    assert status(NBT, WED, at(NBT, THU, 23)) is Status.OK
    assert status(NBT, WED, at(NBT, FRI, 11, 59)) is Status.OK
    assert status(NBT, WED, at(NBT, FRI, 12)) is Status.LATE
    assert status(NBT, THU, at(NBT, MON, 11, 59)) is Status.OK
    assert status(NBT, THU, at(NBT, MON, 12)) is Status.LATE


def test_two_sessions_missed_are_stale() -> None:
    assert status(CBU, WED, at(CBU, FRI, 18, 29)) is Status.LATE
    assert status(CBU, WED, at(CBU, FRI, 18, 30)) is Status.STALE


def test_a_number_of_more_than_four_days_is_stale_after_one_session_missed() -> None:
    """Nowruz: KZT of Friday the 20th is fresh until Thursday the 26th; a day later it is a week old."""
    friday = date(2026, 3, 20)
    assert status(NBK, friday, at(NBK, date(2026, 3, 26), 18, 29)) is Status.OK
    assert status(NBK, friday, at(NBK, date(2026, 3, 26), 18, 30)) is Status.LATE
    assert status(NBK, friday, at(NBK, date(2026, 3, 27), 0)) is Status.STALE


def test_a_weekend_is_not_stale() -> None:
    for day, hour in ((FRI, 20), (SAT, 12), (SUN, 23), (MON, 18)):
        assert status(CBU, FRI, at(CBU, day, hour)) is Status.OK


def test_a_delay_does_not_get_worse_over_a_weekend() -> None:
    for day, hour in ((FRI, 20), (SAT, 12), (SUN, 23), (MON, 18)):
        assert status(CBU, THU, at(CBU, day, hour)) is Status.LATE
    assert status(CBU, THU, at(CBU, MON, 19)) is Status.STALE


@pytest.mark.parametrize(
    ("bank", "session_on", "next_on"),
    [
        (replace(NBK, calendar=NationalCalendar("RU")), date(2025, 12, 30), date(2026, 1, 12)),
        (NBKR, date(2026, 4, 30), date(2026, 5, 11)),
        (NBK, date(2026, 3, 20), date(2026, 3, 26)),
        (CBU, date(2026, 5, 26), date(2026, 6, 1)),
    ],
    ids=["the new year of Moscow", "a week of May", "nowruz", "eid"],
)
def test_the_longest_holidays_are_not_stale(bank: Bank, session_on: date, next_on: date) -> None:
    now, due_at = at(bank, session_on, 16), at(bank, next_on, 18, 30)
    while now < due_at:
        assert status(bank, session_on, now) is Status.OK
        now += timedelta(hours=1)
    assert status(bank, session_on, due_at) is Status.LATE


def test_a_table_missing_around_an_eid_that_is_only_estimated_is_not_late() -> None:
    """Tajikistan's Eid of 27 May 2026 may be the 26th or the 28th; the 29th is sure."""
    monday = date(2026, 5, 25)
    assert status(NBT, monday, at(NBT, date(2026, 5, 31), 23)) is Status.OK
    assert status(NBT, monday, at(NBT, date(2026, 6, 1), 12)) is Status.LATE


def test_a_reader_is_told_what_is_missing_and_since_when() -> None:
    late = age(shown(CBU, WED), CBU.rhythm, at(CBU, THU, 19))
    assert late.note == (
        "nothing newer than the session of 2026-04-01; the next, of 2026-04-02, was due by 2026-04-02T13:30Z"
    )
    assert age(shown(CBU, WED), CBU.rhythm, at(CBU, FRI, 19)).note == late.note
    assert age(shown(CBU, WED), CBU.rhythm, at(CBU, date(2026, 5, 1), 19)).note == late.note


def test_a_doubt_about_the_number_says_more_than_its_age() -> None:
    held = replace(shown(CBU, WED), status=Status.HELD, note="strange")
    assert age(held, CBU.rhythm, at(CBU, MON, 20)) == held
    assert freeze(held, WED) == held


def test_a_number_that_nobody_confirms_is_not_late_but_it_is_stale_and_both_are_told() -> None:
    """Who reads `unconfirmed` knows that the number may be wrong; a day later it is also not today's."""
    doubted = replace(shown(CBU, WED), status=Status.UNCONFIRMED, note="others say otherwise")
    assert age(doubted, CBU.rhythm, at(CBU, THU, 19)) == doubted
    stale = age(doubted, CBU.rhythm, at(CBU, FRI, 19))
    assert stale.status is Status.STALE
    assert (stale.note or "").startswith("others say otherwise; nothing newer than the session of 2026-04-01")


HOURS = st.integers(0, 24 * 60)
STARTS = st.dates(min_value=date(2023, 6, 1), max_value=date(2026, 12, 31))
GRAVITY = [Status.OK, Status.LATE, Status.STALE]


@settings(deadline=None, max_examples=200)
@given(bank=st.sampled_from(BANKS), start=STARTS, hours=HOURS)
def test_who_has_all_that_the_calendar_expects_is_never_late(bank: Bank, start: date, hours: int) -> None:
    """Weekends, holidays and nights are no news: a bank that publishes on its days is `ok` at every hour."""
    now = datetime(start.year, start.month, start.day, tzinfo=UTC) + timedelta(hours=hours)
    newest_on = now.astimezone(bank.zone).date()
    while not (bank.calendar.works_on(newest_on) and bank.rhythm.late_at(newest_on) <= now):
        newest_on -= timedelta(days=1)
    assert status(bank, newest_on, now) is Status.OK


@settings(deadline=None, max_examples=200)
@given(bank=st.sampled_from(BANKS), start=STARTS, hours=HOURS, more=st.integers(0, 400))
def test_nothing_gets_younger_by_waiting(bank: Bank, start: date, hours: int, more: int) -> None:
    session_on = working_day_before(start, bank.calendar)
    now = at(bank, session_on, 12) + timedelta(hours=hours)
    earlier, later = status(bank, session_on, now), status(bank, session_on, now + timedelta(hours=more))
    assert GRAVITY.index(earlier) <= GRAVITY.index(later)


@settings(deadline=None, max_examples=200)
@given(bank=st.sampled_from(BANKS), start=STARTS, hours=HOURS)
def test_on_a_day_off_nothing_becomes_late_that_was_not_the_evening_before(
    bank: Bank, start: date, hours: int
) -> None:
    session_on = working_day_before(start, bank.calendar)
    now = at(bank, session_on, 12) + timedelta(hours=hours)
    today_on = now.astimezone(bank.zone).date()
    if bank.calendar.works_on(today_on):
        return
    evening = at(bank, today_on, 0) - timedelta(seconds=1)
    assert status(bank, session_on, now) is status(bank, session_on, max(evening, at(bank, session_on, 12)))


def test_missed_sessions_are_counted_up_to_two() -> None:
    counts = [missed_sessions(WED, FREE.rhythm, at(FREE, day, 20)) for day in (WED, THU, FRI, SAT, MON, TUE)]
    assert counts == [0, 1, 2, 2, 2, 2]


@pytest.mark.parametrize(
    ("hashes", "since_on"),
    [
        (["a", "b", "c"], None),
        (["a", "b", "b"], None),
        (["b", "b", "b"], WED),
        (["a", "b", "b", "b", "b"], THU),
        (["b", "b", "b", "c"], None),
        (["b", "b", "a", "b"], None),
    ],
    ids=["moving", "one day's repeat", "three the same", "since the second", "cured", "moved between"],
)
def test_three_whole_tables_alike_are_a_frozen_server(hashes: list[str], since_on: date | None) -> None:
    days = [
        day for day in (WED + timedelta(days=offset) for offset in range(10)) if FREE.calendar.works_on(day)
    ]
    said = [
        replace(observation(FREE, day, "12142.10"), table_hash=one)
        for day, one in zip(days, hashes, strict=False)
    ]
    assert frozen_since(reversed(said)) == since_on


def test_a_frozen_table_has_no_change() -> None:
    """Its 0% would say that the bank fixed the same rate again, which nobody knows."""
    moved = line(CBU, observation(CBU, WED, "12194.21"), observation(CBU, THU, "12194.21"))
    frozen = freeze(moved, WED)
    assert (frozen.status, frozen.fixing.change_pct, frozen.fixing.session_on) == (Status.STALE, None, THU)
    assert (
        frozen.note
        == "CBU has shown one and the same table since the session of 2026-04-01, no currency moved"
    )
