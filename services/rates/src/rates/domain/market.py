"""A market aggregator as a witness: open.er-api.com's table of units per US dollar, once a day.

Its terms ask for a mention and forbid to hand its numbers on: they are compared with, never shown.
"""

from datetime import UTC, date, datetime

from rates.domain.documents import read_json
from rates.domain.tables import DocumentRefusedError, RawRow, Reading, Reason, make_table

WANTED = ("KGS", "KZT", "TJS", "UZS")


def parse(raw: bytes) -> Reading:
    """Read the latest table; its date is that of its last update, in UTC.

    Raises:
        DocumentRefusedError: no success, another base than the dollar, past its own end of life, or not believable.
    """
    said = read_json(raw)
    if not isinstance(said, dict) or not isinstance(said.get("rates"), dict | None):
        raise DocumentRefusedError(Reason.WRONG_SHAPE, "JSON, but no object with rates")
    if said.get("result") != "success":
        raise DocumentRefusedError(Reason.BANK_ERROR, f"its result reads {str(said.get('result'))[:40]!r}")
    if said.get("base_code") != "USD" or not said.get("rates"):
        raise DocumentRefusedError(Reason.WRONG_SHAPE, "no rates per US dollar")
    updated, ends = said.get("time_last_update_unix"), said.get("time_eol_unix")
    label_on = _day(updated)
    if isinstance(ends, int) and isinstance(updated, int) and 0 < ends <= updated:
        raise DocumentRefusedError(Reason.BANK_ERROR, "past its own end of life")
    rows = (RawRow(code, "1", _text(value), label_on) for code, value in said["rates"].items())
    return make_table(label_on, rows, wanted=WANTED)


def _day(unix_s: object) -> date:
    if isinstance(unix_s, int) and not isinstance(unix_s, bool):
        try:
            return datetime.fromtimestamp(unix_s, UTC).date()
        except (OverflowError, OSError, ValueError):
            pass
    raise DocumentRefusedError(Reason.BAD_DATE, f"its time of update reads {str(unix_s)[:40]!r}")


def _text(value: object) -> str | None:
    """Give the number as printed: `read_json` leaves those with a point as text, those without are whole."""
    return str(value) if isinstance(value, int | str) and not isinstance(value, bool) else None
