"""An amount at a date: the right fixing, exact to the last digit, with an honest uncertainty."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rates.domain.conversion import convert, in_force, in_force_from
from rates.domain.derivation import Session, past
from rates.domain.observations import Observation
from rates.domain.sources import SOURCES
from tests.suites.rates_builders import CBU, NBK, NBKR, PLAN_OF, observation

THU, FRI = date(2026, 5, 21), date(2026, 5, 22)
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
    for on in (None, MON):
        found = in_force(known, LABELLED, on)
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
