"""Histories and backfills in lines for people."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal

from shared.contracts.http.rate_backfills import RateBackfill
from shared.contracts.http.rate_history import FixingRow, HistoryAnswer, PeriodRow, PeriodsAnswer

DIGITS = 7
"""Significant digits of a table's numbers: more than any bank prints of a dollar."""


def table(history: HistoryAnswer | PeriodsAnswer) -> Iterator[str]:
    """A history as a table, with what it is and whose."""
    banks = " and ".join(source.name for source in history.sources)
    yield f"{history.pair}, {history.method}: {banks}"
    if isinstance(history, HistoryAnswer):
        yield f"{'session':<12}{'value':>16}{'change':>10}"
        yield from (_fixing(row) for row in history.rows)
        counted = _counted(len(history.rows), "session")
    else:
        yield f"{history.group:<12}{'last':>16}{'change':>10}{'first':>16}{'high':>16}{'low':>16}{'sessions':>10}"
        yield from (_period(row) for row in history.rows)
        counted = f"{_counted(len(history.rows), history.group)}; the last fixing stands for each"
    yield counted if history.rows else f"{counted}: nothing is known of this time (silkwire rates backfill)"


def _fixing(row: FixingRow) -> str:
    doubted = f"  {row.status}" if row.status != "ok" else ""
    mended = f"  revision {row.revision}" if row.revision > 1 else ""
    return f"{row.session_on!s:<12}{short(row.exact_value):>16}{_change(row.change_pct):>10}{doubted}{mended}"


def _period(row: PeriodRow) -> str:
    prices = "".join(f"{short(price):>16}" for price in (row.opening, row.high, row.low))
    change = _change(row.change_pct)
    return f"{row.first_on!s:<12}{short(row.exact_value):>16}{change:>10}{prices}{row.fixings:>10}"


def _change(pct: str | None) -> str:
    return "" if pct is None else f"{pct}%"


def short(exact: str) -> str:
    """A number with seven significant digits, never with an exponent; shorter ones as they are."""
    number = Decimal(exact)
    places = min(0, number.adjusted() - DIGITS + 1)
    exponent = number.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= places:
        return f"{number:f}"
    return f"{number.quantize(Decimal(1).scaleb(places)):f}"


def backfill_line(known: RateBackfill, *, left_s: float | None = None) -> str:
    """How far a bank's backfill has come, in a line."""
    failed = f", {known.left_out} left out" if known.left_out else ""
    why = f" ({known.detail})" if known.detail and (known.left_out or known.state == "failed") else ""
    still = (
        f", about {timedelta(seconds=round(left_s))} more"
        if left_s is not None and known.sessions_left
        else ""
    )
    return (
        f"{known.bank:<5}{known.first_on} to {known.last_on} {known.state}: "
        f"{_counted(known.stored, 'session')} fetched, {known.sessions_left} to go, "
        f"{_counted(known.empty, 'day')} without{failed}; {_counted(known.requests, 'request')}{still}{why}"
    )


def totals(done: Sequence[RateBackfill]) -> str:
    """All banks in a line."""
    stored, requests = sum(one.stored for one in done), sum(one.requests for one in done)
    return f"{_counted(stored, 'session')} fetched by {_counted(requests, 'request')}"


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
