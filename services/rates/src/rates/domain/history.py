"""The past of a pair: what every session fixed, by day, week or month.

It is made of the fixings that the lines of its money show (domain/derivation.py), and crossed as the newest ones are
(domain/crosses.py), so the last row of a bank's own pair is what the ticker says. A pair of two banks' money is crossed
through the dollar, and only where both held the session: in a history numbers of different days are never combined (facts:
NBKR crossed with another day's bridge). So its last row is the last session that both held, while the newest rate of such a
pair takes each bank's newest fixing, with both dates.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, localcontext
from enum import StrEnum

from rates.domain.crosses import change_of, method_of, value_of, worst
from rates.domain.derivation import Session
from rates.domain.fixings import Fixing, Method, Status

_MONTH_DAYS = 31
_WEEK_GAP_DAYS = 14
_WORKING_PRECISION = 60
_CHANGE_PLACES = Decimal("1e-20")
"""Values have 26 significant digits or more; twenty decimals of a change are right, and an exact half stays one."""


class Group(StrEnum):
    """What the rows of a history stand for, if not for single sessions: ISO weeks (from Monday), calendar months."""

    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Row:
    """What a session fixed.

    Attributes:
        value: one unit of the pair's base in its quote.
        change_pct: against the session before of the same source, unrounded; of a cross None unless both banks moved
            between the same two sessions.
        status: of a cross that of its more doubtful leg.
        revision: 1, or more where a bank corrected the number; of two banks the greater.
        sources: whose numbers it is.
    """

    session_on: date
    value: Decimal
    change_pct: Decimal | None
    method: Method
    status: Status
    revision: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """A week or month: its last fixing stands for it.

    Attributes:
        first_on: its first day, whether or not anything was fixed then.
        last: its last fixing.
        change_pct: of the last fixing against the last one of the period before; None where that has none, or is
            another source's.
        fixings: how many sessions it has.
    """

    first_on: date
    last: Row
    opening: Decimal
    high: Decimal
    low: Decimal
    change_pct: Decimal | None
    fixings: int


def rows(base: Sequence[Session] | None, quote: Sequence[Session] | None) -> list[Row]:
    """Return a pair's history, oldest first.

    Args:
        base: the past of the base's money against the dollar, oldest first; None where the base is the dollar.
        quote: the same of the quote's money.
    """
    return [_row(first, second) for first, second in _met(base, quote)]


def _met(
    base: Sequence[Session] | None, quote: Sequence[Session] | None
) -> Iterator[tuple[Session | None, Session | None]]:
    """Yield the sessions that all banks of the pair held."""
    if quote is None:
        yield from ((item, None) for item in base or ())
    elif base is None:
        yield from ((None, item) for item in quote)
    else:
        others = {item.fixing.session_on: item for item in quote}
        for item in base:
            other = others.get(item.fixing.session_on)
            if other is not None:
                yield item, other


def _row(base: Session | None, quote: Session | None) -> Row:
    legs = [leg for leg in (base, quote) if leg is not None]
    first, second = (None if leg is None else leg.fixing for leg in (base, quote))
    value, change_pct, method = worth(first, second)
    return Row(
        session_on=legs[0].fixing.session_on,
        value=value,
        change_pct=change_pct,
        method=method,
        status=worst(leg.status for leg in legs),
        revision=max(leg.fixing.revision for leg in legs),
        sources=tuple(leg.fixing.source for leg in legs),
    )


def worth(base: Fixing | None, quote: Fixing | None) -> tuple[Decimal, Decimal | None, Method]:
    """Return what one unit of a base is worth in a quote, its change and its method, as the ticker tells them.

    Both fixings are against the dollar, and None is the dollar itself; one of them must be given.
    """
    if quote is None and base is not None:
        return base.value, base.change_pct, base.method
    return value_of(base, quote), change_of(base, quote), method_of(base, quote)


def first_day(day: date, group: Group) -> date:
    """Return the first day of the week or month that a day is in."""
    return day - timedelta(days=day.weekday()) if group is Group.WEEK else day.replace(day=1)


def periods(history: Sequence[Row], group: Group) -> list[Period]:
    """Return a history by weeks or months, oldest first; those without a fixing are left out."""
    held: dict[date, list[Row]] = {}
    for row in history:
        held.setdefault(first_day(row.session_on, group), []).append(row)
    made: list[Period] = []
    for first_on, inside in held.items():
        made.append(_period(first_on, inside, made[-1] if made else None, group))
    return made


def _period(first_on: date, inside: Sequence[Row], before: Period | None, group: Group) -> Period:
    values, last = [row.value for row in inside], inside[-1]
    return Period(
        first_on=first_on,
        last=last,
        opening=values[0],
        high=max(values),
        low=min(values),
        change_pct=_change(last, before, first_on, group),
        fixings=len(inside),
    )


def _change(last: Row, before: Period | None, first_on: date, group: Group) -> Decimal | None:
    gap_days = _WEEK_GAP_DAYS if group is Group.WEEK else _MONTH_DAYS
    if before is None or (first_on - before.first_on).days > gap_days or before.last.sources != last.sources:
        return None
    with localcontext() as context:
        context.prec = _WORKING_PRECISION
        return ((last.value / before.last.value - 1) * 100).quantize(_CHANGE_PLACES)
