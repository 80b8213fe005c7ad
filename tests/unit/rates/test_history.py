"""The past of a pair: exact to the last printed digit, whatever order it came in."""

from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from rates.domain.fixings import derive
from rates.domain.history import Group, Row, believed, periods, rows
from rates.domain.observations import Observation
from tests.suites.rates_builders import CBU, NBK, NBKR, observation

MON, TUE, WED, THU, FRI = (date(2026, 3, 30) + timedelta(days=day) for day in range(5))


def past(*observations: Observation) -> list[Row]:
    """CBU's UZS/USD."""
    return rows(believed(observations, CBU.band), None)


def shown(found: list[Row]) -> list[tuple[date, str, str | None]]:
    return [
        (
            row.session_on,
            f"{row.worth.value:.10f}",
            None if row.change_pct is None else f"{row.change_pct:.2f}",
        )
        for row in found
    ]


def test_each_session_has_its_value_and_its_change_against_the_one_before() -> None:
    found = past(observation(CBU, MON, "12194.21"), observation(CBU, TUE, "12142.10"))
    assert shown(found) == [(MON, "0.0000820061", None), (TUE, "0.0000823581", "0.43")]


def test_an_older_session_that_comes_late_changes_the_one_after_it_and_no_other() -> None:
    late, later = observation(CBU, TUE, "12142.10"), observation(CBU, WED, "12149.39")
    first = observation(CBU, MON, "12194.21")
    assert shown(past(later, first)) == [
        (MON, "0.0000820061", None),
        (WED, "0.0000823087", "0.37"),
    ]
    assert [change for _, _, change in shown(past(later, first, late))] == [None, "0.43", "-0.06"]


def test_a_correction_stands_in_place_of_what_it_corrects() -> None:
    [row] = past(observation(CBU, MON, "12194.21"), observation(CBU, MON, "12142.10", revision=2))
    assert (row.revision, row.worth.value) == (2, Decimal(1) / Decimal("12142.10"))


def test_a_number_that_is_not_believed_is_in_no_history() -> None:
    """An inverted table is no fixing; the sessions around it are each other's neighbours."""
    found = past(
        observation(CBU, MON, "12194.21"),
        observation(CBU, TUE, "0.000082"),
        observation(CBU, WED, "12194.21"),
    )
    assert [(row.session_on, row.change_pct) for row in found] == [(MON, None), (WED, Decimal(0))]


def test_after_a_long_gap_no_change_is_known() -> None:
    found = past(observation(CBU, MON - timedelta(days=15), "12000.00"), observation(CBU, MON, "12142.10"))
    assert found[-1].change_pct is None


def test_the_other_way_round_the_printed_number_stands_as_it_was_printed() -> None:
    """Who checks our history against the bank's page looks at USD/KGS."""
    found = rows(None, believed([observation(NBKR, MON, "87.4500")], NBKR.band))
    assert str(found[0].worth.value) == "87.4500"


def test_two_banks_money_is_crossed_only_where_both_held_the_session() -> None:
    som = believed([observation(NBKR, day, "87.4500") for day in (MON, TUE, THU)], NBKR.band)
    tenge = believed(
        [observation(NBK, MON, "478.77"), observation(NBK, WED, "470"), observation(NBK, THU, "475.09")],
        NBK.band,
    )
    found = rows(som, tenge)
    assert [row.session_on for row in found] == [MON, THU]
    assert found[0].worth.value == Decimal("5.474785591766723842195540309")
    assert f"{found[1].change_pct:.2f}" == "-0.77"


def test_a_week_is_told_by_its_last_fixing() -> None:
    numbers = ["80", "78", "81", "79", "80.5"]
    week = [observation(NBKR, MON + timedelta(days=day), number) for day, number in enumerate(numbers)]
    before = observation(NBKR, MON - timedelta(days=3), "80")
    first, second = periods(rows(None, [before, *week]), Group.WEEK)
    assert (first.first_on, first.session_on, first.fixings) == (
        MON - timedelta(days=7),
        MON - timedelta(days=3),
        1,
    )
    assert (second.first_on, second.session_on, second.fixings) == (MON, FRI, 5)
    prices = (second.opening, second.high, second.low, second.last)
    assert [str(price.value) for price in prices] == ["80", "81", "78", "80.5"]
    assert second.change_pct == Decimal("0.625")


def test_a_month_after_a_month_without_fixings_has_no_change() -> None:
    days = [date(2026, 1, 30), date(2026, 3, 2), date(2026, 4, 1)]
    found = periods(rows(None, [observation(NBKR, day, "80") for day in days]), Group.MONTH)
    assert [(period.first_on, period.change_pct) for period in found] == [
        (date(2026, 1, 1), None),
        (date(2026, 3, 1), None),
        (date(2026, 4, 1), Decimal(0)),
    ]


NUMBERS = st.decimals(min_value="40", max_value="200", places=4)
SESSIONS = st.dictionaries(
    st.integers(0, 40).map(lambda days: MON + timedelta(days=days)), st.lists(NUMBERS, min_size=1, max_size=3),
    min_size=1,
)  # fmt: skip


def said(sessions: dict[date, list[Decimal]]) -> list[Observation]:
    return [
        observation(NBKR, day, f"{number:f}", revision=revision)
        for day, numbers in sessions.items()
        for revision, number in enumerate(numbers, start=1)
    ]


@given(SESSIONS, st.randoms(use_true_random=False))
def test_whatever_order_it_came_in_the_newest_row_is_what_the_ticker_shows(
    sessions: dict[date, list[Decimal]], dice: Random
) -> None:
    observations = said(sessions)
    dice.shuffle(observations)
    newest = rows(believed(observations, NBKR.band), None)[-1]
    line = derive(NBKR.pair, observations, NBKR.band)
    assert line is not None
    fixing = line.fixing
    assert (newest.session_on, newest.worth.value, newest.change_pct, newest.revision) == (
        fixing.session_on,
        fixing.value,
        fixing.change_pct,
        fixing.revision,
    )


@given(SESSIONS)
def test_a_pair_and_its_reverse_close_exactly(sessions: dict[date, list[Decimal]]) -> None:
    kept = believed(said(sessions), NBKR.band)
    for row, reverse in zip(rows(kept, None), rows(None, kept), strict=True):
        there = Fraction(row.worth.numerator) / Fraction(row.worth.denominator)
        back = Fraction(reverse.worth.numerator) / Fraction(reverse.worth.denominator)
        assert there * back == 1


@given(SESSIONS, st.sampled_from(Group))
def test_every_fixing_is_in_one_period_between_its_lowest_and_highest(
    sessions: dict[date, list[Decimal]], group: Group
) -> None:
    history = rows(None, believed(said(sessions), NBKR.band))
    found = periods(history, group)
    assert sum(period.fixings for period in found) == len(history)
    for period in found:
        assert period.low.value <= min(period.opening.value, period.last.value)
        assert period.high.value >= max(period.opening.value, period.last.value)
        assert period.first_on <= period.session_on
