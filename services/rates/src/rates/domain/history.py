"""The past of a pair: what every session fixed, from what banks said of the dollar; by day, week or month.

It is derived from all that is stored, like the newest fixing, so an older session that comes late changes the rows that
follow from it and no others. A pair of two banks' money is crossed through the dollar, and only where both banks held
the session: numbers of different days are never combined (facts: NBKR crossed with another day's bridge).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Context, Decimal, localcontext
from enum import StrEnum

from rates.domain.fixings import CHANGE_KNOWN_WITHIN_DAYS, PRECISION, Band
from rates.domain.observations import Observation

_EXACT = 200
"""Digits in which products of printed numbers are never rounded: four of at most 22 digits each."""

_ROUNDED = Context(prec=PRECISION)
_MONTH_DAYS = 31
_WEEK_GAP_DAYS = 14


class Group(StrEnum):
    """What the rows of a history stand for, if not for single sessions: ISO weeks (from Monday), calendar months."""

    WEEK = "week"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Worth:
    """What one unit is worth, as the exact ratio of printed numbers."""

    numerator: Decimal
    denominator: Decimal

    @property
    def value(self) -> Decimal:
        """The ratio with 28 significant digits."""
        return _ROUNDED.divide(self.numerator, self.denominator)


@dataclass(frozen=True, slots=True)
class Row:
    """What a session fixed.

    Attributes:
        change_pct: against the row before, unrounded; None when that is not known, or more than 14 days back.
        revision: 1, or more where a bank corrected the number; of two banks the greater.
    """

    session_on: date
    worth: Worth
    change_pct: Decimal | None
    revision: int


@dataclass(frozen=True, slots=True)
class Period:
    """A week or month: its last fixing stands for it.

    Attributes:
        first_on: its first day, whether or not anything was fixed then.
        session_on: the session of its last fixing.
        change_pct: of the last fixing against the last one of the period before; None where that has none.
        fixings: how many sessions it has.
    """

    first_on: date
    session_on: date
    last: Worth
    opening: Worth
    high: Worth
    low: Worth
    change_pct: Decimal | None
    fixings: int


def believed(observations: Iterable[Observation], band: Band) -> list[Observation]:
    """Return each session's last believed revision, oldest session first."""
    by_session: dict[date, Observation] = {}
    for item in observations:
        known = by_session.get(item.session_on)
        if (known is None or item.revision > known.revision) and band.holds(_per_dollar(item)):
            by_session[item.session_on] = item
    return [by_session[session_on] for session_on in sorted(by_session)]


def _per_dollar(item: Observation) -> Decimal:
    return _ROUNDED.divide(item.value, Decimal(item.nominal))


def worth(base: Observation | None, quote: Observation | None) -> Worth:
    """Return what one unit of `base`'s money is worth in that of `quote`; None stands for the dollar itself.

    Each observation says how many units of its money some dollars cost.
    """
    with localcontext() as context:
        context.prec = _EXACT
        numerator, denominator = Decimal(1), Decimal(1)
        if base is not None:
            numerator, denominator = Decimal(base.nominal), base.value
        if quote is not None:
            numerator, denominator = numerator * quote.value, denominator * quote.nominal
        return Worth(numerator, denominator)


def change_pct(now: Worth, before: Worth) -> Decimal:
    """Return the change in percent with 28 significant digits, rounded once, from the exact ratios."""
    with localcontext() as context:
        context.prec = _EXACT
        new = now.numerator * before.denominator
        old = before.numerator * now.denominator
        hundredfold = (new - old) * 100
    return _ROUNDED.divide(hundredfold, old)


def rows(base: Sequence[Observation] | None, quote: Sequence[Observation] | None) -> list[Row]:
    """Return a pair's history, oldest first.

    Args:
        base: believed observations of the base's bank, one a session, oldest first; None for the dollar.
        quote: the same of the quote's bank.
    """
    made: list[Row] = []
    for first, second in _sessions(base, quote):
        leg = first or second
        if leg is None:
            continue
        here = worth(first, second)
        revision = max(item.revision for item in (first, second) if item is not None)
        made.append(Row(leg.session_on, here, _change(made, leg.session_on, here), revision))
    return made


def _sessions(
    base: Sequence[Observation] | None, quote: Sequence[Observation] | None
) -> Iterable[tuple[Observation | None, Observation | None]]:
    if quote is None:
        return ((item, None) for item in base or ())
    if base is None:
        return ((None, item) for item in quote)
    others = {item.session_on: item for item in quote}
    return ((item, others[item.session_on]) for item in base if item.session_on in others)


def _change(before: Sequence[Row], session_on: date, here: Worth) -> Decimal | None:
    if not before or (session_on - before[-1].session_on).days > CHANGE_KNOWN_WITHIN_DAYS:
        return None
    return change_pct(here, before[-1].worth)


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
    gap_days = _WEEK_GAP_DAYS if group is Group.WEEK else _MONTH_DAYS
    near = before is not None and (first_on - before.first_on).days <= gap_days
    by_value = sorted(inside, key=lambda row: row.worth.value)
    return Period(
        first_on=first_on,
        session_on=inside[-1].session_on,
        last=inside[-1].worth,
        opening=inside[0].worth,
        high=by_value[-1].worth,
        low=by_value[0].worth,
        change_pct=change_pct(inside[-1].worth, before.last) if before is not None and near else None,
        fixings=len(inside),
    )
