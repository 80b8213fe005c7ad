"""The sample banks: whatever day the newsroom starts, their last two tables give the ticker that the demo promises."""

import json
import re
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from functools import cache

import pytest
from defusedxml.ElementTree import fromstring

from rates.domain.calendars import NationalCalendar, working_day_after, working_day_before
from silkwire.newsroom.banks.answers import Banks
from silkwire.newsroom.banks.calendar import SETTLING, sessions_between, weekdays_between
from silkwire.newsroom.banks.tables import table

KG, KZ, TJ, UZ = (NationalCalendar(country) for country in ("KG", "KZ", "TJ", "UZ"))
FIRST = datetime(2026, 1, 1, tzinfo=UTC)
# A step that is no divisor of a day: the starts fall on all weekdays and on all hours.
STARTS = [FIRST + timedelta(days=day, minutes=day * 337 % 1440) for day in range(400)]
PROMISED = [
    "KGS/USD = 0.01190 0%",
    "KZT/USD = 0.00211 0%",
    "TJS/USD = 0.09438 0.21%",
    "UZS/USD = 0.00008 0%",
]
Quote = tuple[date, Decimal]
"""The date printed, and units of the bank's money per dollar."""


def nbk_rss(body: bytes) -> Quote:
    item = next(item for item in fromstring(body).iter("item") if item.findtext("title") == "USD")
    value = Decimal(item.findtext("description") or "") / Decimal(item.findtext("quant") or "")
    return day(item.findtext("pubDate")), value


def nbk_rates(body: bytes) -> Quote:
    root = fromstring(body)
    item = next(item for item in root.iter("item") if item.findtext("title") == "USD")
    value = Decimal(item.findtext("description") or "") / Decimal(item.findtext("quant") or "")
    return day(root.findtext("date")), value


def nbkr_daily(body: bytes) -> Quote:
    root = fromstring(body)
    item = next(item for item in root if item.get("ISOCode") == "USD")
    value = Decimal((item.findtext("Value") or "").replace(",", ".")) / Decimal(
        item.findtext("Nominal") or ""
    )
    return day(root.get("Date")), value


def nbkr_history(body: bytes) -> list[Quote]:
    rows = re.findall(rb"<!--date-->([\d.]+)<!--date-->.*?<!--value-->([\d,]+)<!--value-->", body)
    return [(day(when.decode()), Decimal(value.decode().replace(",", "."))) for when, value in rows]


def nbt(body: bytes) -> Quote:
    root = fromstring(body)
    item = next(item for item in root if item.findtext("CharCode") == "USD")
    value = Decimal(item.findtext("Value") or "") / Decimal(item.findtext("Nominal") or "")
    return date.fromisoformat(root.get("Date") or ""), value


def cbu(body: bytes) -> Quote:
    row = next(row for row in json.loads(body) if row["Ccy"] == "USD")
    return day(row["Date"]), Decimal(row["Rate"]) / Decimal(row["Nominal"])


def day(text: str | None) -> date:
    return datetime.strptime(text or "", "%d.%m.%Y").replace(tzinfo=UTC).date()


def line(base: str, now: Decimal, before: Decimal) -> str:
    """Write the ticker's line by its definition, with numbers of our own."""
    value = (1 / now).quantize(Decimal("0.00001"), ROUND_HALF_UP)
    percent = ((1 / now) / (1 / before) * 100 - 100).quantize(Decimal("0.01"), ROUND_HALF_UP)
    shown = f"{percent:f}".rstrip("0").rstrip(".") if percent else "0"
    return f"{base}/USD = {value:f} {shown}%"


def local_date(now: datetime, hours: int) -> date:
    return (now + timedelta(hours=hours)).date()


def lines(banks: Banks, now: datetime) -> list[str]:
    """Ask each bank for its newest session and the one before, as each is asked."""
    nbkr_label, kgs = nbkr_daily(banks.nbkr_daily(now)[0])
    kgs_session = working_day_before(nbkr_label, KG)
    past = nbkr_history(banks.nbkr_history("15", kgs_session - timedelta(days=14), kgs_session, now))
    nbk_label, kzt = nbk_rss(banks.nbk_latest(now))
    kzt_before = nbk_rates(banks.nbk_by_date(working_day_before(nbk_label, KZ), now))
    tjs_label, tjs = nbt(banks.nbt_by_date(local_date(now, 5), now))
    in_force = tjs_label if TJ.works_on(tjs_label) else working_day_before(tjs_label, TJ)
    tjs_before = nbt(banks.nbt_by_date(working_day_before(in_force, TJ), now))
    uzs_label, uzs = cbu(banks.cbu_latest(now))
    uzs_before = cbu(banks.cbu_by_date(working_day_before(uzs_label, UZ), now))
    assert kzt_before[0] == working_day_before(nbk_label, KZ)
    assert tjs_before[0] == working_day_before(in_force, TJ)
    assert uzs_before[0] == working_day_before(uzs_label, UZ)
    return [
        line("KGS", kgs, max(past)[1]),
        line("KZT", kzt, kzt_before[1]),
        line("TJS", tjs, tjs_before[1]),
        line("UZS", uzs, uzs_before[1]),
    ]


@pytest.mark.parametrize("month", range(14))
def test_the_last_two_sessions_give_the_promised_lines_on_any_day(month: int) -> None:
    for start in STARTS[month * 30 : month * 30 + 30]:
        assert lines(Banks(start), start) == PROMISED, start


def test_the_lines_hold_while_the_demo_starts() -> None:
    """No bank but one publishes within minutes of the start; that one changes its table at its own midnight."""
    for start in STARTS[:40]:
        late = start + SETTLING - timedelta(seconds=1)
        if local_date(late, 5) == local_date(start, 5):
            assert lines(Banks(start), late) == PROMISED, start


def test_labels_are_each_bank_s_own_over_a_weekend() -> None:
    friday_evening = datetime(2026, 6, 19, 13, 0, tzinfo=UTC)
    banks = Banks(friday_evening)
    assert nbk_rss(banks.nbk_latest(friday_evening))[0] == date(2026, 6, 22)
    assert cbu(banks.cbu_latest(friday_evening))[0] == date(2026, 6, 22)
    assert nbkr_daily(banks.nbkr_daily(friday_evening)[0])[0] == date(2026, 6, 20)
    assert nbt(banks.nbt_by_date(date(2026, 6, 19), friday_evening))[0] == date(2026, 6, 19)


def test_the_kyrgyz_file_is_stamped_anew_on_sunday_with_the_same_numbers() -> None:
    saturday, sunday = (datetime(2026, 6, day, 12, 0, tzinfo=UTC) for day in (20, 21))
    banks = Banks(datetime(2026, 6, 19, 13, 0, tzinfo=UTC))
    first, second = banks.nbkr_daily(saturday)[0], banks.nbkr_daily(sunday)[0]
    assert (nbkr_daily(first)[0], nbkr_daily(second)[0]) == (date(2026, 6, 21), date(2026, 6, 22))
    assert first.replace(b"21.06.2026", b"22.06.2026") == second


def test_dates_without_a_table_are_answered_in_each_bank_s_way() -> None:
    now = datetime(2026, 6, 17, 8, 0, tzinfo=UTC)
    banks = Banks(now)
    for far in (date(1993, 6, 1), date(2026, 7, 1)):
        said = fromstring(banks.nbk_by_date(far, now))
        assert said.findall("item") == []
        assert "информации нет" in (said.findtext("info") or "")
        assert banks.cbu_by_date(far, now) == b"[]"
        assert nbt(banks.nbt_by_date(far, now))[0] == date(2026, 6, 17)
        assert nbkr_history(banks.nbkr_history("15", far, far, now)) == []
    assert banks.cbu_by_date(date(2026, 6, 14), now) == b"[]"
    assert nbkr_history(banks.nbkr_history("999", date(2026, 1, 1), date(2026, 12, 31), now)) == []


def test_a_weekend_date_repeats_the_table_in_force_under_its_own_date() -> None:
    monday = datetime(2026, 6, 22, 8, 0, tzinfo=UTC)
    banks = Banks(monday)
    saturday = nbk_rates(banks.nbk_by_date(date(2026, 6, 20), monday))
    sunday = nbk_rates(banks.nbk_by_date(date(2026, 6, 21), monday))
    assert saturday == (date(2026, 6, 20), sunday[1])
    assert b"<change>0.00</change>" in banks.nbk_by_date(date(2026, 6, 21), monday)
    friday = nbt(banks.nbt_by_date(date(2026, 6, 19), monday))
    assert nbt(banks.nbt_by_date(date(2026, 6, 21), monday)) == (date(2026, 6, 21), friday[1])


def test_tables_are_as_long_as_the_banks_print_them() -> None:
    assert {bank: len(table(bank, 0)) for bank in ("NBK", "NBKR", "NBT", "CBU")} == {
        "NBK": 40,
        "NBKR": 5,
        "NBT": 36,
        "CBU": 63,
    }


def test_three_tables_stand_still_between_the_two_sessions_and_one_moves() -> None:
    """An unmoved table under a new working day's label is a fixing, and prints 0%."""
    for bank in ("NBK", "NBKR", "CBU"):
        assert [row.value for row in table(bank, -1)] == [row.value for row in table(bank, 0)]
    assert [row.value for row in table("NBT", -1)] != [row.value for row in table("NBT", 0)]


def test_the_som_moves_but_for_the_promised_lines() -> None:
    """The README's own plot is of it."""
    values = {
        row.value for number in range(-250, 0) for row in table("NBKR", number) if row.currency.iso == "USD"
    }
    assert len(values) > 200
    assert max(values) / min(values) < Decimal("1.2")


@cache
def per_dollar(bank: str, iso: str, number: int) -> Decimal:
    rows = {row.currency.iso: row for row in table(bank, number)}
    return rows["USD"].value * rows[iso].nominal / rows[iso].value


@pytest.mark.parametrize("number", [0, 5, 60])
def test_the_banks_agree_with_each_other(number: int) -> None:
    """Who compares them must find no outlier."""
    for bank, iso, own in (
        ("CBU", "KZT", "NBK"),
        ("NBT", "KGS", "NBKR"),
        ("NBK", "TJS", "NBT"),
        ("CBU", "KGS", "NBKR"),
    ):
        official = {row.currency.iso: row.value for row in table(own, number)}["USD"]
        assert abs(per_dollar(bank, iso, number) / official - 1) < Decimal("0.01")


def test_later_sessions_go_on_and_stay_believable() -> None:
    start = datetime(2026, 6, 17, 8, 0, tzinfo=UTC)
    banks = Banks(start)
    seen = set()
    for weeks in range(1, 27):
        now = start + timedelta(weeks=weeks)
        assert nbk_rss(banks.nbk_latest(now))[0] == working_day_after(now.date() - timedelta(days=1), KZ)
        seen.add(nbk_rss(banks.nbk_latest(now))[1])
    assert len(seen) > 20
    assert all(Decimal(400) < value < Decimal(560) for value in seen)
    assert banks.sessions(start + timedelta(days=1))["NBK"] == date(2026, 6, 17)


def test_sessions_are_counted_over_weekends_and_holidays() -> None:
    for first in (date(2026, 6, 15) + timedelta(days=away) for away in range(5)):
        counted, session_on = 0, first
        while counted < 30:
            counted, session_on = counted + 1, working_day_after(session_on, KG)
            assert sessions_between(first, session_on, KG) == counted
            assert sessions_between(session_on, first, KG) == -counted


def test_weekdays_are_counted_without_looking_at_each() -> None:
    for first in (date(2026, 6, 15) + timedelta(days=away) for away in range(8)):
        for apart in range(30):
            days = [first + timedelta(days=number) for number in range(1, apart + 1)]
            counted = sum(each.weekday() < 5 for each in days)
            assert weekdays_between(first, first + timedelta(days=apart)) == counted


@pytest.mark.parametrize("year", [1994, 2005, 2015, 2025])
def test_the_archives_go_back_as_far_as_any_backfill(year: int) -> None:
    """The README's own example begins in 2015; a range without a single row is one that a bank has never answered."""
    now = datetime(2026, 6, 17, 8, 0, tzinfo=UTC)
    banks, first, last = Banks(now), date(year, 2, 1), date(year, 3, 1)
    kgs = nbkr_history(banks.nbkr_history("15", first, last, now))
    tjs = fromstring(banks.nbt_range("USD", first, last, now)).findall("Record")
    assert 15 < len(kgs) == len(dict(kgs)) < 24
    assert 15 < len(tjs) < 24
    assert all(Decimal(40) < value < Decimal(200) for _, value in kgs)
    kzt = nbk_rates(banks.nbk_by_date(date(year, 2, 10), now))
    uzs = cbu(banks.cbu_by_date(date(year, 2, 10), now)) if date(year, 2, 10).weekday() < 5 else None
    assert Decimal(200) < kzt[1] < Decimal(1500)
    assert uzs is None or Decimal(5000) < uzs[1] < Decimal(30000)


def test_codes_keep_their_zeros_and_numbers_their_form() -> None:
    now = datetime(2026, 6, 17, 8, 0, tzinfo=UTC)
    banks = Banks(now)
    rows = {row["Ccy"]: row for row in json.loads(banks.cbu_latest(now))}
    assert rows["AUD"]["Code"] == "036"
    assert all(isinstance(value, str) for row in rows.values() for key, value in row.items() if key != "id")
    assert all(re.fullmatch(r"\d+\.\d\d", row["Rate"]) for row in rows.values())
    nbt_rows = {item.findtext("CharCode"): item for item in fromstring(banks.nbt_by_date(now.date(), now))}
    assert (nbt_rows["AUD"].get("ID"), nbt_rows["RUB"].get("ID")) == ("36", "810")
    assert re.search(rb"<Value>\d+,\d{4}</Value>", banks.nbkr_daily(now)[0])
