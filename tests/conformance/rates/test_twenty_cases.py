"""Twenty nasty cases, numbered as in the study of the sources: the first thirteen, of documents and what they say.

Where a case was recorded its bytes are the recorded ones; a day of it that was not is the recorded one with that day's
date and known numbers put in; the rest is built in the shape of what was seen.
"""

from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from rates.domain import cbr, cbu, nbk, nbkr, nbt
from rates.domain.archives import ARCHIVES, check_range
from rates.domain.banks import Bank
from rates.domain.derivation import derive
from rates.domain.fixings import Line, Status, rounded
from rates.domain.quotes import quotes_of
from rates.domain.sources import CBR
from rates.domain.tables import DocumentRefusedError, DropReason, NoData, Reading, Reason, Row, Table
from rates.domain.verdicts import VOTE_UNCERTAINTY
from rates.ports import Outcome
from tests.suites import rates_documents as documents
from tests.suites.rates_builders import CBU, NBK, NBKR, NBT, PLAN_OF, observation
from tests.suites.rates_rig import Rig

APRIL_1, APRIL_2, APRIL_3 = (date(2026, 4, day) for day in (1, 2, 3))


def table(reading: Reading) -> Table:
    assert isinstance(reading, Table)
    return reading


def day_after(payload: bytes, *changes: tuple[str, str]) -> bytes:
    """The recorded bytes with another day's date and numbers put in."""
    for old, new in changes:
        assert old.encode() in payload
        payload = payload.replace(old.encode(), new.encode())
    return payload


def board(rig: Rig, pair: str) -> Line:
    return rig.boards.boards[pair].line


async def cbu_rig(recorded: Path, today: date = APRIL_1) -> tuple[Rig, bytes, bytes, bytes]:
    """CBU's tables labelled 1, 2 and 3 April 2026; the first is known as yesterday's."""
    first = (recorded / "cbu" / "all.2026-04-01.json").read_bytes()
    moved = ('"12194.21"', '"12142.10"'), ('"4037.68"', '"3469.17"')
    second = day_after(first, ("01.04.2026", "02.04.2026"), *moved)
    third = day_after(second, ("02.04.2026", "03.04.2026"), ('"12142.10"', '"12149.39"'))
    rig = Rig(today)
    rig.archived(CBU, APRIL_1, first)
    return rig, first, second, third


async def test_case_01_the_som_moves_though_five_decimals_stand_still(recorded: Path) -> None:
    rig, _first, second, third = await cbu_rig(recorded)
    rig.latest(CBU, second)
    await rig.poller.poll(CBU)
    assert rig.shown(CBU) == "UZS/USD = 0.00008 0.43%"
    rig.move_to(APRIL_2)
    rig.latest(CBU, third)
    await rig.poller.poll(CBU)
    assert rig.shown(CBU) == "UZS/USD = 0.00008 -0.06%"


async def test_case_02_the_tenge_changes_by_unrounded_numbers(recorded: Path) -> None:
    """Numbers rounded before the division would say 0.48%."""
    first = (recorded / "nbk" / "get_rates.2026-04-01.xml").read_bytes()
    second = day_after(first, ("01.04.2026", "02.04.2026"), (">478.77<", ">475.09<"))
    rig = Rig(APRIL_2)
    rig.archived(NBK, APRIL_1, first)
    rig.archived(NBK, APRIL_2, second)
    await rig.poller.poll(NBK)
    assert rig.shown(NBK) == "KZT/USD = 0.00210 0.77%"


async def test_case_03_a_manat_that_is_16_percent_wrong_is_never_shown(recorded: Path) -> None:
    """The peg is shown, in doubt on the first day and sure on the second; at no time does it move by 16 %."""
    rig, first, second, _third = await cbu_rig(recorded, date(2026, 3, 31))
    rig.latest(CBU, first)
    await rig.poller.poll(CBU)
    doubted = board(rig, "TMT/USD")
    assert (doubted.status, doubted.fixing.value) == (
        Status.UNCONFIRMED,
        Decimal("0.2857142857142857142857142857"),
    )
    assert "CBU 3.02010" in (doubted.note or "")
    rig.move_to(APRIL_1)
    rig.latest(CBU, second)
    await rig.poller.poll(CBU)
    after = board(rig, "TMT/USD")
    assert (after.status, after.fixing.value, after.fixing.change_pct) == (
        Status.OK,
        doubted.fixing.value,
        Decimal(0),
    )


async def test_case_04_a_sunday_file_is_fridays_and_mondays_change_is_against_friday(recorded: Path) -> None:
    sunday = (recorded / "nbkr" / "daily.2026-05-24.xml").read_bytes()
    rig = Rig(date(2026, 5, 23))
    rig.latest(NBKR, sunday)
    await rig.poller.poll(NBKR)
    rig.move_to(date(2026, 5, 24))
    rig.latest(NBKR, day_after(sunday, ("24.05.2026", "25.05.2026")))
    assert (await rig.poller.poll(NBKR)).outcome is Outcome.UNCHANGED
    assert len(rig.events()) == 1
    rig.move_to(date(2026, 5, 25))
    rig.latest(NBKR, day_after(sunday, ("24.05.2026", "26.05.2026"), ("87,4500", "87,5000")))
    await rig.poller.poll(NBKR)
    assert rig.shown(NBKR) == "KGS/USD = 0.01143 -0.06%"
    assert board(rig, "KGS/USD").fixing.previous_on == date(2026, 5, 22)


async def test_case_05_the_rss_of_april_2016_with_two_digit_years_and_dead_money() -> None:
    """Its own change of 0.00 on a Monday is the weekend's; ours comes of what we have."""
    dead = "".join(
        documents.nbk_row(code, day, "95.9")
        for code, day in (("LVL", "31.12.13"), ("EEK", "31.12.10"), ("TRL", "05.01.05"), ("XDR", "31.12.13"))
    )
    rss = documents.nbk_rss("18.04.16", "334.41", uzs="11.60", more=dead)
    found = table(nbk.parse(rss))
    assert (found.label_on, found.row("UZS")) == (date(2016, 4, 18), Row("UZS", 100, Decimal("11.60"), 2))
    assert {row.reason for row in found.dropped} == {DropReason.RETIRED, DropReason.FROZEN}
    assert len(found.dropped) == 4
    rig = Rig(date(2016, 4, 18))
    rig.latest(NBK, rss)
    rig.archived(NBK, date(2016, 4, 15), documents.nbk(date(2016, 4, 15), "336.08"))
    await rig.poller.poll(NBK)
    assert rig.shown(NBK) == "KZT/USD = 0.00299 0.5%"


def test_case_06_the_weekly_file_is_read_by_names_and_its_som_is_too_coarse() -> None:
    found = table(nbkr.parse(documents.nbkr_weekly(date(2026, 5, 23)), wanted=()))
    assert found.row("UZS") == Row("UZS", 1, Decimal("0.0073"), 4)
    assert [(row.code, row.reason) for row in found.dropped] == [("BYR", DropReason.RETIRED)]
    day = date(2026, 5, 22)
    weekly = [observation(NBKR, day, "0.0073", base="UZS"), observation(NBKR, day, "87.4500")]
    [coarse] = quotes_of(NBKR, PLAN_OF["UZS"].pair, weekly)[day]
    assert f"{rounded(coarse.rel_uncertainty, 2):f}" == "0.0068"
    assert coarse.rel_uncertainty > VOTE_UNCERTAINTY
    assert derive(PLAN_OF["UZS"], weekly) is None


def test_case_07_the_bytes_of_the_bank_of_russia(recorded: Path) -> None:
    """As UTF-8 they cannot be decoded, and its VunitRate has an exponent; Value over Nominal is exact."""
    payload = (recorded / "cbr" / "XML_daily.2026-04-25.xml").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        payload.decode("utf-8")
    found = table(cbr.parse(payload))
    assert found.row("KGS") == Row("KGS", 100, Decimal("86.4125"), 4)
    rial = found.row("IRR")
    assert rial is not None
    assert (rial.nominal, rial.scale) == (1_000_000, 4)


def test_case_08_a_nominal_that_changes_is_no_jump(recorded: Path) -> None:
    """The som was priced per 10 in 2023 and per 100 in 2026, the so'm per 1000 in 2016 and per 10,000 since."""
    per_dollar: dict[str, list[str]] = {"KGS": [], "UZS": []}
    for name in (
        "RussianCentralBank__historical.xml",
        "XML_daily.2023-11-02.xml",
        "XML_daily.2026-04-25.xml",
    ):
        found = table(cbr.parse((recorded / "cbr" / name).read_bytes()))
        day = CBR.session_of(found.label_on)
        said = [
            observation(CBR, day, f"{row.value:f}", nominal=row.nominal, base=row.code)
            for row in (found.row("USD"), found.row("KGS"), found.row("UZS"))
            if row is not None
        ]
        for money, numbers in per_dollar.items():
            [quote] = quotes_of(CBR, PLAN_OF[money].pair, said)[day]
            numbers.append(f"{rounded(quote.per_dollar, 6):f}")
    assert per_dollar == {
        "KGS": ["68.3250", "89.3197", "87.4032"],
        "UZS": ["2980.01", "12234.4", "12020.5"],
    }


async def test_case_09_a_table_dated_tomorrow_and_one_dated_saturday_are_todays_and_fridays(
    recorded: Path,
) -> None:
    """Who skips Saturday's date loses Friday's fixing every week."""
    saturday = (recorded / "cbr" / "XML_daily.2026-04-25.xml").read_bytes()
    friday_night, sunday = date(2026, 4, 24), date(2026, 4, 26)
    rig = Rig(friday_night)
    rig.latest(CBR, saturday)
    assert (await rig.poller.poll(CBR)).outcome is Outcome.FIXED
    assert board(rig, "RUB/USD").fixing.session_on == friday_night
    rig.move_to(sunday)
    assert (await rig.poller.poll(CBR)).outcome is Outcome.UNCHANGED
    assert [event.event_subject for event in rig.events()].count("RUB/USD") == 1


@pytest.mark.parametrize("bank", [CBR, NBK, NBKR, NBT, CBU], ids=lambda bank: bank.id)
async def test_case_10_what_comes_with_status_200_and_is_no_table(recorded: Path, bank: Bank) -> None:
    error = (recorded / "cbr" / "RussianCentralBank__historical_error.xml").read_bytes()
    good = (recorded / "cbr" / "XML_daily.2026-04-25.xml").read_bytes()
    answers = {
        "empty": b"",
        "html": documents.HTML,
        "malformed": good[: len(good) // 2],
    }
    rig = Rig(APRIL_1)
    for reason, answer in answers.items():
        for ask in bank.latest(APRIL_1):
            rig.banks.put(bank.id, ask.path, answer)
        report = await rig.poller.poll(bank)
        assert (report.outcome, report.reason) == (Outcome.REFUSED, reason)
    for answer in (error, b"\x1f\x8b\x08\x00\x00garbage"):
        for ask in bank.latest(APRIL_1):
            rig.banks.put(bank.id, ask.path, answer)
        assert (await rig.poller.poll(bank)).outcome is Outcome.REFUSED
    assert rig.boards.boards == {}
    with pytest.raises(DocumentRefusedError) as caught:
        cbr.parse(error)
    assert caught.value.reason is Reason.BANK_ERROR


@pytest.mark.parametrize("asked_on", [date(2000, 1, 1), date(2026, 6, 18)])
async def test_case_11_another_day_than_asked_for_is_discarded(recorded: Path, asked_on: date) -> None:
    """For a day it does not know NBT gives today's table; without export=xmlout a page of help."""
    today = (recorded / "nbt" / "export_xml.2026-05-18.xml").read_bytes()
    rig = Rig(asked_on)
    rig.latest(NBT, today)
    assert (await rig.poller.poll(NBT)).outcome is Outcome.REFUSED
    rig.latest(NBT, documents.HTML)
    assert (await rig.poller.poll(NBT)).reason == "html"
    assert rig.observations.kept == []


def test_case_12_rows_of_nbt_are_known_by_their_letters(recorded: Path) -> None:
    """Its numbers say 810 for RUB, a rouble gone since 1998, and 36 for AUD, which ISO writes 036."""
    payload = (recorded / "nbt" / "export_xml.2026-05-18.xml").read_bytes()
    assert b'<Valute ID="810">' in payload
    assert b'<Valute ID="36">' in payload
    found = table(nbt.parse(payload))
    assert found.row("RUB") == Row("RUB", 1, Decimal("0.1277"), 4)
    assert found.row("AUD") is not None
    assert len(found.rows) == 36


def test_case_12_the_range_of_nbt_has_another_encoding_and_other_dates_than_its_day() -> None:
    """Read as the day's table is, it would give mojibake and no date, or the third of April for the fourth of March."""
    payload = documents.nbt_range((date(2026, 3, 4), "9.3450"), (date(2026, 4, 3), "9.3288"))
    with pytest.raises(UnicodeDecodeError):
        payload.decode("utf-8")
    found = nbt.read_range(payload, code="USD")
    assert [(item.label_on, item.row("USD")) for item in found] == [
        (date(2026, 3, 4), Row("USD", 1, Decimal("9.3450"), 4)),
        (date(2026, 4, 3), Row("USD", 1, Decimal("9.3288"), 4)),
    ]
    with pytest.raises(DocumentRefusedError) as caught:
        nbt.read_range(payload.replace(b"04.03.2026", b"2026-03-04"), code="USD")
    assert caught.value.reason is Reason.BAD_DATE
    ask = ARCHIVES[NBT.id].ask(date(2026, 4, 1), date(2026, 4, 30))
    with pytest.raises(DocumentRefusedError) as caught:
        check_range(ask.parse(payload), ask, NBT.calendar)
    assert caught.value.reason is Reason.OTHER_DATE


async def test_case_13_a_day_off_at_cbu_is_no_error_and_takes_nothing_away(recorded: Path) -> None:
    rig, _first, second, _third = await cbu_rig(recorded)
    rig.latest(CBU, second)
    await rig.poller.poll(CBU)
    rig.move_to(APRIL_1 + timedelta(days=4))
    rig.latest(CBU, documents.CBU_NO_DATA)
    assert (await rig.poller.poll(CBU)).outcome is Outcome.NO_DATA
    assert rig.shown(CBU) == "UZS/USD = 0.00008 0.43%"
    assert isinstance(cbu.parse(documents.CBU_NO_DATA), NoData)
    more = (
        documents.cbu_row("VND", APRIL_2, "4.6", None),
        documents.cbu_row("IRR", APRIL_2, "0"),
        documents.cbu_row("BDT", APRIL_2, "98.9"),
    )
    found = table(cbu.parse(documents.cbu(APRIL_2, "12142.10", *more)))
    assert [row.code for row in found.dropped] == ["VND", "IRR"]
    assert found.row("BDT") == Row("BDT", 1, Decimal("98.9"), 1)
