"""An amount of one money in another, by the fixings in force on a day, and how sure the result is."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal

from rates.domain.fixings import PRECISION, Band
from rates.domain.history import Worth, believed, worth
from rates.domain.observations import Observation
from rates.domain.sessions import Labelling

IN_FORCE_WITHIN_DAYS = 14
"""A fixing that nothing replaced for longer is not "in force": we were away. New Year leaves eleven days."""

_ROUNDED = Context(prec=PRECISION)
_MINOR_UNIT = Decimal("0.01")
"""All our money, and the dollar, have hundredths (ISO 4217)."""


@dataclass(frozen=True, slots=True)
class Conversion:
    """What an amount comes to.

    Attributes:
        rate: what one unit is worth.
        exact: the product with 28 significant digits, rounded once.
        rounded: the same in hundredths, half up.
        uncertainty: how far off the rate may be at most, as a share of it, because banks print few digits.
    """

    rate: Worth
    exact: Decimal
    rounded: Decimal
    uncertainty: Decimal


def in_force_from(observation: Observation, labelling: Labelling) -> date:
    """Return the first day on which a fixing is in force.

    A bank that labels every calendar day re-stamps its table, and we may have seen a later stamp first.
    """
    if labelling is Labelling.EVERY_DAY:
        return min(observation.label_on, observation.session_on + timedelta(days=1))
    return observation.label_on


def in_force(
    observations: Iterable[Observation], band: Band, labelling: Labelling, on: date | None
) -> Observation | None:
    """Return the believed fixing in force on a day, the newest of all for None; None where none is near."""
    known = believed(observations, band)
    if on is None:
        return known[-1] if known else None
    begun = [item for item in known if in_force_from(item, labelling) <= on]
    if not begun or (on - in_force_from(begun[-1], labelling)).days > IN_FORCE_WITHIN_DAYS:
        return None
    return begun[-1]


def convert(amount: Decimal, base: Observation | None, quote: Observation | None) -> Conversion:
    """Return what an amount of `base`'s money is in that of `quote`; None stands for the dollar itself."""
    rate = worth(base, quote)
    exact_product = Context(prec=200).multiply(amount, rate.numerator)
    exact = _ROUNDED.divide(exact_product, rate.denominator)
    hundredths = exact.quantize(_MINOR_UNIT, rounding=ROUND_HALF_UP, context=Context(prec=60))
    return Conversion(rate, exact, hundredths, uncertainty([leg for leg in (base, quote) if leg is not None]))


def uncertainty(legs: Sequence[Observation]) -> Decimal:
    """Return half a unit of the last printed digit of each leg, as shares of their numbers, summed."""
    total = Decimal(0)
    for leg in legs:
        half_unit = Decimal(5).scaleb(-leg.scale - 1)
        total = _ROUNDED.add(total, _ROUNDED.divide(half_unit, leg.value))
    return total
