"""The past of a pair: what the ticker showed, exact, whatever order it came in."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rates.domain.banks import Bank
from rates.domain.board import Board
from rates.domain.crosses import cross
from rates.domain.derivation import AWAY_AFTER_SESSIONS, Session, derive, past
from rates.domain.display import percent
from rates.domain.fixings import Line, Method, Pair, Status, rounded
from rates.domain.history import Group, Row, periods, rows
from rates.domain.observations import Observation
from rates.domain.sources import CBR, ECB, MARKET
from rates.domain.tables import Row as TableRow
from rates.domain.tables import Table, table_hash
from tests.suites.rates_builders import CBU, NBK, NBKR, PLAN_OF, SEEN_AT, observation

MON, TUE, WED, THU, FRI = (date(2026, 3, 30) + timedelta(days=day) for day in range(5))
WEEKS = [day for day in (MON + timedelta(days=days) for days in range(28)) if day.weekday() < 5]


def of(money: str, *observations: Observation) -> tuple[Session, ...]:
    return past(PLAN_OF[money], observations)


def fixed(money: str, *observations: Observation) -> list[Row]:
    return rows(of(money, *observations), None)


def percent_of(row: Row) -> str | None:
    return None if row.change_pct is None else percent(row.change_pct)


def shown(found: list[Row]) -> list[tuple[date, str, str | None]]:
    return [
        (row.session_on, f"{row.value:.10f}", None if row.change_pct is None else percent(row.change_pct))
        for row in found
    ]


def test_each_session_has_its_value_and_its_change_against_the_one_before() -> None:
    found = fixed("UZS", observation(CBU, MON, "12194.21"), observation(CBU, TUE, "12142.10"))
    assert shown(found) == [(MON, "0.0000820061", None), (TUE, "0.0000823581", "0.43")]


def test_an_older_session_that_comes_late_changes_the_one_after_it_and_no_other() -> None:
    first, late, later = (
        observation(CBU, MON, "12194.21"), observation(CBU, TUE, "12142.10"), observation(CBU, WED, "12149.39"),
    )  # fmt: skip
    assert [change for _, _, change in shown(fixed("UZS", later, first))] == [None, "0.37"]
    assert [change for _, _, change in shown(fixed("UZS", later, first, late))] == [None, "0.43", "-0.06"]


def test_a_correction_stands_in_place_of_what_it_corrects() -> None:
    [row] = fixed("UZS", observation(CBU, MON, "12194.21"), observation(CBU, MON, "12142.10", revision=2))
    assert (row.revision, row.value) == (2, Decimal(1) / Decimal("12142.10"))


@pytest.mark.parametrize("wrong", ["0.000082", "1219421", "30000.01", "14000.00"])
def test_a_number_that_is_held_is_in_no_history(wrong: str) -> None:
    """Turned round, a hundredfold, out of its band, or a jump that the next session takes back."""
    found = fixed(
        "UZS",
        observation(CBU, MON, "12194.21"),
        observation(CBU, TUE, wrong),
        observation(CBU, WED, "12194.21"),
    )
    assert [(row.session_on, row.change_pct) for row in found] == [(MON, None), (WED, Decimal(0))]


def test_a_jump_is_in_the_history_once_the_next_session_says_the_same() -> None:
    """The so'm lost half of its worth on one day of September 2017, and that was true."""
    jumped = [observation(CBU, MON, "12142.10"), observation(CBU, TUE, "23350.19")]
    assert [row.session_on for row in fixed("UZS", *jumped)] == [MON]
    confirmed = fixed("UZS", *jumped, observation(CBU, WED, "23360.00"))
    assert shown(confirmed)[1] == (TUE, "0.0000428262", "-48")


def test_a_number_that_two_others_dispute_is_in_no_history_and_one_that_differs_is_told() -> None:
    """What the ticker calls suspect is never told as sure, also years later."""
    som = [observation(NBKR, day, "87.4500") for day in (MON, TUE)]
    market = [observation(MARKET, TUE, "93.5000", base="KGS")]
    cbr = [observation(CBR, TUE, "80.0000"), observation(CBR, TUE, "85.5000", nominal=100, base="KGS")]
    assert [row.session_on for row in fixed("KGS", *som, *market, *cbr)] == [MON]
    differs = fixed("KGS", *som, observation(MARKET, TUE, "90.5000", base="KGS"))
    assert [row.status for row in differs] == [Status.OK, Status.UNCONFIRMED]


def test_after_a_long_gap_no_change_is_known() -> None:
    found = fixed(
        "UZS", observation(CBU, MON - timedelta(days=15), "12000.00"), observation(CBU, MON, "12142.10")
    )
    assert found[-1].change_pct is None


@pytest.mark.parametrize(
    ("money", "bank", "session_on", "printed"),
    [
        ("KZT", NBK, date(2015, 8, 19), "188.38"),
        ("KZT", NBK, date(2015, 8, 20), "255.26"),
        ("UZS", CBU, date(2005, 3, 7), "1075.38"),
        ("KGS", NBKR, date(2008, 6, 2), "36.0542"),
    ],
)
def test_numbers_of_long_ago_are_believed_though_today_they_would_not_be(
    money: str, bank: Bank, session_on: date, printed: str
) -> None:
    """Who plots the tenge from 2015 sees it let go in August, instead of a line that begins there."""
    [row] = fixed(money, observation(bank, session_on, printed))
    assert row.status is Status.OK


def frozen(bank: Bank, days: list[date], number: str, one: str = "f" * 64) -> list[Observation]:
    return [replace(observation(bank, day, number), table_hash=one) for day in days]


def test_what_a_frozen_bank_repeats_is_no_change_of_nothing() -> None:
    """The ticker called CBU stale, without a percent, while its history said `0%` and `ok` of the same sessions."""
    said = [observation(CBU, MON, "12194.21"), *frozen(CBU, [TUE, WED, THU], "12142.10")]
    assert [(percent_of(row), row.status) for row in fixed("UZS", *said)] == [
        (None, Status.OK),
        ("0.43", Status.OK),
        (None, Status.UNCONFIRMED),
        (None, Status.UNCONFIRMED),
    ]
    later = [*said, observation(CBU, FRI, "12149.39")]
    assert [percent_of(row) for row in fixed("UZS", *later)] == [None, "0.43", None, None, "-0.06"]


def test_two_sessions_alike_are_no_frozen_bank() -> None:
    said = frozen(CBU, [MON, TUE], "12142.10")
    assert [(percent_of(row), row.status) for row in fixed("UZS", *said)] == [
        (None, Status.OK),
        ("0", Status.OK),
    ]


def test_a_page_of_the_past_with_one_currency_may_rest_for_weeks() -> None:
    """KGS was 87.4500 in May and in September 2026, and NBKR's page of the past has the dollar alone."""
    alone = table_hash(Table(MON, (TableRow("USD", 1, Decimal("87.4500"), 4),)))
    said = frozen(NBKR, [MON, TUE, WED, THU], "87.4500", alone)
    assert [(percent_of(row), row.status) for row in fixed("KGS", *said)] == [
        (None, Status.OK),
        *[("0", Status.OK)] * 3,
    ]


def test_the_other_way_round_the_printed_number_stands_as_it_was_printed() -> None:
    """Who checks our history against the bank's page looks at USD/KGS."""
    [row] = rows(None, of("KGS", observation(NBKR, MON, "87.4512")))
    assert (str(row.value), row.method) == ("87.4512", Method.PUBLISHED)


def test_a_bank_that_prints_the_other_way_round_is_the_published_one_that_way() -> None:
    """The European Central Bank prints dollars per euro, and all others their own money per dollar."""
    said = [observation(ECB, MON, "1.0821"), observation(ECB, MON, "7.8502", base="CNY")]
    [euro] = rows(of("EUR", *said), None)
    assert (euro.value, euro.method) == (Decimal("1.0821"), Method.PUBLISHED)
    [reverse] = rows(None, of("EUR", *said))
    assert (reverse.method, f"{reverse.value:.6f}") == (Method.INVERSE, "0.924129")
    [yuan] = rows(of("CNY", *said), None)
    assert (yuan.method, f"{yuan.value:.6f}") == (Method.CROSS, "0.137844")


def test_the_manat_is_its_declared_peg_wherever_somebody_prints_it_near_and_since_2015_only() -> None:
    days = [date(2014, 12, 1), MON, TUE]
    printed = [
        item
        for day, manat in zip(days, ("4.3000", "3469.00", "4037.68"), strict=True)
        for item in (observation(CBU, day, "12142.10"), observation(CBU, day, manat, base="TMT"))
    ]
    found = fixed("TMT", *printed)
    assert [(row.session_on, row.method, row.status) for row in found] == [
        (MON, Method.PEG, Status.OK),
        (TUE, Method.PEG, Status.UNCONFIRMED),
    ]
    assert {row.value for row in found} == {rounded(1 / Fraction("3.5"))}


def test_two_banks_money_is_crossed_only_where_both_held_the_session() -> None:
    som = of("KGS", *[observation(NBKR, day, "87.4500") for day in (MON, TUE, THU)])
    tenge = of(
        "KZT", observation(NBK, MON, "478.77"), observation(NBK, WED, "470"), observation(NBK, THU, "475.09")
    )
    found = rows(som, tenge)
    assert [row.session_on for row in found] == [MON, THU]
    assert str(found[0].value) == "5.4747855917667238421955403"
    assert found[0].sources == ("NBKR", "NBK")
    assert found[1].change_pct is None, "one bank moved since Tuesday, the other since Wednesday"


def test_where_somebody_stands_in_for_the_authority_his_sessions_follow_its_own() -> None:
    """The change is never taken from one bank's number to another's."""
    own = [observation(NBKR, day, "87.4500") for day in WEEKS[:2]]
    others = [
        item
        for day in WEEKS[:8]
        for item in (observation(CBU, day, "12142.10"), observation(CBU, day, "138.8500", base="KGS"))
    ]
    found = fixed("KGS", *own, *others)
    assert [row.sources for row in found] == [("NBKR",)] * 2 + [("CBU",)] * 6
    assert found[2].status is Status.UNCONFIRMED
    assert [row.change_pct for row in found[1:]] == [Decimal(0)] * 7
    few = fixed("KGS", *own, *others[: 2 * (2 + AWAY_AFTER_SESSIONS - 1)])
    assert len(few) == 2


def test_a_week_is_told_by_its_last_fixing() -> None:
    numbers = ["80", "78", "81", "79", "80.5"]
    week = [observation(NBKR, MON + timedelta(days=day), number) for day, number in enumerate(numbers)]
    before = observation(NBKR, MON - timedelta(days=3), "80")
    first, second = periods(rows(None, of("KGS", before, *week)), Group.WEEK)
    assert (first.first_on, first.last.session_on, first.fixings) == (
        MON - timedelta(days=7),
        MON - timedelta(days=3),
        1,
    )
    assert (second.first_on, second.last.session_on, second.fixings) == (MON, FRI, 5)
    prices = (second.opening, second.high, second.low, second.last.value)
    assert [str(price) for price in prices] == ["80", "81", "78", "80.5"]
    assert second.change_pct == Decimal("0.625")


def test_a_month_after_a_month_without_fixings_has_no_change() -> None:
    days = [date(2026, 1, 30), date(2026, 3, 2), date(2026, 4, 1)]
    found = periods(rows(None, of("KGS", *[observation(NBKR, day, "80") for day in days])), Group.MONTH)
    assert [(period.first_on, period.change_pct) for period in found] == [
        (date(2026, 1, 1), None),
        (date(2026, 3, 1), None),
        (date(2026, 4, 1), Decimal(0)),
    ]


# From drifts and jumps to slips, so that all that can be doubted comes up.
NUMBERS = st.one_of(
    st.decimals(min_value="84", max_value="90", places=4),
    st.decimals(min_value="40", max_value="200", places=4),
    st.decimals(min_value="0.01", max_value="0.012", places=4),
    st.decimals(min_value="800", max_value="900", places=4),
)
SESSIONS = st.dictionaries(
    st.integers(0, 25).map(lambda days: MON + timedelta(days=days)), st.lists(NUMBERS, min_size=1, max_size=3),
    min_size=1,
)  # fmt: skip
VOTES = st.dictionaries(
    st.integers(0, 40).map(lambda days: MON + timedelta(days=days)),
    st.decimals(min_value="80", max_value="95", places=4),
)


def said(
    bank: Bank, sessions: dict[date, list[Decimal]], others: dict[date, Decimal] | None = None
) -> list[Observation]:
    own = [
        observation(bank, day, f"{number:f}", revision=revision)
        for day, numbers in sessions.items()
        for revision, number in enumerate(numbers, start=1)
    ]
    market = [observation(MARKET, day, f"{number:f}", base="KGS") for day, number in (others or {}).items()]
    cbr = [
        item
        for day, number in (others or {}).items()
        for item in (
            observation(CBR, day, "80.0000"),
            observation(CBR, day, f"{8000 / number:.4f}", base="KGS", nominal=100),
        )
    ]
    return [*own, *market, *cbr]


@given(SESSIONS, VOTES, st.randoms(use_true_random=False))
def test_whatever_came_in_whatever_order_the_newest_row_is_what_the_ticker_shows(
    sessions: dict[date, list[Decimal]], others: dict[date, Decimal], dice: Random
) -> None:
    """History and ticker are derived by the same rules, doubts and stand-ins included, and never disagree."""
    observations = said(NBKR, sessions, others)
    dice.shuffle(observations)
    found = past(PLAN_OF["KGS"], observations)
    line = derive(PLAN_OF["KGS"], observations)
    if line is None:
        assert found == ()
        return
    assert found[-1].fixing == line.fixing
    if line.status in {Status.OK, Status.UNCONFIRMED}:
        assert found[-1].status is line.status
    assert {item.status for item in found} <= {Status.OK, Status.UNCONFIRMED}
    days = [item.fixing.session_on for item in found]
    assert days == sorted(set(days))


@given(SESSIONS, SESSIONS)
def test_the_newest_row_of_a_cross_is_what_the_ticker_shows(
    som: dict[date, list[Decimal]], tenge: dict[date, list[Decimal]]
) -> None:
    kgs = of("KGS", *said(NBKR, som))
    kzt = of("KZT", *said(NBK, {day: [number * 5 for number in numbers] for day, numbers in tenge.items()}))
    for pair, base, quote in ((Pair("KGS", "KZT"), kgs, kzt), (Pair("USD", "KGS"), None, kgs)):
        found = rows(base, quote)
        legs = {"KGS": kgs, "KZT": kzt}
        boards = {
            money: Board(held[-1].fixing.pair, 1, _line(held), SEEN_AT)
            for money, held in legs.items()
            if held
        }
        made = cross(pair, boards)
        days = {leg.line.fixing.session_on for leg in made.legs} if made else set()
        if made is not None and len(days) == 1:
            assert (found[-1].value, found[-1].change_pct, found[-1].method) == (
                made.value,
                made.change_pct,
                made.method,
            )


def _line(held: tuple[Session, ...]) -> Line:
    return Line(held[-1].fixing, held[-1].status)


@given(SESSIONS, st.sampled_from(Group))
def test_every_fixing_is_in_one_period_between_its_lowest_and_highest(
    sessions: dict[date, list[Decimal]], group: Group
) -> None:
    history = rows(None, of("KGS", *said(NBKR, sessions)))
    found = periods(history, group)
    assert sum(period.fixings for period in found) == len(history)
    for period in found:
        assert period.low <= min(period.opening, period.last.value)
        assert period.high >= max(period.opening, period.last.value)
        assert period.first_on <= period.last.session_on
