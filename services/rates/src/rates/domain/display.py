"""How numbers are written for people: five decimals, two of a percent, never an exponent, never a float."""

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, localcontext

from rates.domain.fixings import Pair

_FIVE_PLACES = Decimal("0.00001")
_TWO_PLACES = Decimal("0.01")
_SHORTEST_READABLE = 3
_LARGEST_SCALE = 10**9


@dataclass(frozen=True, slots=True)
class Scaled:
    """A line for more units, where one unit has too few digits left to see it move."""

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


def ticker_text(pair: Pair, value: Decimal, change_pct: Decimal | None) -> str:
    """Return the ticker's line, `KGS/USD = 0.01190 0%`; without a percent where the change is not known."""
    line = f"{pair} = {five_decimals(value)}"
    return line if change_pct is None else f"{line} {percent(change_pct)}%"


def scaled_line(pair: Pair, value: Decimal) -> Scaled | None:
    """Return `1000 UZS/USD = 0.08236` where five decimals leave fewer than three significant digits."""
    per = 1
    while _significant_digits(value * per) < _SHORTEST_READABLE and per < _LARGEST_SCALE:
        per *= 1000
    return None if per == 1 else Scaled(per, f"{per} {pair} = {five_decimals(value * per)}")


def _significant_digits(value: Decimal) -> int:
    return len(five_decimals(value).replace(".", "").lstrip("0"))


def _rounded(value: Decimal, places: Decimal) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        return value.quantize(places, rounding=ROUND_HALF_UP)
