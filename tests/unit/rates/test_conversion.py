"""An amount at a date: the right fixing, exact to the last digit, with an honest uncertainty."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rates.domain.conversion import convert, in_force, in_force_from, in_force_now
from rates.domain.derivation import Session, past
from rates.domain.fixings import Status
from rates.domain.observations import Observation
from rates.domain.sources import SOURCES
from tests.suites.rates_builders import CBU, NBK, NBKR, NBT, PLAN_OF, line, observation

WED, THU, FRI = (date(2026, 5, day) for day in (20, 21, 22))
SAT, MON = date(2026, 5, 23), date(2026, 5, 25)
AMOUNTS = st.decimals(min_value="0.01", max_value="1e12", places=2)
PRINTED = st.decimals(min_value="40", max_value="200", places=4)
LABELLED = {bank.id: bank.labelling for bank in SOURCES}


def som(*observations: Observation) -> tuple[Session, ...]:
    return past(PLAN_OF["KGS"], observations)


def one(money: str, fixing: Observation) -> Session:
    [found] = past(PLAN_OF[money], [fixing])
    return found


def test_a_fixing_seen_first_with_a_later_stamp_is_in_force_from_the_first_all_the_same() -> None:
    """NBKR re-stamps Friday's table on Saturday and Sunday; who starts on Sunday sees Monday's date first."""
    seen_late = replace(observation(NBKR, FRI, "87.4500"), label_on=MON)
    assert in_force_from(one("KGS", seen_late).fixing, NBKR.labelling) == SAT


def nbt(session_on: date, label_on: date, number: str, revision: int = 1) -> Observation:
    return replace(observation(NBT, session_on, number, revision=revision), label_on=label_on)


def in_dushanbe(on: date, *observations: Observation) -> str | None:
    found = in_force(past(PLAN_OF["TJS"], observations), LABELLED, on)
    return None if found is None else found.printed


def test_a_table_first_seen_on_saturday_is_in_force_from_friday_on() -> None:
    """NBT is asked by today's date, also on Saturdays, when it gives Friday's table under Saturday's date."""
    seen = nbt(THU, SAT, "9.3000")
    assert [in_dushanbe(day, seen) for day in (THU, FRI, SAT)] == [
        None,
        "9.3000 TJS per 1 USD",
        "9.3000 TJS per 1 USD",
    ]


def test_a_correction_under_a_later_date_is_in_force_from_the_first_date_on() -> None:
    """What was put right on Saturday was wrong on Friday, and nobody means the number of the day before."""
    said = [nbt(WED, THU, "9.2000"), nbt(THU, FRI, "9.3000"), nbt(THU, SAT, "9.3100", revision=2)]
    assert in_dushanbe(THU, *said) == "9.2000 TJS per 1 USD"
    assert in_dushanbe(FRI, *said) == "9.3100 TJS per 1 USD"


def test_a_correction_after_a_day_off_that_was_worked_is_in_force_from_the_first_date_too() -> None:
    """The calendar takes Nowruz for free; the bank's own first date knows better."""
    before, worked, after = (date(2026, 3, day) for day in (19, 20, 26))
    said = [nbt(before, worked, "9.2000"), nbt(before, after, "9.3100", revision=2)]
    assert in_dushanbe(worked, *said) == "9.3100 TJS per 1 USD"


def test_the_newest_fixing_converts_for_two_weeks_and_is_as_doubtful_as_on_the_ticker() -> None:
    """Without a day, a number of 2019 was once given as `ok`."""
    said = observation(NBKR, FRI, "87.4500")
    known, shown = som(said), line(NBKR, said)
    for status in (Status.OK, Status.LATE, Status.STALE, Status.HELD):
        found = in_force_now(known, LABELLED, today_on=MON, line=replace(shown, status=status))
        assert found is not None
        assert (found.fixing.session_on, found.status) == (FRI, status)
    assert in_force_now(known, LABELLED, today_on=SAT + timedelta(days=14), line=None) is not None
    assert in_force_now(known, LABELLED, today_on=SAT + timedelta(days=15), line=shown) is None
    assert in_force_now((), LABELLED, today_on=MON, line=None) is None


def test_the_newest_fixing_may_be_in_force_only_after_the_weekend() -> None:
    """On Friday CBU's table is dated Monday, and the ticker shows it."""
    found = in_force_now(
        past(PLAN_OF["UZS"], [replace(observation(CBU, FRI, "12142.10"), label_on=MON)]),
        LABELLED,
        today_on=FRI,
        line=None,
    )
    assert found is not None


def test_a_line_of_another_session_says_nothing_of_the_newest_fixing() -> None:
    older = replace(line(NBKR, observation(NBKR, THU, "87.4000")), status=Status.STALE)
    found = in_force_now(som(observation(NBKR, FRI, "87.4500")), LABELLED, today_on=SAT, line=older)
    assert found is not None
    assert found.status is Status.OK


@pytest.mark.parametrize(
    ("on", "expected"), [(FRI, THU), (SAT, FRI), (MON, FRI), (MON + timedelta(days=11), FRI)]
)
def test_over_a_weekend_fridays_fixing_is_in_force(on: date, expected: date) -> None:
    found = in_force(som(observation(NBKR, THU, "87.4000"), observation(NBKR, FRI, "87.4500")), LABELLED, on)
    assert found is not None
    assert found.fixing.session_on == expected


def test_a_fixing_two_weeks_old_is_in_force_no_more() -> None:
    """We were away, and what held then we do not know."""
    known = som(observation(NBKR, FRI, "87.4500"))
    assert in_force(known, LABELLED, SAT + timedelta(days=15)) is None


def test_a_number_that_is_not_believed_converts_nothing() -> None:
    known = som(observation(NBKR, THU, "87.4000"), observation(NBKR, FRI, "0.0114"))
    now = in_force_now(known, LABELLED, today_on=MON, line=None)
    for found in (now, in_force(known, LABELLED, MON)):
        assert found is not None
        assert found.fixing.session_on == THU


@given(AMOUNTS, PRINTED)
def test_a_conversion_is_the_exact_product_to_28_digits(amount: Decimal, printed: Decimal) -> None:
    done = convert(amount, one("KGS", observation(NBKR, FRI, f"{printed:f}")), None)
    exact = Fraction(amount) / Fraction(printed)
    assert abs(Fraction(done.exact) - exact) <= exact / 10**27
    assert abs(Fraction(done.rounded) - exact) <= Fraction(1, 200) + Fraction(1, 10**9)


def test_half_a_cent_is_rounded_up_as_printed_numbers_say_and_not_as_rounded_ones() -> None:
    """87.88725 som are exactly 1.005 dollars; the rate of 28 digits alone would make 1.00 of it."""
    done = convert(Decimal("87.88725"), one("KGS", observation(NBKR, FRI, "87.4500")), None)
    assert (str(done.exact), str(done.rounded)) == ("1.005", "1.01")


@given(AMOUNTS, PRINTED, st.decimals(min_value="200", max_value="1500", places=2))
def test_there_and_back_again_is_what_it_was(amount: Decimal, kgs: Decimal, kzt: Decimal) -> None:
    """A triangle through the dollar closes, but for the last of 28 digits."""
    first = one("KGS", observation(NBKR, FRI, f"{kgs:f}"))
    second = one("KZT", observation(NBK, FRI, f"{kzt:f}"))
    there = convert(amount, first, second)
    back = convert(there.exact, second, first)
    assert abs(back.exact / amount - 1) <= Decimal("1e-26")


@given(PRINTED, st.integers(-5, 5))
def test_what_a_bank_rounded_away_is_within_the_uncertainty(printed: Decimal, more: int) -> None:
    """The bank's own number lies within half a unit of its last printed digit."""
    share = convert(Decimal(1), one("KGS", observation(NBKR, FRI, f"{printed:f}")), None).uncertainty
    assert share is not None
    true = Fraction(printed) + Fraction(more, 100_000)
    assert abs(true / Fraction(printed) - 1) <= Fraction(share) * (1 + Fraction(1, 10**20))


def test_uncertainties_of_two_legs_add_up() -> None:
    first, second = (
        one("KGS", observation(NBKR, FRI, "87.4500")),
        one("UZS", observation(CBU, FRI, "12142.10")),
    )
    done = convert(Decimal(1), first, second)
    shares = [leg.fixing.rel_uncertainty for leg in (first, second)]
    assert done.uncertainty == sum(share for share in shares if share is not None)
