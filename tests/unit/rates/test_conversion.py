"""An amount at a date: the right fixing, exact to the last digit, with an honest uncertainty."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rates.domain.conversion import convert, in_force, in_force_from, uncertainty
from rates.domain.history import Worth
from rates.domain.observations import Observation
from tests.suites.rates_builders import CBU, NBK, NBKR, observation

THU, FRI = date(2026, 5, 21), date(2026, 5, 22)
SAT, MON = date(2026, 5, 23), date(2026, 5, 25)
AMOUNTS = st.decimals(min_value="0.01", max_value="1e12", places=2)
PRINTED = st.decimals(min_value="40", max_value="200", places=4)


def test_a_fixing_seen_first_with_a_later_stamp_is_in_force_from_the_first_all_the_same() -> None:
    """NBKR re-stamps Friday's table on Saturday and Sunday; who starts on Sunday sees Monday's date first."""
    seen_late = observation(NBKR, FRI, "87.4500")
    assert in_force_from(seen_late, NBKR.labelling) == SAT


@pytest.mark.parametrize(
    ("on", "expected"), [(FRI, THU), (SAT, FRI), (MON, FRI), (MON + timedelta(days=11), FRI)]
)
def test_over_a_weekend_fridays_fixing_is_in_force(on: date, expected: date) -> None:
    known = [observation(NBKR, THU, "87.4000"), observation(NBKR, FRI, "87.4500")]
    found = in_force(known, NBKR.band, NBKR.labelling, on)
    assert found is not None
    assert found.session_on == expected


def test_a_fixing_two_weeks_old_is_in_force_no_more() -> None:
    """We were away, and what held then we do not know."""
    known = [observation(NBKR, FRI, "87.4500")]
    assert in_force(known, NBKR.band, NBKR.labelling, SAT + timedelta(days=15)) is None


def test_a_number_that_is_not_believed_converts_nothing() -> None:
    known = [observation(NBKR, THU, "87.4000"), observation(NBKR, FRI, "0.0114")]
    found = in_force(known, NBKR.band, NBKR.labelling, None)
    assert found is not None
    assert found.session_on == THU


@given(AMOUNTS, PRINTED)
def test_a_conversion_is_the_exact_product_to_28_digits(amount: Decimal, printed: Decimal) -> None:
    done = convert(amount, observation(NBKR, FRI, f"{printed:f}"), None)
    exact = Fraction(amount) / Fraction(printed)
    assert abs(Fraction(done.exact) - exact) <= exact / 10**27
    assert abs(Fraction(done.rounded) - exact) <= Fraction(1, 200) + Fraction(1, 10**9)


@given(PRINTED, st.decimals(min_value="200", max_value="1500", places=2))
def test_there_and_back_again_is_what_it_was(som: Decimal, tenge: Decimal) -> None:
    """A triangle through the dollar closes: the ratio and its reverse are the same numbers turned over."""
    first, second = observation(NBKR, FRI, f"{som:f}"), observation(NBK, FRI, f"{tenge:f}")
    there, back = convert(Decimal(1), first, second).rate, convert(Decimal(1), second, first).rate
    assert there == Worth(back.denominator, back.numerator)


@given(PRINTED, st.integers(-5, 5))
def test_what_a_bank_rounded_away_is_within_the_uncertainty(printed: Decimal, more: int) -> None:
    """The bank's own number lies within half a unit of its last printed digit."""
    fixing = observation(NBKR, FRI, f"{printed:f}")
    true = Fraction(printed) + Fraction(more, 100_000)
    assert abs(true / Fraction(printed) - 1) <= Fraction(uncertainty([fixing])) * (1 + Fraction(1, 10**20))


def test_uncertainties_of_two_legs_add_up() -> None:
    legs: list[Observation] = [observation(NBKR, FRI, "87.4500"), observation(CBU, FRI, "12142.10")]
    assert uncertainty(legs) == uncertainty(legs[:1]) + uncertainty(legs[1:])
