"""How numbers are written for people: five decimals, two of a percent, never an exponent, never a float.

Every number is written the same in every locale: a decimal point, no grouping, ASCII digits and `-`.

How much a line of five decimals holds: *n* digits, when half a step of its last place is at most 10^-n of the value.
Three digits are held from 0.005 on. Below, the line hides moves that matter (one step of KZT/USD is 0.48 %, of UZS/USD
12 %: facts of the sources, section 0.1), and a second line says the same for more units: for the smallest power of ten at
which four digits are held, that is from 0.05 on. There rounding moves the number by 0.01 % at most, the smallest change
that the percent beside it prints, and a move of 0.02 % always shows. Counting printed digits instead
would let a pair's second line come and go with every digit that happens to be a nought (0.00210 and 0.00211).
"""

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Context, Decimal, localcontext

from rates.domain.fixings import Pair

_FIVE_PLACES = Decimal("0.00001")
_TWO_PLACES = Decimal("0.01")
_THREE_DIGITS_HELD_FROM = Decimal("0.005")
_FOUR_DIGITS_HELD_FROM = Decimal("0.05")
_LARGEST_SCALE = 10**12
_TWO_DIGITS_UP = Context(prec=2, rounding=ROUND_CEILING)


@dataclass(frozen=True, slots=True)
class Scaled:
    """A line for more units, where that of one unit holds too few digits to see it move."""

    per: int
    text: str


def five_decimals(value: Decimal) -> str:
    """Return `0.01190`: five decimals, half up, always five."""
    return f"{_rounded(value, _FIVE_PLACES):f}"


def percent(change_pct: Decimal) -> str:
    """Return `0.21`, `-1.5` or `0`: two decimals half up, zeros trimmed, no plus and no minus zero."""
    rounded = _rounded(change_pct, _TWO_PLACES)
    if rounded == 0:
        return "0"
    return f"{rounded:f}".rstrip("0").rstrip(".")


def uncertainty_percent(share: Decimal) -> str:
    """Return `0.000058` for a share of 0.0000005717: in percent, two significant digits, never too small."""
    return f"{_TWO_DIGITS_UP.multiply(share, 100):f}"


def ticker_text(pair: Pair, value: Decimal, change_pct: Decimal | None) -> str:
    """Return the ticker's line, `KGS/USD = 0.01190 0%`; without a percent where the change is not known."""
    line = f"{pair} = {five_decimals(value)}"
    return line if change_pct is None else f"{line} {percent(change_pct)}%"


def scaled_line(pair: Pair, value: Decimal) -> Scaled | None:
    """Return `1000 UZS/USD = 0.08236` or `100 KZT/USD = 0.21049` where five decimals hold fewer than three digits."""
    if value >= _THREE_DIGITS_HELD_FROM:
        return None
    per = 10
    while value * per < _FOUR_DIGITS_HELD_FROM and per < _LARGEST_SCALE:
        per *= 10
    return Scaled(per, f"{per} {pair} = {five_decimals(value * per)}")


def _rounded(value: Decimal, places: Decimal) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        return value.quantize(places, rounding=ROUND_HALF_UP)
