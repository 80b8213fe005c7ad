"""Whose number is shown, who steps in, and what is a cross: from observations of many sources to one line."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rates.domain.banks import Bank
from rates.domain.calendars import Weekdays
from rates.domain.derivation import derive
from rates.domain.display import ticker_text
from rates.domain.fixings import Line, Method, Status
from rates.domain.observations import Observation
from rates.domain.sources import CBR, CBT, ECB, MARKET
from tests.suites.rates_builders import CBU, NBK, NBKR, NBT, PLAN_OF, observation

MON = date(2026, 3, 30)
DAYS = [day for day in (MON + timedelta(days=offset) for offset in range(28)) if Weekdays().works_on(day)]


def derived(money: str, *said: Observation) -> Line:
    found = derive(PLAN_OF[money], said)
    assert found is not None
    return found


def shown(found: Line) -> str:
    return ticker_text(found.fixing.pair, found.fixing.value, found.fixing.change_pct)


def cross(bank: Bank, day: date, code: str, row: tuple[str, int], usd: str) -> list[Observation]:
    """Two rows of one document."""
    value, nominal = row
    return [observation(bank, day, value, nominal=nominal, base=code), observation(bank, day, usd)]


def test_the_rouble_is_the_bank_of_russias_dollar_turned_round() -> None:
    found = derived("RUB", observation(CBR, DAYS[0], "75.0000"), observation(CBR, DAYS[1], "75.5273"))
    assert shown(found) == "RUB/USD = 0.01324 -0.7%"
    assert (found.fixing.method, found.fixing.source) == (Method.INVERSE, "CBR")


def test_the_euro_is_what_the_european_bank_printed() -> None:
    found = derived("EUR", observation(ECB, DAYS[0], "1.1752"), observation(ECB, DAYS[1], "1.1831"))
    assert found.fixing.value == Decimal("1.1831")
    assert (shown(found), found.fixing.method) == ("EUR/USD = 1.18310 0.67%", Method.PUBLISHED)


def test_the_yuan_is_a_cross_of_two_rows_of_one_document() -> None:
    """The recorded document of 7 January 2015: 1.1831 dollars and 7.3512 yuan per euro."""
    found = derived("CNY", *cross(ECB, DAYS[0], "CNY", ("7.3512", 1), "1.1831"))
    assert shown(found) == "CNY/USD = 0.16094"
    assert (found.fixing.source, found.fixing.method) == ("ECB", Method.CROSS)
    assert found.fixing.rel_uncertainty is not None
    assert f"{found.fixing.rel_uncertainty:.7f}" == "0.0000491"


def test_two_rows_of_two_days_make_no_cross() -> None:
    """Yesterday's yuan over today's dollar is nobody's number."""
    said = [observation(ECB, DAYS[0], "7.3512", base="CNY"), observation(ECB, DAYS[1], "1.1831")]
    assert derive(PLAN_OF["CNY"], said) is None


def test_a_corrected_row_makes_a_corrected_cross() -> None:
    corrected = observation(ECB, DAYS[0], "1.1931", revision=2)
    found = derived("CNY", *cross(ECB, DAYS[0], "CNY", ("7.3512", 1), "1.1831"), corrected)
    assert shown(found) == "CNY/USD = 0.16230"
    assert found.fixing.revision == 2


def test_the_uncertainty_is_half_of_the_last_digit() -> None:
    found = derived("KZT", observation(NBK, DAYS[0], "475.09"))
    assert found.fixing.rel_uncertainty == Decimal("0.00001052432170746595381927634764")


@pytest.mark.parametrize("sessions", [0, 1, 4])
def test_an_authority_that_missed_less_than_a_week_is_waited_for(sessions: int) -> None:
    said = [observation(NBT, DAYS[0], "9.3288")]
    for day in DAYS[1 : 1 + sessions]:
        said += cross(CBR, day, "TJS", ("81.9000", 10), "75.5273")
    assert derived("TJS", *said).fixing.source == "NBT"


def test_an_authority_on_holiday_is_not_away() -> None:
    """Kyrgyzstan rested from 1 to 10 May 2026, Uzbekistan on the 1st and the 9th: the som is still NBKR's of April."""
    may = [date(2026, 5, day) for day in (4, 5, 6, 7, 8)]
    said = [observation(NBKR, date(2026, 4, 30), "87.4500")]
    for day in may:
        said += cross(CBU, day, "KGS", ("138.85", 1), "12142.10")
    assert derived("KGS", *said).fixing.source == "NBKR"


def test_a_stand_in_is_named_and_its_first_number_has_no_change() -> None:
    """NBT's 9.3288 and CBR's 9.2219 are two banks' numbers: their difference is no change of the somoni."""
    said = [observation(NBT, DAYS[0], "9.3288")]
    for day in DAYS[11:16]:
        said += cross(CBR, day, "TJS", ("81.9000", 10), "75.5273")
    found = derived("TJS", *said)
    assert shown(found) == "TJS/USD = 0.10844 0%"
    assert found.fixing.source == "CBR"
    assert found.status is Status.UNCONFIRMED
    assert found.note == "NBT has fixed nothing since 2026-03-30; this is CBR's number"


def test_a_stand_in_that_another_confirms_is_sure_and_still_says_whose_it_is() -> None:
    said = [observation(NBT, DAYS[0], "9.3288")]
    for day in DAYS[1:7]:
        said += cross(CBR, day, "TJS", ("81.9000", 10), "75.5273")
        said += cross(CBU, day, "TJS", ("1306.40", 1), "12142.10")
    found = derived("TJS", *said)
    assert (found.status, found.confirmed_by) == (Status.OK, ("CBU",))
    assert found.note is not None


def test_an_authority_that_comes_back_is_shown_again_with_a_change_of_its_own_or_none() -> None:
    said = [observation(NBT, DAYS[0], "9.3288")]
    for day in DAYS[1:13]:
        said += cross(CBR, day, "TJS", ("81.9000", 10), "75.5273")
    back = derived("TJS", *said, observation(NBT, DAYS[12], "9.3450"))
    assert (back.fixing.source, back.fixing.change_pct, back.status) == ("NBT", None, Status.OK)
    soon = derived("TJS", *said[:13], observation(NBT, DAYS[6], "9.3450"))
    assert shown(soon) == "TJS/USD = 0.10701 -0.17%"


def test_a_coarse_cross_never_stands_in() -> None:
    """NBK's som of two decimals is known to 0.09 %, NBT's so'm of 0.0780 per hundred to 0.06 %."""
    said = [observation(NBKR, DAYS[0], "87.45")]
    for day in DAYS[1:9]:
        said += cross(NBK, day, "KGS", ("5.47", 1), "478.77")
    assert derived("KGS", *said).fixing.source == "NBKR"
    said = [observation(CBU, DAYS[0], "12142.10")]
    for day in DAYS[1:9]:
        said += cross(NBT, day, "UZS", ("0.0780", 100), "9.3450")
    assert derived("UZS", *said).fixing.source == "CBU"


def test_without_any_word_of_the_authority_a_week_of_another_bank_is_shown() -> None:
    said = [item for day in DAYS[:5] for item in cross(CBR, day, "KZT", ("15.9000", 100), "75.5273")]
    assert derive(PLAN_OF["KZT"], said[:8]) is None
    found = derived("KZT", *said)
    assert found.note == "NBK has fixed nothing yet; this is CBR's number"


def test_the_manat_is_its_declared_peg_and_never_anyones_printed_number() -> None:
    """CBU printed 4037.68 so'm per manat on 1 April 2026, which is 16 % too much, and 3469.17 the day after."""
    first = cross(CBU, DAYS[1], "TMT", ("4037.68", 1), "12194.21")
    second = cross(CBU, DAYS[2], "TMT", ("3469.17", 1), "12142.10")
    wrong = derived("TMT", *first)
    assert (shown(wrong), wrong.status) == ("TMT/USD = 0.28571", Status.UNCONFIRMED)
    assert wrong.note == (
        "the declared 3.5 TMT per USD is in doubt: others of the same session, per dollar: CBU 3.02010"
    )
    right = derived("TMT", *first, *second)
    assert (shown(right), right.status, right.fixing.method) == (
        "TMT/USD = 0.28571 0%",
        Status.OK,
        Method.PEG,
    )
    assert right.confirmed_by == ("CBU",)


def test_one_banks_slip_does_not_shake_a_peg_that_others_see() -> None:
    found = derived(
        "TMT",
        *cross(CBU, DAYS[1], "TMT", ("4037.68", 1), "12194.21"),
        observation(CBT, DAYS[1], "3.5", base="TMT"),
    )
    assert (found.status, found.confirmed_by, found.outliers) == (Status.OK, ("CBT",), ("CBU",))


def test_a_peg_that_two_others_see_broken_is_suspect() -> None:
    found = derived(
        "TMT",
        observation(MARKET, DAYS[1], "4.2000", base="TMT"),
        *cross(CBU, DAYS[1], "TMT", ("2903.40", 1), "12194.21"),
    )
    assert (found.status, found.fixing.value) == (Status.SUSPECT, Decimal("0.2857142857142857142857142857"))


def test_nobody_prints_the_manat_so_nothing_is_shown() -> None:
    assert derive(PLAN_OF["TMT"], []) is None


NUMBERS = st.decimals("0.5", "20000", places=4)


@settings(deadline=None)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from([NBK, NBKR, NBT, CBU, CBR, CBT, MARKET]),
            st.sampled_from(DAYS[:8]),
            st.sampled_from(["USD", "KGS"]),
            NUMBERS,
            st.sampled_from([1, 10, 100]),
        ),
        max_size=30,
    ),
    chance=st.randoms(use_true_random=False),
)
def test_the_order_in_which_sources_answered_does_not_matter(
    rows: list[tuple[Bank, date, str, Decimal, int]], chance: object
) -> None:
    """Two replicas that heard the same must show the same."""
    made = {
        (bank.id, day, code): observation(bank, day, f"{value:f}", nominal=nominal, base=code)
        for bank, day, code, value, nominal in rows
        if bank.money != code
    }
    said = list(made.values())
    shuffled = list(said)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert derive(PLAN_OF["KGS"], said) == derive(PLAN_OF["KGS"], shuffled)
