"""National Bank of Tajikistan: XML by date or by range, TJS per nominal; what it answers may not be what was asked for.

The two documents of one site differ: by date UTF-8 and `YYYY-MM-DD`, by range windows-1251 and `DD.MM.YYYY`.
"""

from xml.etree.ElementTree import Element

from rates.domain import valcurs
from rates.domain.documents import dotted_date, iso_date, read_xml, require_date, text_of
from rates.domain.tables import DocumentRefusedError, RawRow, Reading, Reason, Table, make_table

WANTED = ("USD",)


def parse(raw: bytes) -> Reading:
    """Read one day's table, keyed by CharCode: the numeric ID of RUB is that of a rouble gone since 1998.

    Raises:
        DocumentRefusedError: the document cannot be believed.
    """
    return valcurs.parse(raw, iso_date, wanted=WANTED)


def read_range(raw: bytes, *, code: str) -> tuple[Table, ...]:
    """Return all tables of one currency's range, in the document's order; none where the bank has nothing for it.

    Raises:
        DocumentRefusedError: the document cannot be believed, or speaks of another currency.
    """
    root = read_xml(raw, ("ValCurs",))
    records = root.findall("Record")
    said = (root.text or "").strip()
    if not records and said:
        raise DocumentRefusedError(Reason.BANK_ERROR, said[:200])
    return tuple(_record(item, code) for item in records)


def _record(item: Element, code: str) -> Table:
    printed = item.get("Date")
    label_on = require_date(dotted_date(printed), printed)
    row = RawRow(text_of(item, "CharCode"), text_of(item, "Nominal"), text_of(item, "Value"), label_on)
    return make_table(label_on, [row], wanted=(code,))
