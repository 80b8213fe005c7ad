"""One bank's document as a table of rows, exactly as printed: nothing divided, nothing rounded."""

import hashlib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

FROZEN_AFTER_DAYS = 7
"""A row this much older than its document is a currency the bank no longer fixes."""

RETIRED = frozenset({"AZM", "BYR", "EEK", "LTL", "LVL", "ROL", "RUR", "TJR", "TMM", "TRL"})
"""Codes that banks still ship although the money is gone: NBKR re-dates BYR's rate of July 2016 every week."""

_NUMBER = re.compile(r"([0-9]{1,12})(?:[.,]([0-9]{1,10}))?")
_NOMINAL = re.compile(r"[1-9][0-9]{0,6}")
_CODE = re.compile(r"[A-Z]{3}")


class Reason(StrEnum):
    """Why a document that came with HTTP status 200 is not a table of rates."""

    EMPTY = "empty"
    HTML = "html"
    MALFORMED = "malformed"
    FORBIDDEN_XML = "forbidden_xml"
    WRONG_SHAPE = "wrong_shape"
    BANK_ERROR = "bank_error"
    NO_ROWS = "no_rows"
    WANTED_MISSING = "wanted_missing"
    DUPLICATE_CODE = "duplicate_code"
    BAD_CODE = "bad_code"
    BAD_NUMBER = "bad_number"
    BAD_DATE = "bad_date"
    OTHER_DATE = "other_date"
    FUTURE_DATE = "future_date"
    OLD_DATE = "old_date"


class DocumentRefusedError(Exception):
    """A bank's document cannot be believed."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class DropReason(StrEnum):
    """Why one row of a good document is left out."""

    FROZEN = "frozen"
    OTHER_DATE = "other_date"
    RETIRED = "retired"
    BAD_CODE = "bad_code"
    BAD_NUMBER = "bad_number"
    BAD_DATE = "bad_date"


@dataclass(frozen=True, slots=True)
class RawRow:
    """One row as text, before it is believed; None where the document has no such element."""

    code: str | None
    nominal: str | None
    value: str | None
    label_on: date | None


@dataclass(frozen=True, slots=True)
class Row:
    """One row: `nominal` units of `code` cost `value` units of the bank's own money.

    `scale` is the number of decimals printed, so that `87,4500` keeps its four.
    """

    code: str
    nominal: int
    value: Decimal
    scale: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """A row that was left out, and why."""

    code: str
    reason: DropReason


@dataclass(frozen=True, slots=True)
class Table:
    """A document that can be believed; `label_on` is the date that it is printed with."""

    label_on: date
    rows: tuple[Row, ...]
    dropped: tuple[Dropped, ...] = ()

    def row(self, code: str) -> Row | None:
        """Return a currency's row, if there is one."""
        return next((row for row in self.rows if row.code == code), None)


@dataclass(frozen=True, slots=True)
class NoData:
    """The bank says that it has nothing for this day: a holiday, or not published yet. Not an error."""

    detail: str


Reading = Table | NoData


def table_hash(table: Table) -> str:
    """Return 64 hex digits that stay the same while nothing in the table moves but its date."""
    lines = sorted(f"{row.code} {row.nominal} {row.value:f}" for row in table.rows)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def make_table(label_on: date, raw_rows: Iterable[RawRow], *, wanted: Collection[str]) -> Table:
    """Believe the rows that can be believed.

    Args:
        label_on: the date printed on the document.
        raw_rows: what was found.
        wanted: currencies without which the document is of no use.

    Raises:
        DocumentRefusedError: no rows, a code twice with different numbers, a wanted row missing or wrong.
    """
    rows: dict[str, Row] = {}
    dropped: list[Dropped] = []
    for raw in raw_rows:
        row = _believe(raw, label_on)
        if isinstance(row, Dropped):
            dropped.append(row)
        elif rows.setdefault(row.code, row) != row:
            raise DocumentRefusedError(
                Reason.DUPLICATE_CODE, f"{row.code} stands twice with different numbers"
            )
    if not rows and not dropped:
        raise DocumentRefusedError(Reason.NO_ROWS, "not one row of rates")
    for code in wanted:
        if code not in rows:
            raise _missing(code, dropped)
    return Table(label_on, tuple(rows.values()), tuple(dropped))


def _missing(code: str, dropped: Iterable[Dropped]) -> DocumentRefusedError:
    why = next((row.reason for row in dropped if row.code == code), None)
    if why is DropReason.BAD_NUMBER:
        return DocumentRefusedError(Reason.BAD_NUMBER, f"{code} has no positive number and nominal")
    if why is DropReason.BAD_DATE:
        return DocumentRefusedError(Reason.BAD_DATE, f"{code} has no date that can be read")
    return DocumentRefusedError(Reason.WANTED_MISSING, f"no row for {code}{f': {why}' if why else ''}")


def _believe(raw: RawRow, label_on: date) -> Row | Dropped:
    code = (raw.code or "").strip()
    if not _CODE.fullmatch(code):
        return Dropped(code[:12], DropReason.BAD_CODE)
    if code in RETIRED:
        return Dropped(code, DropReason.RETIRED)
    if raw.label_on is None:
        return Dropped(code, DropReason.BAD_DATE)
    if raw.label_on != label_on:
        age_days = (label_on - raw.label_on).days
        return Dropped(code, DropReason.FROZEN if age_days > FROZEN_AFTER_DAYS else DropReason.OTHER_DATE)
    number = _number(raw)
    return Row(code, *number) if number else Dropped(code, DropReason.BAD_NUMBER)


def _number(raw: RawRow) -> tuple[int, Decimal, int] | None:
    """Return nominal, value and printed decimals; None when there is no positive number and whole nominal."""
    nominal = _NOMINAL.fullmatch((raw.nominal or "").strip())
    number = _NUMBER.fullmatch((raw.value or "").strip())
    if nominal is None or number is None:
        return None
    whole, decimals = number.group(1), number.group(2) or ""
    value = Decimal(f"{whole}.{decimals}" if decimals else whole)
    return (int(nominal.group()), value, len(decimals)) if value > 0 else None
