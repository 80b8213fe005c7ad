"""European Central Bank: reference rates in a gesmes envelope, each so many units of a currency per one euro."""

from datetime import date
from xml.etree.ElementTree import Element

from rates.domain.documents import iso_date, read_xml, require_date
from rates.domain.tables import DocumentRefusedError, NoData, RawRow, Reading, Reason, Table, make_table

WANTED = ("USD",)

_ROOT = "{http://www.gesmes.org/xml/2002-08-01}Envelope"
_CUBE = "{http://www.ecb.int/vocabulary/2002-08-01/eurofxref}Cube"


def parse(raw: bytes) -> Reading:
    """Read eurofxref-daily.xml: the table of one day.

    Raises:
        DocumentRefusedError: the document cannot be believed, or it has more days than one.
    """
    days = _days(raw)
    if len(days) > 1:
        raise DocumentRefusedError(Reason.WRONG_SHAPE, "more than one day in the daily file")
    return _table(days[0])


def parse_history(raw: bytes, *, until_on: date) -> Reading:
    """Read eurofxref-hist-90d.xml and return its last table of `until_on` or earlier.

    Raises:
        DocumentRefusedError: the document cannot be believed.
    """
    tables = [table for table in map(_table, _days(raw)) if table.label_on <= until_on]
    if not tables:
        return NoData(f"no table of {until_on} or earlier")
    return max(tables, key=lambda table: table.label_on)


def _days(raw: bytes) -> list[Element]:
    root = read_xml(raw, (_ROOT,))
    days = root.findall(f"{_CUBE}/{_CUBE}")
    if not days:
        raise DocumentRefusedError(Reason.NO_ROWS, "an envelope without a single day")
    return days


def _table(day: Element) -> Table:
    printed = day.get("time")
    label_on = require_date(iso_date(printed), printed)
    rows = (RawRow(item.get("currency"), "1", item.get("rate"), label_on) for item in day.findall(_CUBE))
    return make_table(label_on, rows, wanted=WANTED)
