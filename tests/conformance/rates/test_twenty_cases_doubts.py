"""Twenty nasty cases, numbered as in the study of the sources: the last seven, of standing still, doubt, text and time."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from rates.domain.banks import BANKS, Bank
from rates.domain.calendars import Weekdays
from rates.domain.derivation import derive
from rates.domain.display import five_decimals, percent, ticker_text
from rates.domain.fixings import Doubt, Line, Pair, Status
from rates.domain.observations import Observation
from rates.domain.sources import CBR, MARKET
from rates.ports import Outcome
from shared.contracts.rates import RateFixed
from tests.suites import rates_documents as documents
from tests.suites import rates_further_documents as further
from tests.suites.rates_builders import CBU, NBK, NBKR, NBT, PLAN_OF, observation
from tests.suites.rates_rig import Rig

APRIL_1, APRIL_2, APRIL_3 = (date(2026, 4, day) for day in (1, 2, 3))
DAYS = [day for day in (APRIL_1 + timedelta(days=days) for days in range(40)) if Weekdays().works_on(day)]


def derived(money: str, *said: Observation) -> Line:
    found = derive(PLAN_OF[money], said)
    assert found is not None
    return found


def shown(found: Line) -> str:
    return ticker_text(found.fixing.pair, found.fixing.value, found.fixing.change_pct)


async def test_case_14_a_som_that_stands_for_weeks_says_nought_percent_and_is_sure() -> None:
    """When nobody trades, the rate of the day before stays: the dollar cost 87.4500 in May and in September 2026."""
    days = [day for day in DAYS if NBKR.calendar.works_on(day)][:20]
    rig = Rig(days[0])
    rig.archived(NBKR, days[0], documents.nbkr_history((days[0], "87,4500")))
    for place, day in enumerate(days):
        rig.move_to(day)
        rig.latest(NBKR, documents.nbkr(day + timedelta(days=1), "87,4500", rub=f"1,{2000 + place}"))
        assert (await rig.poller.poll(NBKR)).outcome is Outcome.FIXED
        assert rig.shown(NBKR) == "KGS/USD = 0.01144 0%"
    assert rig.boards.boards["KGS/USD"].line.status is Status.OK


async def test_case_14_a_server_that_moves_only_its_date_is_stale_after_three_sessions() -> None:
    """EUR and RUB move every day: where they do not, 0% would be the server's word and not the bank's."""
    rig = Rig(DAYS[0])
    seen = []
    for day in DAYS[:4]:
        rig.move_to(day)
        rig.latest(NBKR, documents.nbkr(day + timedelta(days=1), "87,4500", rub="1,2263"))
        await rig.poller.poll(NBKR)
        seen.append((rig.boards.boards["KGS/USD"].line.status, rig.shown(NBKR)))
    assert seen == [
        (Status.OK, "KGS/USD = 0.01144"),
        (Status.OK, "KGS/USD = 0.01144 0%"),
        (Status.STALE, "KGS/USD = 0.01144"),
        (Status.STALE, "KGS/USD = 0.01144"),
    ]


def test_case_15_a_devaluation_of_48_percent_is_shown_when_confirmed_and_held_while_not() -> None:
    said = [observation(CBU, DAYS[0], "12142.10"), observation(CBU, DAYS[1], "23350.19")]
    alone = derived("UZS", *said)
    assert (shown(alone), alone.status, alone.doubt) == ("UZS/USD = 0.00008", Status.HELD, Doubt.JUMP)
    market = observation(MARKET, DAYS[1], "23400.50", base="UZS")
    cbr = [
        observation(CBR, DAYS[1], "32.5000", nominal=10_000, base="UZS"),
        observation(CBR, DAYS[1], "75.5273"),
    ]
    confirmed = derived("UZS", *said, market, *cbr)
    assert (shown(confirmed), confirmed.status) == ("UZS/USD = 0.00004 -48%", Status.OK)
    assert set(confirmed.confirmed_by) == {"MARKET", "CBR"}


@pytest.mark.parametrize(
    ("bank", "good", "wrong", "why"),
    [
        (CBU, "12142.10", "0.0000824", Doubt.INVERTED),
        (CBU, "12142.10", "1214210.00", Doubt.NOMINAL),
        (NBK, "475.09", "47509", Doubt.NOMINAL),
        (NBKR, "87.4500", "0.0114", Doubt.INVERTED),
        (NBT, "9.3450", "0.0935", Doubt.NOMINAL),
    ],
    ids=lambda value: value.id if isinstance(value, Bank) else str(value),
)
def test_case_16_a_table_turned_round_or_a_hundredfold_is_held_with_and_without_witnesses(
    bank: Bank, good: str, wrong: str, why: Doubt
) -> None:
    """On a weekend nobody else may have spoken: the band alone must do."""
    said = [observation(bank, DAYS[0], good), observation(bank, DAYS[1], wrong, seen_again=True)]
    found = derived(bank.money, *said)
    assert (found.status, found.doubt, found.fixing.session_on) == (Status.HELD, why, DAYS[0])
    market = observation(MARKET, DAYS[1], f"{Decimal(good):.2f}", base=bank.money)
    assert derived(bank.money, *said, market).doubt is why
    assert derive(PLAN_OF[bank.money], said[1:]) is None


def test_case_17_a_change_of_source_is_no_change_of_the_rate() -> None:
    """NBT's 9.3288 and another's 9.24 of one day are 0.96 % apart: neither the switch nor the way back may say so."""
    away = [observation(NBT, DAYS[0], "9.3288")]
    cbr = [
        [
            observation(CBR, day, "81.7395", nominal=10, base="TJS"),
            observation(CBR, day, "75.5273"),
        ]
        for day in (DAYS[0], *DAYS[12:17])
    ]
    others = [item for rows in cbr[1:] for item in rows]
    first_of_its_own = derived("TJS", *away, *others)
    assert (first_of_its_own.fixing.source, first_of_its_own.fixing.change_pct) == ("CBR", Decimal(0))
    assert first_of_its_own.status is Status.UNCONFIRMED
    back = derived("TJS", *away, *others, observation(NBT, DAYS[17], "9.3288"))
    assert (back.fixing.source, shown(back)) == ("NBT", "TJS/USD = 0.10719")


async def test_case_17_the_switch_itself_prints_no_percent() -> None:
    """Of the source that steps in only one session is near enough to be shown: its change is not known."""
    rows = []
    for day in (DAYS[0], DAYS[1], DAYS[2], DAYS[3], DAYS[18]):
        rows += [observation(CBR, day, "81.7395", nominal=10, base="TJS"), observation(CBR, day, "75.5273")]
    before = observation(NBT, DAYS[0] - timedelta(days=5), "9.3288")
    found = derived("TJS", before, *rows)
    assert (found.fixing.source, found.fixing.change_pct) == ("CBR", None)
    assert shown(found) == "TJS/USD = 0.10823"


def test_case_18_numbers_are_written_for_people_and_never_as_exponents() -> None:
    """Not `-0%`, not `1E+2%`, not `1%` for a hundred, not 8.2e-05 in JSON."""
    told = {change: percent(Decimal(change)) for change in ("-0.004", "100", "0.5", "0", "-0")}
    assert told == {"-0.004": "0", "100": "100", "0.5": "0.5", "0": "0", "-0": "0"}
    assert five_decimals(Decimal("0.000085")) == "0.00009"
    assert five_decimals(Decimal("0.0000049")) == "0.00000"
    assert ticker_text(Pair("UZS", "USD"), Decimal("8.2e-05"), Decimal("-0.004")) == "UZS/USD = 0.00008 0%"


async def test_case_18_an_event_says_its_numbers_in_full() -> None:
    rig = Rig(APRIL_1)
    rig.latest(CBU, documents.cbu(APRIL_2, "12142.10"))
    await rig.poller.poll(CBU)
    [event] = rig.events()
    said = json.loads(event.model_dump_json())
    assert said["value"].startswith("0.0000823580764447")
    assert "e-" not in json.dumps({key: value for key, value in said.items() if key != "source"}).lower()


def test_case_19_clocks_are_the_banks_own_whatever_the_machine_knows_of_zones() -> None:
    """Kazakhstan went from +6 to +5 on 1 March 2024; a machine with older zone data would be an hour wrong."""
    late = datetime(2026, 4, 1, 19, 30, tzinfo=UTC)
    today = {bank.id: bank.today_on(late) for bank in (*BANKS, CBR)}
    assert today == {"NBK": APRIL_2, "NBKR": APRIL_2, "NBT": APRIL_2, "CBU": APRIL_2, "CBR": APRIL_1}
    fixed = datetime(2026, 4, 1, 16, 20, tzinfo=NBKR.zone).astimezone(UTC)
    assert (fixed.hour, fixed.minute) == (10, 20)
    assert NBK.zone.utcoffset(None) == timedelta(hours=5)


def test_case_19_the_bank_of_russia_is_asked_day_first() -> None:
    """In the other order it answers for days up to the twelfth with another day's rates."""
    assert CBR.archived(date(2026, 3, 4)).path == "/scripts/XML_daily.asp?date_req=04/03/2026"


async def test_case_19_a_poll_across_midnight_in_greenwich_is_of_one_session() -> None:
    rig = Rig(APRIL_1)
    rig.latest(NBKR, documents.nbkr(APRIL_2, "87,4500"))
    rig.clock.advance(11 * 3600 + 3000)
    await rig.poller.poll(NBKR)
    rig.clock.advance(3600)
    assert (await rig.poller.poll(NBKR)).outcome is Outcome.UNCHANGED
    assert rig.boards.boards["KGS/USD"].line.fixing.session_on == APRIL_1


async def test_case_19_the_new_years_gap_is_not_stale_and_the_change_after_it_is_known() -> None:
    """The Bank of Russia fixed nothing from 31 December 2025 to 11 January 2026."""
    rig = await new_year_in_moscow()
    seen = []
    for day in range(1, 13):
        rig.move_to(date(2026, 1, day))
        await rig.poller.poll(CBR)
        seen.append(rig.boards.boards["RUB/USD"].line.status)
    assert seen == [Status.OK] * 12
    rig.latest(CBR, further.cbr(date(2026, 1, 13), "79,0000"))
    await rig.poller.poll(CBR)
    line = rig.boards.boards["RUB/USD"].line
    assert (line.fixing.previous_on, line.fixing.session_on) == (date(2025, 12, 30), date(2026, 1, 12))
    assert (rig.shown(CBR), line.status) == ("RUB/USD = 0.01266 1.27%", Status.OK)


async def test_case_19_who_is_silent_after_that_gap_is_late_in_the_evening_and_stale_the_next_day() -> None:
    rig = await new_year_in_moscow()
    rig.move_to(date(2026, 1, 12))
    seen = []
    for hours in (0, 3, 1, 8):
        rig.clock.advance(3600 * hours)
        await rig.poller.poll(CBR)
        seen.append(rig.boards.boards["RUB/USD"].line.status)
    assert seen == [Status.OK, Status.OK, Status.LATE, Status.STALE]


async def new_year_in_moscow() -> Rig:
    """The last table of 2025, of Tuesday 30 December."""
    rig = Rig(date(2025, 12, 30))
    rig.latest(CBR, further.cbr(date(2025, 12, 31), "80,0000"))
    await rig.poller.poll(CBR)
    return rig


async def test_case_20_a_correction_is_one_event_and_a_late_document_mends_the_change() -> None:
    """Polled twice it is told once; told again with another number it is revision 2; yesterday's may come last."""
    rig = Rig(APRIL_1)
    rig.latest(CBU, documents.cbu(APRIL_2, "12142.10"))
    await rig.poller.poll(CBU)
    await rig.poller.poll(CBU)
    assert rig.shown(CBU) == "UZS/USD = 0.00008"
    rig.clock.advance(900)
    rig.latest(CBU, documents.cbu(APRIL_2, "12143.10"))
    await rig.poller.poll(CBU)
    rig.archived(CBU, APRIL_1, documents.cbu(APRIL_1, "12194.21"))
    await Rig(APRIL_1, beside=rig).poller.poll(CBU)
    told = [event for event in rig.events() if isinstance(event, RateFixed)]
    assert [(event.seq, event.revision, event.session_on) for event in told] == [
        (1, 1, APRIL_1),
        (2, 2, APRIL_1),
        (3, 2, APRIL_1),
    ]
    assert (told[1].change_pct, told[2].change_pct is not None) == (None, True)
