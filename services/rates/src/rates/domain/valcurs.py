"""The document that the Bank of Russia gave its form to and the National Bank of Tajikistan took over: `<ValCurs>`."""

from collections.abc import Callable, Collection
from datetime import date
from xml.etree.ElementTree import Element

from rates.domain.documents import read_xml, require_date, text_of
from rates.domain.tables import DocumentRefusedError, RawRow, Reading, Reason, make_table


def parse(raw: bytes, dated: Callable[[str | None], date | None], *, wanted: Collection[str]) -> Reading:
    """Read one day's table, keyed by CharCode.

    Args:
        raw: the document; its declaration says how it is encoded.
        dated: reads the date that is printed on it.
        wanted: currencies without which it is of no use.

    Raises:
        DocumentRefusedError: it cannot be believed, or says in words what is wrong, with HTTP status 200.
    """
    root = read_xml(raw, ("ValCurs",))
    items = root.findall("Valute")
    said = (root.text or "").strip()
    if not items and said:
        raise DocumentRefusedError(Reason.BANK_ERROR, said[:200])
    printed = root.get("Date")
    label_on = require_date(dated(printed), printed)
    return make_table(label_on, (_row(item, label_on) for item in items), wanted=wanted)


def _row(item: Element, label_on: date) -> RawRow:
    return RawRow(text_of(item, "CharCode"), text_of(item, "Nominal"), text_of(item, "Value"), label_on)
