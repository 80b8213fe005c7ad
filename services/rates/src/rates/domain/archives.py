"""The banks' archives: where tables of the past are, and how much of it one request may ask for."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from rates.domain import cbu, nbk, nbkr, nbt
from rates.domain.banks import CBU, DOLLAR, NBK, NBKR, NBT, Bank
from rates.domain.calendars import AnyWeekday, Calendar
from rates.domain.sessions import session_of
from rates.domain.tables import DocumentRefusedError, NoData, Reading, Reason, Table

CBU_DAILY_FROM = date(2021, 2, 15)
"""Before, CBU fixed once a week, in force from Tuesday (daryo.uz, 1 March 2021; its table of 14.07.2020 is a Tuesday's)."""

_TUESDAY = 1
_SATURDAY = 5
_DAY = timedelta(days=1)
_LABEL_WITHIN = timedelta(days=14)
_NBKR_BEFORE = timedelta(days=14)
"""Asked for beside what is wanted, so that a page without a single row is one that has changed, and never a holiday."""


@dataclass(frozen=True, slots=True)
class ArchiveAsk:
    """One request to an archive.

    Attributes:
        path: path and query, below the bank's address.
        parse: reads the answer's bytes; raises DocumentRefusedError.
        first_on: the first date that its tables may be labelled with; any other is an answer to something else.
        last_on: the last one.
        may_be_empty: whether the bank has a way of saying that it has nothing; else a page without a table is a slip.
    """

    path: str
    parse: Callable[[bytes], tuple[Table, ...]]
    first_on: date
    last_on: date
    may_be_empty: bool = False


@dataclass(frozen=True, slots=True)
class Archive:
    """A bank's past.

    Attributes:
        begins_on: the first label that it has.
        span_days: most calendar days that one request may ask for.
        ask: the request for the tables labelled with two dates and those between.
        holds: whether the bank may have labelled a table of its own with a date.
    """

    begins_on: date
    span_days: int
    ask: Callable[[date, date], ArchiveAsk]
    holds: Callable[[Bank, date], bool]


def labels(bank: Bank, archive: Archive, first_on: date, last_on: date) -> dict[date, date]:
    """Return the label of each session that may have been held between two days, both included, oldest first.

    No calendar is believed that says nobody worked on a weekday: whether a session was held on a day off is told by what
    comes. One that was labelled more than once is asked for by its first label; later ones only repeat it.
    """
    found: dict[date, date] = {}
    label_on = max(first_on, archive.begins_on)
    while label_on <= last_on + _LABEL_WITHIN:
        session_on = possible_session(bank, label_on)
        if first_on <= session_on <= last_on and archive.holds(bank, label_on):
            found.setdefault(session_on, label_on)
        label_on += _DAY
    return found


def possible_session(bank: Bank, label_on: date) -> date:
    """Return the last day on which the bank may have fixed the table that it labels with this date, day off or not."""
    return session_of(label_on, bank.labelling, AnyWeekday(bank.calendar))


def check_range(tables: tuple[Table, ...], ask: ArchiveAsk, calendar: Calendar) -> None:
    """Refuse an answer to something else: NBT gives today's table for dates it does not know, and at times an empty page.

    Args:
        tables: what came.
        ask: what was asked for.
        calendar: the bank's; a range without a single working day may well be empty.

    Raises:
        DocumentRefusedError: there is a table of a date that was not asked for, or none though there must be some.
    """
    if not tables and not ask.may_be_empty:
        days = (ask.last_on - ask.first_on).days + 1
        worked = sum(calendar.surely_works_on(ask.first_on + _DAY * day) for day in range(days))
        if worked:
            detail = f"nothing from {ask.first_on} to {ask.last_on}, which has {worked} working days"
            raise DocumentRefusedError(Reason.NO_ROWS, detail)
    for table in tables:
        if not ask.first_on <= table.label_on <= ask.last_on:
            detail = f"asked for {ask.first_on} to {ask.last_on}, answered {table.label_on}"
            raise DocumentRefusedError(Reason.OTHER_DATE, detail)


def _single(parse: Callable[[bytes], Reading], raw: bytes) -> tuple[Table, ...]:
    reading = parse(raw)
    return () if isinstance(reading, NoData) else (reading,)


def _by_date(bank: Bank, parse: Callable[[bytes], Reading]) -> Callable[[date, date], ArchiveAsk]:
    def ask(label_on: date, _same_on: date) -> ArchiveAsk:
        return ArchiveAsk(
            bank.archived(label_on).path, partial(_single, parse), label_on, label_on, may_be_empty=True
        )

    return ask


def _nbkr(first_on: date, last_on: date) -> ArchiveAsk:
    first_on -= _NBKR_BEFORE
    path = (
        "/index1.jsp?item=1562&lang=ENG&valuta_id=15"
        f"&beg_day={first_on:%d}&beg_month={first_on:%m}&beg_year={first_on:%Y}"
        f"&end_day={last_on:%d}&end_month={last_on:%m}&end_year={last_on:%Y}"
    )
    return ArchiveAsk(path, partial(nbkr.read_history, code=DOLLAR), first_on, last_on)


def _nbt(first_on: date, last_on: date) -> ArchiveAsk:
    path = (
        f"/en/kurs/export_xml_dynamic.php?d1={first_on:%Y-%m-%d}&d2={last_on:%Y-%m-%d}"
        f"&cs={DOLLAR}&cn=840&export=xml"
    )
    return ArchiveAsk(path, partial(nbt.read_range, code=DOLLAR), first_on, last_on)


def _any_label(_bank: Bank, _label_on: date) -> bool:
    return True


def _weekday(_bank: Bank, label_on: date) -> bool:
    """Take every weekday for possible: no calendar of decades ago is known well enough to leave one out."""
    return label_on.weekday() < _SATURDAY


def _cbu_holds(bank: Bank, label_on: date) -> bool:
    weekly = label_on < CBU_DAILY_FROM
    return label_on.weekday() == _TUESDAY if weekly else _weekday(bank, label_on)


ARCHIVES = {
    NBKR.id: Archive(date(1999, 1, 1), 350, _nbkr, _any_label),
    NBK.id: Archive(date(2000, 1, 1), 1, _by_date(NBK, nbk.parse), _any_label),
    NBT.id: Archive(date(2001, 1, 1), 350, _nbt, _weekday),
    CBU.id: Archive(date(1994, 7, 1), 1, _by_date(CBU, cbu.parse), _cbu_holds),
}
"""Every bank's archive, by bank id. NBKR's page takes some 366 rows at once; NBT's range has no bound that we know."""
