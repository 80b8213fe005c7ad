"""Recorded answers of CBR, ECB and CBT, read as they came."""

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from rates.domain import cbr, cbt, ecb
from rates.domain.tables import DocumentRefusedError, Reading, Reason, Row, Table


def table(reading: Reading) -> Table:
    assert isinstance(reading, Table)
    assert reading.dropped == ()
    return reading


@pytest.mark.parametrize(
    ("name", "label_on", "count", "nominals"),
    [
        ("RussianCentralBank__historical.xml", date(2016, 8, 23), 33, (100, 1000)),
        ("RussianCentralBank__success.xml", date(2016, 12, 9), 33, (100, 1000)),
        ("XML_daily.2023-11-02.xml", date(2023, 11, 2), 43, (10, 10_000)),
        ("XML_daily.2026-04-25.xml", date(2026, 4, 25), 54, (100, 10_000)),
    ],
)
def test_cbr_is_read_over_the_years_with_the_nominals_of_the_day(
    recorded: Path, name: str, label_on: date, count: int, nominals: tuple[int, int]
) -> None:
    """The som was quoted per 100, then per 10, then per 100 again, and the so'm per 1000, then per 10,000."""
    found = table(cbr.parse((recorded / "cbr" / name).read_bytes()))
    assert (found.label_on, len(found.rows)) == (label_on, count)
    som, sum_ = found.row("KGS"), found.row("UZS")
    assert som is not None
    assert sum_ is not None
    assert (som.nominal, sum_.nominal) == nominals
    assert (som.scale, sum_.scale) == (4, 4)


def test_cbr_of_25_april_2026(recorded: Path) -> None:
    found = table(cbr.parse((recorded / "cbr" / "XML_daily.2026-04-25.xml").read_bytes()))
    assert found.row("KGS") == Row("KGS", 100, Decimal("86.4125"), 4)
    assert found.row("UZS") == Row("UZS", 10_000, Decimal("62.8322"), 4)
    assert found.row("IRR") is not None


def test_the_recorded_error_of_cbr_is_the_banks(recorded: Path) -> None:
    with pytest.raises(DocumentRefusedError) as caught:
        cbr.parse((recorded / "cbr" / "RussianCentralBank__historical_error.xml").read_bytes())
    assert (caught.value.reason, caught.value.detail) == (Reason.BANK_ERROR, "Error in parameters")


def test_ecb_of_7_january_2015(recorded: Path) -> None:
    payload = (recorded / "ecb" / "eurofxref.2015-01-07.xml").read_bytes()
    found = table(ecb.parse(payload))
    assert (found.label_on, len(found.rows)) == (date(2015, 1, 7), 31)
    assert found.row("USD") == Row("USD", 1, Decimal("1.1831"), 4)
    assert found.row("CNY") == Row("CNY", 1, Decimal("7.3512"), 4)
    assert table(ecb.parse_history(payload, until_on=date(2015, 1, 9))) == found


def test_cbt_of_20_may_2026(recorded: Path) -> None:
    found = table(cbt.parse((recorded / "cbt" / "20052026.xml").read_bytes()))
    assert (found.label_on, len(found.rows)) == (date(2026, 5, 20), 48)
    assert found.row("TMT") == Row("TMT", 1, Decimal("3.5"), 1)
    assert found.row("KGS") == Row("KGS", 1, Decimal("87.45"), 2)
    assert found.row("UZS") == Row("UZS", 1, Decimal("12014.27"), 2)
    assert found.row("EUR") == Row("EUR", 1, Decimal("1.1614"), 4)
