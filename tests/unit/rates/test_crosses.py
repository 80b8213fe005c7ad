"""Any two kinds of known money: what a reader gets through the dollar, how sure it is, and of which days it is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, FloatOperation, localcontext
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rates.domain.banks import BANKS, Bank
from rates.domain.board import Board
from rates.domain.crosses import Cross, cross
from rates.domain.display import five_decimals, percent, uncertainty_percent
from rates.domain.fixings import Method, Pair, Status
from tests.suites.rates_builders import CBU, NBK, NBKR, NBT, SEEN_AT, line, observation

MON, TUE, WED = date(2026, 3, 30), date(2026, 3, 31), date(2026, 4, 1)
ROUNDING = Decimal("1e-24")
"""What values cut after 26 and 28 digits may miss, as a share."""


def board(bank: Bank, *numbers: tuple[date, str], nominal: int = 1) -> Board:
    """What is shown of a bank's money after it fixed these numbers."""
    said = [observation(bank, day, number, nominal=nominal) for day, number in numbers]
    return Board(bank.pair, 1, line(bank, *said), SEEN_AT)


def known(*boards: Board) -> Mapping[str, Board]:
    return {item.pair.base: item for item in boards}


def made(pair: str, *boards: Board) -> Cross:
    """The cross, which must be there."""
    found = cross(Pair(*pair.split("/")), known(*boards))
    assert found is not None
    return found


KGS = board(NBKR, (MON, "87.4500"), (TUE, "87.5374"))
UZS = board(CBU, (MON, "12194.21"), (TUE, "12142.10"))


def test_the_dollar_in_a_bank_s_money_is_the_number_the_bank_printed() -> None:
    """Who looks at NBKR's page reads 87.5374; 87.53739999999999999999999999 would be ours, not the bank's."""
    found = made("USD/KGS", KGS)
    assert f"{found.value:f}" == "87.5374"
    assert (found.method, found.oldest.line.fixing.source) == (Method.PUBLISHED, "NBKR")


def test_two_banks_money_is_crossed_through_the_dollar() -> None:
    found = made("KGS/UZS", KGS, UZS)
    assert five_decimals(found.value) == "138.70757"
    assert abs(found.value - Decimal("12142.10") / Decimal("87.5374")) <= found.value * ROUNDING
    assert (found.method, [str(leg.pair) for leg in found.legs]) == (Method.CROSS, ["KGS/USD", "UZS/USD"])


def test_a_cross_tells_how_far_off_its_banks_few_digits_may_leave_it() -> None:
    """Half of 0.0001 of 87.5374, and half of 0.01 of 12142.10."""
    share = made("KGS/UZS", KGS, UZS).rel_uncertainty
    assert share is not None
    expected = Fraction(5, 100_000) / Fraction("87.5374") + Fraction(5, 1000) / Fraction("12142.10")
    assert abs(Fraction(share) / expected - 1) < Fraction(1, 10_000)
    assert uncertainty_percent(share) == "0.000099"


def test_a_cross_s_change_is_that_of_both_legs() -> None:
    found = made("KGS/UZS", KGS, UZS)
    assert found.change_pct is not None
    exact = (Fraction("12142.10") / Fraction("87.5374")) / (Fraction("12194.21") / Fraction("87.4500")) - 1
    assert abs(Fraction(found.change_pct) - exact * 100) < Fraction(1, 10**19)
    assert percent(found.change_pct) == "-0.53"


def test_an_exact_half_of_a_hundredth_stays_one() -> None:
    """USD/KGS from 80 to 80.004 is exactly 0.005 %, which is rounded up; the inverses of both are endless."""
    found = made("USD/KGS", board(NBKR, (MON, "80.0000"), (TUE, "80.0040")))
    assert found.change_pct == Decimal("0.005")
    assert percent(found.change_pct) == "0.01"


@pytest.mark.parametrize(
    "other",
    [
        board(CBU, (MON, "12194.21")),
        board(CBU, (TUE, "12142.10")),
        board(CBU, (date(2026, 3, 27), "12194.21"), (TUE, "12142.10")),
        board(CBU, (MON, "12194.21"), (WED, "12142.10")),
    ],
    ids=["an older session", "no session before", "another session before", "a newer session"],
)
def test_legs_of_different_days_give_no_percent(other: Board) -> None:
    """A bank that kept a holiday would lend its rest to the other's move."""
    assert made("KGS/UZS", KGS, other).change_pct is None


def test_a_cross_is_as_old_as_its_older_leg_and_says_so() -> None:
    found = made("UZS/KGS", KGS, board(CBU, (date(2026, 3, 27), "12194.21"), (MON, "12142.10")))
    assert (found.oldest.pair, found.oldest.line.fixing.session_on) == (CBU.pair, MON)
    assert found.note == "UZS/USD is of 2026-03-30 and KGS/USD is of 2026-03-31"
    assert made("UZS/KGS", KGS, UZS).note is None


def test_a_cross_is_as_doubtful_as_its_more_doubtful_leg() -> None:
    held = board(NBK, (MON, "478.77"), (TUE, "4.75"))
    found = made("KZT/KGS", KGS, held)
    assert found.worst.line.status is Status.HELD
    assert (found.note or "").startswith("KZT/USD: NBK's 4.75 KZT per 1 USD")


@pytest.mark.parametrize("pair", ["XAU/USD", "USD/XAU", "KGS/XAU", "XAU/XAG", "KGS/KZT"])
def test_money_that_nobody_fixed_has_no_rate(pair: str) -> None:
    assert cross(Pair(*pair.split("/")), known(KGS, UZS)) is None


def test_a_leg_stored_before_uncertainties_were_known_leaves_the_cross_s_unknown() -> None:
    fixing = replace(UZS.line.fixing, rel_uncertainty=None)
    older = replace(UZS, line=replace(UZS.line, fixing=fixing))
    assert made("KGS/UZS", KGS, older).rel_uncertainty is None


@pytest.mark.parametrize(
    ("share", "text"),
    [("0", "0"), ("0.0000005717", "0.000058"), ("0.00068", "0.068"), ("0.0999999", "10"), ("5", "500")],
)
def test_an_uncertainty_is_two_digits_and_never_too_small(share: str, text: str) -> None:
    assert uncertainty_percent(Decimal(share)) == text


@dataclass(frozen=True, slots=True)
class Truth:
    """A bank's number with all its digits, and what it made of that on paper."""

    board: Board
    per_dollar: Fraction


@st.composite
def truths(draw: st.DrawFn, bank: Bank) -> Truth:
    """A bank that knows a number to twelve decimals and prints 2 to 4 of them, per 1, 10 or 100."""
    places, nominal = draw(st.integers(2, 4)), draw(st.sampled_from([1, 10, 100]))
    true = draw(st.decimals(bank.band.low + 1, bank.band.high - 1, places=12))
    printed = (true * nominal).quantize(Decimal(1).scaleb(-places))
    return Truth(board(bank, (TUE, f"{printed:f}"), nominal=nominal), Fraction(true))


FOUR = st.tuples(*(truths(bank) for bank in BANKS))


@settings(max_examples=200, deadline=None)
@given(FOUR, st.permutations(["KGS", "KZT", "TJS", "UZS", "USD"]))
def test_the_truth_lies_within_the_stated_uncertainty(four: tuple[Truth, ...], codes: list[str]) -> None:
    """Whatever digits the banks cut off, the rate that they would have printed is where we say."""
    true = {"USD": Fraction(1)} | {one.board.pair.base: one.per_dollar for one in four}
    found = made(f"{codes[0]}/{codes[1]}", *(one.board for one in four))
    assert found.rel_uncertainty is not None
    # A share need not be kept with all its digits: six will do.
    share = Fraction(found.rel_uncertainty) * Fraction(100_001, 100_000)
    off = abs(true[codes[1]] / true[codes[0]] / Fraction(found.value) - 1)
    assert off <= share / (1 - share) + Fraction(ROUNDING)


@settings(max_examples=200, deadline=None)
@given(FOUR, st.permutations(["KGS", "KZT", "TJS", "UZS", "USD"]))
def test_reciprocals_and_triangles_close(four: tuple[Truth, ...], codes: list[str]) -> None:
    """There and back, and round by a third money, an amount comes home: to 24 digits, far within the uncertainty."""
    boards = known(*(one.board for one in four))
    first, second, third = (Pair(*pair) for pair in zip(codes, [*codes[1:3], codes[0]], strict=False))

    def value(pair: Pair) -> Decimal:
        if str(pair) in {str(board.pair) for board in boards.values()}:
            return boards[pair.base].line.fixing.value
        found = cross(pair, boards)
        assert found is not None
        return found.value

    with localcontext() as context:
        context.prec = 60
        assert abs(value(first) * value(Pair(first.quote, first.base)) - 1) <= ROUNDING
        assert abs(value(first) * value(second) * value(third) - 1) <= ROUNDING


@st.composite
def two_days(draw: st.DrawFn, bank: Bank) -> tuple[Decimal, Decimal]:
    """What a bank prints on two days between which its number moves by two percent at most."""
    before = draw(
        st.decimals(bank.band.low + bank.band.low / 10, bank.band.high - bank.band.high / 10, places=2)
    )
    factor = draw(st.decimals("0.98", "1.02", places=4))
    return before, (before * factor).quantize(Decimal("0.01"))


@settings(max_examples=100, deadline=None)
@given(st.tuples(two_days(NBT), two_days(CBU)))
def test_a_cross_s_change_is_the_change_of_the_printed_numbers(
    said: tuple[tuple[Decimal, Decimal], tuple[Decimal, Decimal]],
) -> None:
    """The percent is printed from this, so it must round as the exact one does."""
    boards = [
        board(bank, (MON, f"{before:f}"), (TUE, f"{now:f}"))
        for bank, (before, now) in zip((NBT, CBU), said, strict=True)
    ]
    found = made("TJS/UZS", *boards)
    (tjs_before, tjs), (uzs_before, uzs) = ((Fraction(before), Fraction(now)) for before, now in said)
    exact = ((uzs / tjs) / (uzs_before / tjs_before) - 1) * 100
    assert found.change_pct is not None
    assert abs(Fraction(found.change_pct) - exact) <= Fraction(1, 10**19)
    assert percent(found.change_pct) != "-0"


def test_nothing_on_the_way_to_a_rate_is_a_float() -> None:
    """Decimal itself raises here as soon as a float is mixed in, compared with or made into one."""
    with localcontext() as context:
        context.traps[FloatOperation] = True
        boards = (
            board(NBT, (MON, "9.3450"), (TUE, "9.3288")),
            board(CBU, (MON, "12194.21"), (TUE, "12142.10")),
        )
        found = made("TJS/UZS", *boards)
        assert found.change_pct is not None
        assert found.rel_uncertainty is not None
        assert five_decimals(found.value) == "1301.57148"
        assert percent(found.change_pct) == "-0.25"
        assert uncertainty_percent(found.rel_uncertainty) == "0.00058"
