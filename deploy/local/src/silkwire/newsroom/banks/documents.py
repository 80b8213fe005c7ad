"""Writes each bank's documents the way it writes them: elements, decimal signs, date forms, encodings."""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from xml.sax.saxutils import escape

from silkwire.newsroom import uzbek_script
from silkwire.newsroom.banks.tables import Row

_NBK_TITLE = "Official exchange rates of National Bank of Republic Kazakhstan"
_NBK_HEAD = (
    f"<title>{_NBK_TITLE}</title>\n<link>www.nationalbank.kz</link>\n<description>{_NBK_TITLE}</description>"
)
_NBT_ROUBLE = "810"
"""The bank numbers the rouble by the code that it lost in 1998."""


def nbk_by_date(label_on: date, rows: Sequence[Row], *, moved: bool) -> bytes:
    """Return National Bank of Kazakhstan's table of one date.

    Args:
        label_on: the date asked for.
        rows: the table in force; empty where the bank has none, which it says in words.
        moved: False on a day that only repeats the table of the day before.
    """
    items = "".join(_nbk_item(row, moved=moved) for row in rows)
    body = items or "<info>на запрошенную дату информации нет</info>\n"
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rates>\n<generator>Alternate RSS Builder</generator>\n'
        f"{_NBK_HEAD}\n<copyright>www.nationalbank.kz</copyright>\n<date>{label_on:%d.%m.%Y}</date>\n{body}</rates>\n"
    ).encode()


def _nbk_item(row: Row, *, moved: bool) -> str:
    index, change = _nbk_change(row, moved=moved)
    return (
        f"<item>\n<fullname>{escape(row.currency.ru.upper())}</fullname>\n<title>{row.currency.iso}</title>\n"
        f"<description>{_trimmed(row.value)}</description>\n<quant>{row.nominal}</quant>\n"
        f"<index>{index}</index>\n<change>{change}</change>\n</item>\n"
    )


def nbk_latest(label_on: date, rows: Sequence[Row], *, moved: bool) -> bytes:
    """Return National Bank of Kazakhstan's newest table, which has another shape than those by date."""
    items = "".join(_nbk_latest_item(label_on, row, moved=moved) for row in rows)
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0">\n<channel>\n'
        f"<generator>Alternate RSS Builder</generator>\n{_NBK_HEAD}\n"
        f"<language>ru</language>\n<copyright>www.nationalbank.kz</copyright>\n{items}</channel>\n</rss>\n"
    ).encode()


def _nbk_latest_item(label_on: date, row: Row, *, moved: bool) -> str:
    index, change = _nbk_change(row, moved=moved)
    return (
        f"<item>\n<title>{row.currency.iso}</title>\n<pubDate>{label_on:%d.%m.%Y}</pubDate>\n"
        f"<description>{_trimmed(row.value)}</description>\n<quant>{row.nominal}</quant>\n"
        f"<index>{index}</index>\n<change>{change}</change>\n<link />\n</item>\n"
    )


def _nbk_change(row: Row, *, moved: bool) -> tuple[str, str]:
    if not moved or row.change == 0:
        return "", "0.00"
    return ("UP" if row.change > 0 else "DOWN"), f"{row.change:+.2f}"


def nbkr_daily(label_on: date, rows: Sequence[Row]) -> bytes:
    """Return the National Bank of the Kyrgyz Republic's table: decimal commas, windows-1251."""
    items = "".join(
        f'<Currency ISOCode="{row.currency.iso}">\n<Nominal>{row.nominal}</Nominal>\n'
        f"<Value>{_comma(row.value)}</Value>\n</Currency>\n"
        for row in rows
    )
    return (
        '<?xml version="1.0" encoding="windows-1251" ?>\n'
        f'<CurrencyRates Name="Daily Exchange Rates" Date="{label_on:%d.%m.%Y}">\n{items}</CurrencyRates>\n'
    ).encode("windows-1251")


def nbkr_history(values: Sequence[tuple[date, Decimal]]) -> bytes:
    """Return the National Bank of the Kyrgyz Republic's page of one currency's past: dates between comments."""
    rows = "".join(
        f"<tr><td><!--date-->{label_on:%d.%m.%Y}<!--date--></td>"
        f"<td><!--value-->{_comma(value)}<!--value--></td></tr>\n"
        for label_on, value in values
    )
    return (
        "<!DOCTYPE html>\n<html><head><title>Official exchange rates</title></head><body>\n"
        f"<table>\n{rows}</table>\n</body></html>\n"
    ).encode()


def nbt_by_date(label_on: date, rows: Sequence[Row]) -> bytes:
    """Return National Bank of Tajikistan's table: numeric ids without their leading zeros."""
    items = "".join(
        f'<Valute ID="{_nbt_id(row)}">\n   <CharCode>{row.currency.iso}</CharCode>\n'
        f"   <Nominal>{row.nominal}</Nominal>\n   <Name>{escape(row.currency.en)}</Name>\n"
        f"   <Value>{row.value}</Value>\n</Valute>\n"
        for row in rows
    )
    return (
        '<?xml version="1.0" encoding="utf-8" ?>\n'
        f'<ValCurs Date="{label_on:%Y-%m-%d}" name="Foreign Currency Market">\n{items}</ValCurs>\n'
    ).encode()


def nbt_range(rows: Sequence[tuple[date, Row]]) -> bytes:
    """Return National Bank of Tajikistan's tables of one currency: dotted dates and windows-1251, unlike those by date."""
    records = "".join(
        f'<Record Date="{label_on:%d.%m.%Y}" ID="{_nbt_id(row)}">\n   <CharCode>{row.currency.iso}</CharCode>\n'
        f"   <Nominal>{row.nominal}</Nominal>\n   <Name>{escape(row.currency.ru)}</Name>\n"
        f"   <Value>{row.value}</Value>\n</Record>\n"
        for label_on, row in rows
    )
    return (
        '<?xml version="1.0" encoding="windows-1251" ?>\n'
        f'<ValCurs name="Foreign Currency Market Dynamic">\n{records}</ValCurs>\n'
    ).encode("windows-1251", errors="xmlcharrefreplace")


def nbt_help() -> bytes:
    """Return the page that National Bank of Tajikistan gives when `export=xmlout` is missing."""
    return (
        b"<!DOCTYPE html>\n<html><head><title>Export of exchange rates</title></head><body>\n"
        b"<p>Add export=xmlout to have the rates of a date as XML.</p>\n</body></html>\n"
    )


def cbu(label_on: date, rows: Sequence[Row]) -> bytes:
    """Return Central Bank of Uzbekistan's table: an array of strings; without rows an empty one."""
    items = [
        {
            "id": place,
            "Code": row.currency.code,
            "Ccy": row.currency.iso,
            "CcyNm_RU": row.currency.ru,
            "CcyNm_UZ": row.currency.uz,
            "CcyNm_UZC": uzbek_script.to_cyrillic(row.currency.uz),
            "CcyNm_EN": row.currency.en,
            "Nominal": str(row.nominal),
            "Rate": f"{row.value:.2f}",
            "Diff": _trimmed(row.change),
            "Date": f"{label_on:%d.%m.%Y}",
        }
        for place, row in enumerate(rows, start=1)
    ]
    return json.dumps(items, separators=(",", ":")).encode()


def _nbt_id(row: Row) -> str:
    return _NBT_ROUBLE if row.currency.iso == "RUB" else row.currency.code.lstrip("0")


def _comma(value: Decimal) -> str:
    return f"{value:.4f}".replace(".", ",")


def _trimmed(value: Decimal) -> str:
    """Return a number without zeros at its end: `5.4`, `-16.5`, `3`, `0`."""
    text = f"{value:f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
