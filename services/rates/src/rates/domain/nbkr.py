"""National Bank of the Kyrgyz Republic: static XML files of KGS per nominal, and an HTML page of the past."""

import re
from datetime import date
from xml.etree.ElementTree import Element

from rates.domain.documents import dotted_date, read_xml, require_date, text_of
from rates.domain.tables import DocumentRefusedError, NoData, RawRow, Reading, Reason, Table, make_table

WANTED = ("USD",)

HISTORY_NOMINALS = {"USD": "1"}
"""The page of the past prints no nominals; these are the bank's own."""

_HISTORY_ROW = re.compile(
    r"<!--date-->\s*([0-9.]{10})\s*<!--date-->.{0,400}?<!--value-->\s*([0-9,]{1,20})\s*<!--value-->",
    re.DOTALL,
)


def parse(raw: bytes, *, wanted: tuple[str, ...] = WANTED) -> Reading:
    """Read daily.xml or weekly.xml, by element names: weekly.xml has one more between nominal and value.

    Raises:
        DocumentRefusedError: the document cannot be believed.
    """
    root = read_xml(raw, ("CurrencyRates",))
    printed = root.get("Date")
    label_on = require_date(dotted_date(printed), printed)
    return make_table(label_on, (_row(item, label_on) for item in root.findall("Currency")), wanted=wanted)


def _row(item: Element, label_on: date) -> RawRow:
    return RawRow(item.get("ISOCode"), text_of(item, "Nominal"), text_of(item, "Value"), label_on)


def parse_history(raw: bytes, *, code: str, until_on: date) -> Reading:
    """Read the page of the past of one currency and return its last table that is labelled `until_on` or earlier.

    Raises:
        DocumentRefusedError: nothing came, or the page has changed so that not one date and value is found.
    """
    past = [table for table in read_history(raw, code=code) if table.label_on <= until_on]
    if not past:
        return NoData(f"no {code} on the page of the past up to {until_on}")
    return max(past, key=lambda table: table.label_on)


def read_history(raw: bytes, *, code: str) -> tuple[Table, ...]:
    """Return all tables of the page of the past of one currency, in its own order.

    Raises:
        DocumentRefusedError: nothing came, or the page has changed so that not one date and value is found.
    """
    if not raw.strip():
        raise DocumentRefusedError(Reason.EMPTY, "nothing in it")
    found = _HISTORY_ROW.findall(raw.decode("utf-8", errors="replace"))
    if not found:
        raise DocumentRefusedError(Reason.WRONG_SHAPE, "a page without a single date and value")
    return tuple(_history_table(code, day, value) for day, value in found)


def _history_table(code: str, printed: str, value: str) -> Table:
    label_on = require_date(dotted_date(printed), printed)
    return make_table(label_on, [RawRow(code, HISTORY_NOMINALS[code], value, label_on)], wanted=(code,))
