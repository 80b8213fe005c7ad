"""An amount of one money in another, by the fixings in force on a day, and how sure the result is."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from rates.domain.calendars import working_day_after
from rates.domain.crosses import uncertainty
from rates.domain.derivation import Session
from rates.domain.fixings import Fixing, Line, Method, rounded
from rates.domain.history import worth
from rates.domain.sessions import Labelling
from rates.domain.sources import SOURCES

IN_FORCE_WITHIN_DAYS = 14
"""A fixing that nothing replaced for longer is not "in force": we were away. New Year leaves eleven days."""

_CALENDARS = {bank.id: bank.calendar for bank in SOURCES}
_MINOR_UNIT = Decimal("0.01")
"""All our money, and the dollar, have hundredths (ISO 4217)."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """What an amount comes to.

    Attributes:
        rate: what one unit is worth, as the ticker writes it.
        exact: the product with 28 significant digits, rounded once, of what was printed.
        rounded: the same in hundredths, half up.
        uncertainty: how far off the rate may be at most, as a share of it, because banks print few digits; None where
            that is not known.
    """

    rate: Decimal
    method: Method
    exact: Decimal
    rounded: Decimal
    uncertainty: Decimal | None


def in_force_from(fixing: Fixing, labelling: Labelling) -> date:
    """Return the first day on which a fixing is in force.

    We may have seen a later stamp first: a bank that labels every calendar day re-stamps its table, and one that is asked
    by today's date (NBT) answers on Saturday with Friday's under Saturday's date.
    """
    if labelling is Labelling.EVERY_DAY:
        return min(fixing.label_on, fixing.session_on + timedelta(days=1))
    if labelling is Labelling.WORKING_DAYS:
        return min(fixing.label_on, working_day_after(fixing.session_on, _CALENDARS[fixing.source]))
    return fixing.label_on


def in_force(past: Sequence[Session], labelled: Mapping[str, Labelling], on: date) -> Session | None:
    """Return the fixing in force on a day; None where none is near.

    Args:
        past: one money against the dollar, oldest first.
        labelled: how each source dates its documents, by its id.
        on: the day.
    """
    # No table is in force before its session.
    for item in reversed(past[: bisect_right(past, on, key=lambda item: item.fixing.session_on)]):
        begins_on = in_force_from(item.fixing, labelled[item.fixing.source])
        if begins_on <= on:
            return item if (on - begins_on).days <= IN_FORCE_WITHIN_DAYS else None
    return None


def in_force_now(
    past: Sequence[Session], labelled: Mapping[str, Labelling], *, today_on: date, line: Line | None
) -> Session | None:
    """Return the newest fixing, with the status that the ticker gives it; None where it has long been replaced unseen.

    A number that is late, stale or held on the ticker is no surer where an amount is converted by it.

    Args:
        past: one money against the dollar, oldest first.
        labelled: how each source dates its documents, by its id.
        today_on: what day it is.
        line: what the ticker shows of that money; None while it shows nothing.
    """
    if not past:
        return None
    newest = past[-1]
    begins_on = in_force_from(newest.fixing, labelled[newest.fixing.source])
    if (today_on - begins_on).days > IN_FORCE_WITHIN_DAYS:
        return None
    shown = None if line is None else (line.fixing.source, line.fixing.session_on)
    if line is None or shown != (newest.fixing.source, newest.fixing.session_on):
        return newest
    return replace(newest, status=line.status)


def convert(amount: Decimal, base: Session | None, quote: Session | None) -> Conversion:
    """Return what an amount of a base is in a quote, both known against the dollar; None stands for the dollar itself."""
    first, second = (None if leg is None else leg.fixing for leg in (base, quote))
    rate, _change_pct, method = worth(first, second)
    product = Fraction(amount) * (base.worth if base else 1) / (quote.worth if quote else 1)
    exact = rounded(product)
    hundredths = exact.quantize(_MINOR_UNIT, rounding=ROUND_HALF_UP, context=Context(prec=60))
    legs = [leg for leg in (first, second) if leg is not None]
    return Conversion(rate, method, exact, hundredths, uncertainty(legs))
