"""Central Bank of Uzbekistan: a JSON array of strings, UZS per nominal; `[]` on a day without a fixing."""

from typing import Any

from rates.domain.documents import dotted_date, read_json, usual_date
from rates.domain.tables import DocumentRefusedError, NoData, RawRow, Reading, Reason, make_table

WANTED = ("USD",)


def parse(raw: bytes) -> Reading:
    """Read a table, keyed by Ccy: `id` changes over the years and `Code` has leading zeros.

    Raises:
        DocumentRefusedError: the document cannot be believed.
    """
    items = read_json(raw)
    if not isinstance(items, list):
        raise DocumentRefusedError(Reason.WRONG_SHAPE, "JSON, but no array")
    if not items:
        return NoData("an empty array: no fixing on this day")
    rows = [_row(item) for item in items]
    return make_table(usual_date(row.label_on for row in rows), rows, wanted=WANTED)


def _row(item: Any) -> RawRow:
    if not isinstance(item, dict):
        raise DocumentRefusedError(Reason.WRONG_SHAPE, "an array of something else than objects")
    code, nominal, value, printed = (_text(item.get(key)) for key in ("Ccy", "Nominal", "Rate", "Date"))
    return RawRow(code, nominal, value, dotted_date(printed))


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
