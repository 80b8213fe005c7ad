"""What a pair is worth and how it changed, derived from stored observations with nothing rounded on the way."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rates.domain.derivation import derive
from rates.domain.display import ticker_text
from rates.domain.fixings import Doubt, Line, Status
from rates.domain.observations import Observation
from tests.suites.rates_builders import BY_ID, CBU, NBK, NBKR, NBT, PLAN_OF, line, observation

MON, TUE, WED, THU = (date(2026, 3, 30) + timedelta(days=days) for days in range(4))


def shown(found: Line) -> str:
    return ticker_text(found.fixing.pair, found.fixing.value, found.fixing.change_pct)


def test_the_som_moves_although_five_decimals_stand_still() -> None:
    """From rounded values this would be 0% both times, which looks like a broken ticker."""
    first = observation(CBU, MON, "12194.21")
    second = observation(CBU, TUE, "12142.10")
    third = observation(CBU, WED, "12149.39")
    assert shown(line(CBU, first)) == "UZS/USD = 0.00008"
    assert shown(line(CBU, first, second)) == "UZS/USD = 0.00008 0.43%"
    assert shown(line(CBU, first, second, third)) == "UZS/USD = 0.00008 -0.06%"


def test_the_tenge_changes_by_what_was_printed() -> None:
    """From rounded values it would be 0.48%."""
    found = line(NBK, observation(NBK, MON, "478.77"), observation(NBK, TUE, "475.09"))
    assert shown(found) == "KZT/USD = 0.00210 0.77%"


@pytest.mark.parametrize(
    ("before", "now", "told"),
    [("80.10", "80.00", "0.13%"), ("80.004", "80", "0.01%"), ("80", "80.0040", "0%")],
)
def test_a_change_that_ends_in_a_five_is_rounded_up(before: str, now: str, told: str) -> None:
    """80.10 to 80.00 is exactly 0.125 %: inverses rounded on the way would say 0.12."""
    found = line(NBKR, observation(NBKR, MON, before), observation(NBKR, TUE, now))
    assert shown(found).endswith(f" {told}")


def test_a_fixing_at_the_same_number_says_nought_percent() -> None:
    """KGS stands at 87.4500 for weeks when nobody trades: that is a fixing, not a stale number."""
    found = line(NBKR, *(observation(NBKR, day, "87.4500") for day in (MON, TUE, WED)))
    assert shown(found) == "KGS/USD = 0.01144 0%"
    assert found.status is Status.OK


def test_a_value_has_28_significant_digits() -> None:
    value = line(CBU, observation(CBU, MON, "12142.10")).fixing.value
    assert value == Decimal("0.00008235807644476655603231730920")
    assert len(value.as_tuple().digits) == 28


def test_no_change_is_known_without_an_earlier_session() -> None:
    found = line(NBT, observation(NBT, MON, "9.3450"))
    assert (found.fixing.change_pct, found.fixing.previous_on) == (None, None)
    assert shown(found) == "TJS/USD = 0.10701"


def test_no_change_is_known_against_a_session_long_ago() -> None:
    """We were away; what happened in between is not one change."""
    longest_holidays = observation(NBT, MON - timedelta(days=14), "9.3")
    away = observation(NBT, MON - timedelta(days=15), "9.3")
    now = observation(NBT, MON, "9.4")
    assert line(NBT, longest_holidays, now).fixing.change_pct is not None
    assert line(NBT, away, now).fixing.change_pct is None


def test_a_nominal_that_changes_is_no_jump() -> None:
    found = line(CBU, observation(CBU, MON, "12142.10"), observation(CBU, TUE, "121421.0", nominal=10))
    assert shown(found) == "UZS/USD = 0.00008 0%"


def test_a_correction_replaces_the_session_and_keeps_the_one_before() -> None:
    monday, tuesday = observation(NBK, MON, "478.77"), observation(NBK, TUE, "495.09")
    corrected = observation(NBK, TUE, "475.09", revision=2)
    found = line(NBK, monday, tuesday, corrected)
    assert shown(found) == "KZT/USD = 0.00210 0.77%"
    assert (found.fixing.revision, found.fixing.previous_on) == (2, MON)


@pytest.mark.parametrize(
    ("printed", "why"),
    [
        ("121421", Doubt.NOMINAL),
        ("121.42", Doubt.NOMINAL),
        ("0.0000824", Doubt.INVERTED),
        ("40000", Doubt.IMPLAUSIBLE),
    ],
)
def test_a_number_outside_its_band_is_doubted_with_a_reason(printed: str, why: Doubt) -> None:
    """An operator reads what to look for: a slip of the bank's, or a band grown too narrow."""
    assert derive(PLAN_OF["UZS"], [observation(CBU, MON, printed)]) is None
    found = line(CBU, observation(CBU, MON, "12142.10"), observation(CBU, TUE, printed, seen_again=True))
    assert found.status is Status.HELD
    assert f"held ({why})" in (found.note or "")


def test_a_doubted_number_leaves_the_last_good_line_held() -> None:
    good = (observation(NBK, MON, "478.77"), observation(NBK, TUE, "475.09"))
    found = line(NBK, *good, observation(NBK, WED, "47.51"))
    assert shown(found) == "KZT/USD = 0.00210 0.77%"
    assert found.status is Status.HELD
    assert found.note is not None
    assert "NBK's 47.51 KZT per 1 USD" in found.note
    assert "held (nominal): outside 200 to 1500" in found.note


def test_a_doubted_number_is_never_the_one_before() -> None:
    """A feed that was wrong for a day must not make the next day's change wrong as well."""
    found = line(
        NBK, observation(NBK, MON, "478.77"), observation(NBK, TUE, "4787.7"), observation(NBK, WED, "475.09")
    )
    assert shown(found) == "KZT/USD = 0.00210 0.77%"
    assert (found.status, found.fixing.previous_on) == (Status.OK, MON)


def test_a_doubted_correction_keeps_the_number_it_corrects() -> None:
    found = line(NBK, observation(NBK, MON, "478.77"), observation(NBK, MON, "0.0021", revision=2))
    assert (found.status, found.fixing.revision) == (Status.HELD, 1)


def test_nothing_is_shown_while_nothing_is_believed() -> None:
    assert derive(PLAN_OF["KZT"], [observation(NBK, MON, "0.0021")]) is None
    assert derive(PLAN_OF["KZT"], []) is None


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[Observation], list[Observation]]:
    """Some sessions of a bank, a few doubted or corrected, and the same in another order with repeats."""
    bank = draw(st.sampled_from(list(BY_ID.values())))
    low, high = int(bank.band.low), int(bank.band.high)
    days = draw(st.lists(st.integers(0, 40), min_size=1, max_size=8, unique=True))
    made = []
    for day in days:
        for revision in range(1, draw(st.integers(1, 3)) + 1):
            number = draw(st.decimals(low // 20, high * 20, places=4).filter(lambda value: value > 0))
            again = draw(st.booleans())
            made.append(
                observation(
                    bank, MON + timedelta(days=day), f"{number:f}", revision=revision, seen_again=again
                )
            )
    repeated = made + draw(st.lists(st.sampled_from(made), max_size=4))
    return made, draw(st.permutations(repeated))


@settings(deadline=None)
@given(histories())
def test_a_line_does_not_depend_on_the_order_in_which_documents_came(
    pair: tuple[list[Observation], list[Observation]],
) -> None:
    made, shuffled = pair
    plan = PLAN_OF[BY_ID[made[0].key.source].money]
    assert derive(plan, made) == derive(plan, shuffled)


@settings(deadline=None)
@given(histories())
def test_a_line_alone_shows_only_numbers_inside_the_band_or_near_the_one_before(
    pair: tuple[list[Observation], list[Observation]],
) -> None:
    made, _shuffled = pair
    bank = BY_ID[made[0].key.source]
    found = derive(PLAN_OF[bank.money], made)
    if found is not None and found.fixing.change_pct is not None:
        moved = abs(found.fixing.change_pct) > 5
        assert not moved or bank.band.holds((1 / found.fixing.value).quantize(Decimal("1e-9")))
