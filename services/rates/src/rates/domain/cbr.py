"""Bank of Russia: XML in real windows-1251 bytes, RUB per nominal, decimal comma; its errors come with status 200."""

from datetime import date
from xml.etree.ElementTree import Element

from rates.domain.documents import dotted_date, read_xml, require_date, text_of
from rates.domain.tables import DocumentRefusedError, RawRow, Reading, Reason, make_table

WANTED = ("USD",)


def parse(raw: bytes) -> Reading:
    """Read one day's table, keyed by CharCode.

    `Value` and `Nominal` are the exact rational; `VunitRate`, there since November 2023, is that rounded and sometimes
    with an exponent (`5,39256E-05`), so nobody reads it.

    Raises:
        DocumentRefusedError: the document cannot be believed.
    """
    root = read_xml(raw, ("ValCurs",))
    items = root.findall("Valute")
    said = (root.text or "").strip()
    if not items and said:
        raise DocumentRefusedError(Reason.BANK_ERROR, said[:200])
    printed = root.get("Date")
    label_on = require_date(dotted_date(printed), printed)
    return make_table(label_on, (_row(item, label_on) for item in items), wanted=WANTED)


def _row(item: Element, label_on: date) -> RawRow:
    return RawRow(text_of(item, "CharCode"), text_of(item, "Nominal"), text_of(item, "Value"), label_on)
