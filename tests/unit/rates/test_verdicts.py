"""When a number is sure, unconfirmed, suspect or held: by others of the same session and by the session before."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from rates.domain.banks import Bank
from rates.domain.derivation import derive
from rates.domain.display import ticker_text
from rates.domain.fixings import Doubt, Line, Status
from rates.domain.observations import Observation
from rates.domain.sources import CBR, CBT, MARKET
from tests.suites.rates_builders import CBU, NBK, NBKR, NBT, PLAN_OF, line, observation

MON, TUE, WED, THU = (date(2026, 3, 30) + timedelta(days=days) for days in range(4))
USD = {CBU: "12000.00", NBT: "9.6000", CBR: "80.0000", NBKR: "88.0000"}


def says(bank: Bank, day: date, per_dollar: int, *, times: int = 1) -> list[Observation]:
    """A witness's two rows, by which a dollar costs so many tenge, or a row off by a factor."""
    if bank in (MARKET, CBT):
        return [observation(bank, day, f"{per_dollar * times:.2f}", base="KZT")]
    row = Decimal(USD[bank]) / per_dollar * 100 * times
    return [observation(bank, day, f"{row:.4f}", nominal=100, base="KZT"), observation(bank, day, USD[bank])]


def tenge(*said: Observation) -> Line:
    found = derive(PLAN_OF["KZT"], said)
    assert found is not None
    return found


def test_a_number_that_nobody_else_knows_of_is_taken_as_it_is() -> None:
    """On a fresh system the authority answers first; silence is no contradiction."""
    assert tenge(observation(NBK, MON, "480")).status is Status.OK


@pytest.mark.parametrize(
    ("others", "status"),
    [
        ({CBU: 476}, Status.OK),
        ({CBU: 465}, Status.UNCONFIRMED),
        ({CBU: 550}, Status.UNCONFIRMED),
        ({CBU: 550, MARKET: 481}, Status.OK),
        ({CBU: 550, MARKET: 553}, Status.SUSPECT),
        ({CBU: 550, MARKET: 600}, Status.UNCONFIRMED),
        ({CBU: 550, MARKET: 553, CBR: 480}, Status.SUSPECT),
        ({CBU: 550, MARKET: 481, CBR: 480}, Status.OK),
    ],
    ids=lambda value: (
        " ".join(f"{bank.id} {number}" for bank, number in value.items())
        if isinstance(value, dict)
        else value
    ),
)
def test_others_of_the_same_session_confirm_or_dispute(others: dict[Bank, int], status: Status) -> None:
    """Two percent is agreement, more than five another number, and two origins that agree on it outweigh a bank."""
    said = [item for bank, number in others.items() for item in says(bank, MON, number)]
    # The session before is what stays on show while the newest is suspect.
    before = observation(NBK, MON - timedelta(days=3), "479")
    assert tenge(before, observation(NBK, MON, "480"), *said).status is status


def test_an_unconfirmed_number_says_what_others_say() -> None:
    found = tenge(observation(NBK, MON, "480"), *says(MARKET, MON, 465))
    assert found.note == (
        "NBK's 480 KZT per 1 USD of 2026-03-31 is not confirmed: "
        "others of the same session, per dollar: MARKET 465.000"
    )


def test_a_suspect_number_leaves_the_last_good_one_and_names_the_others() -> None:
    found = tenge(
        observation(NBK, MON, "479"),
        observation(NBK, TUE, "480"),
        *says(CBU, TUE, 550),
        *says(MARKET, TUE, 553),
    )
    assert (found.status, found.doubt, found.fixing.session_on) == (Status.SUSPECT, Doubt.DISPUTED, MON)
    assert "MARKET 553.000" in (found.note or "")


def test_others_of_another_session_say_nothing_of_this_one() -> None:
    """CBR's table of the day before must not confirm or dispute today's."""
    assert (
        tenge(observation(NBK, TUE, "480"), *says(CBU, MON, 550), *says(MARKET, MON, 551)).status is Status.OK
    )


def test_those_who_repeat_the_national_banks_have_one_voice_together() -> None:
    """CBR, CBT and NBT print copies: three of them are no majority against the bank itself."""
    found = tenge(
        observation(NBK, MON - timedelta(days=3), "479"),
        observation(NBK, MON, "480"),
        *says(CBR, MON, 550),
        *says(CBT, MON, 551),
        *says(NBT, MON, 552),
    )
    assert found.status is Status.UNCONFIRMED


def test_a_number_too_coarse_is_no_witness() -> None:
    coarse = [observation(NBKR, MON, "0.2", base="KZT"), observation(NBKR, MON, "88.0000")]
    assert tenge(observation(NBK, MON, "480"), *coarse).status is Status.OK


def test_a_witness_off_by_a_power_of_ten_is_an_outlier_and_shakes_nobody() -> None:
    found = tenge(observation(NBK, MON, "480"), *says(CBU, MON, 480, times=100))
    assert (found.status, found.outliers) == (Status.OK, ("CBU",))


def shown(found: Line) -> str:
    return ticker_text(found.fixing.pair, found.fixing.value, found.fixing.change_pct)


def test_a_devaluation_that_another_origin_sees_is_shown_at_once() -> None:
    """On 5 September 2017 the so'm was set from some 4,200 to 8,100 a dollar: a cap on size would freeze the ticker."""
    found = tenge(observation(NBK, MON, "480"), observation(NBK, TUE, "923.08"), *says(MARKET, TUE, 920))
    assert shown(found) == "KZT/USD = 0.00108 -48%"
    assert (found.status, found.confirmed_by) == (Status.OK, ("MARKET",))


def test_a_devaluation_that_nobody_else_sees_is_held_until_the_bank_shows_it_again() -> None:
    first = tenge(observation(NBK, MON, "480"), observation(NBK, TUE, "923.08"))
    assert (shown(first), first.status, first.doubt) == ("KZT/USD = 0.00208", Status.HELD, Doubt.JUMP)
    assert first.note == (
        "NBK's 923.08 KZT per 1 USD of 2026-04-01 is held (jump): after 480.000 per USD in the session of 2026-03-30, "
        "and neither another origin nor a later fetch says the same yet"
    )
    again = tenge(observation(NBK, MON, "480"), observation(NBK, TUE, "923.08", seen_again=True))
    assert (shown(again), again.status) == ("KZT/USD = 0.00108 -48%", Status.OK)


def test_the_table_of_the_day_after_confirms_a_jump_too() -> None:
    """An archive is read once; what the bank went on with is what it meant."""
    found = tenge(
        observation(NBK, MON, "480"), observation(NBK, TUE, "923.08"), observation(NBK, WED, "930.00")
    )
    assert (found.status, found.fixing.previous_on) == (Status.OK, TUE)
    assert shown(found) == "KZT/USD = 0.00108 -0.74%"


def test_a_jump_for_a_day_that_is_never_confirmed_is_in_no_change() -> None:
    found = tenge(observation(NBK, MON, "480"), observation(NBK, TUE, "560"), observation(NBK, WED, "480.48"))
    assert (shown(found), found.fixing.previous_on) == ("KZT/USD = 0.00208 -0.1%", MON)


@pytest.mark.parametrize(
    ("printed", "why"), [("48048", "nominal"), ("4.8048", "nominal"), ("0.0021", "inverted")]
)
def test_a_slip_stays_a_slip_however_often_it_is_shown(printed: str, why: str) -> None:
    said = [observation(NBK, MON, "480"), observation(NBK, TUE, printed, seen_again=True)]
    found = tenge(*said, observation(NBK, WED, printed, seen_again=True))
    assert (found.status, found.doubt, found.fixing.session_on) == (Status.HELD, Doubt(why), MON)


def test_a_slip_inside_a_wide_band_is_known_by_the_session_before() -> None:
    """An operator may have widened a band until ten times the rate fits in."""
    found = line(CBR, observation(CBR, MON, "25.0000"), observation(CBR, TUE, "250.0000", seen_again=True))
    assert (found.status, found.doubt) == (Status.HELD, Doubt.NOMINAL)


def test_a_rate_that_drifts_out_of_its_band_by_small_steps_goes_on_and_says_so() -> None:
    """A band is a guess of today; the bank has the last word where nothing jumped."""
    found = tenge(observation(NBK, MON, "1490"), observation(NBK, TUE, "1510"))
    assert (found.status, found.fixing.session_on) == (Status.UNCONFIRMED, TUE)
    assert "outside 200 to 1500" in (found.note or "")


def test_a_real_move_out_of_the_band_is_shown_when_another_origin_sees_it() -> None:
    said = [observation(NBK, MON, "1000"), observation(NBK, TUE, "1700")]
    assert tenge(*said).doubt is Doubt.IMPLAUSIBLE
    assert tenge(*said, *says(MARKET, TUE, 1690)).status is Status.OK


def test_a_euro_near_parity_is_not_taken_for_its_inverse() -> None:
    """At 0.97 and 1.03 a number and its inverse look alike."""
    ecb = PLAN_OF["EUR"].authority
    found = line(ecb, observation(ecb, MON, "0.9900"), observation(ecb, TUE, "1.0100"))
    assert found.status is Status.OK
