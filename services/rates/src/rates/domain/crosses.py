"""Any pair of known money, from the lines of both against the dollar: value, change, uncertainty, dates, doubt.

A cross is as old as its older leg and as doubtful as its more doubtful one. Two banks' sessions may differ by a day, so
both dates are told; frankfurter#645 is what comes of hiding that: NBKR's number of one day crossed with another's.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext

from rates.domain.banks import DOLLAR
from rates.domain.board import Board
from rates.domain.fixings import Fixing, Method, Pair, Status

CROSS_PRECISION = 26
"""Significant digits of a cross: two fewer than its legs have, so that what their rounding left cannot show. USD/KGS is
87.45 as the bank printed it, though KGS/USD had to be cut after 28 digits."""

_WORKING_PRECISION = 60
_CHANGE_PLACES = Decimal("1e-20")
"""Changes of legs have 28 significant digits; twenty decimals of what follows from them are right, and an exact half
stays one."""

_WORST_LAST = ("ok", "unconfirmed", "late", "stale", "held", "suspect")
_TURNED = {Method.PUBLISHED: Method.INVERSE, Method.INVERSE: Method.PUBLISHED}


@dataclass(frozen=True, slots=True)
class Cross:
    """What one unit of `base` is worth in `quote`, through the dollar.

    Attributes:
        value: with 26 significant digits, without idle zeros.
        change_pct: between the last two sessions of both legs, to twenty decimals; None unless these are the same days.
        rel_uncertainty: the legs' half units of the last printed digit, as shares of their numbers, summed; to first
            order, since a leg's share of the true number differs from that of the printed one by its square. None
            where a leg's is not known.
        legs: what the pair's money is in dollars; one where the pair has the dollar in it.
    """

    pair: Pair
    value: Decimal
    change_pct: Decimal | None
    method: Method
    rel_uncertainty: Decimal | None
    legs: tuple[Board, ...]

    @property
    def oldest(self) -> Board:
        """The leg whose session is the older: the cross is of that day."""
        return min(self.legs, key=lambda leg: leg.line.fixing.session_on)

    @property
    def worst(self) -> Board:
        """The leg that is least to be trusted."""
        return max(self.legs, key=lambda leg: _WORST_LAST.index(leg.line.status.value))

    @property
    def note(self) -> str | None:
        """What is the matter with the legs, and that they are of two days; None when nothing is."""
        said = [f"{leg.pair}: {leg.line.note}" for leg in self.legs if leg.line.note]
        if len(sessions(self.legs)) > 1:
            said.append(" and ".join(f"{leg.pair} is of {leg.line.fixing.session_on}" for leg in self.legs))
        return "; ".join(said) or None


def cross(pair: Pair, in_dollars: Mapping[str, Board]) -> Cross | None:
    """Return any pair of two different known kinds of money; None where one is not known.

    Args:
        pair: two different codes.
        in_dollars: what is shown of each money against the dollar, by its code.
    """
    wanted = [code for code in (pair.base, pair.quote) if code != DOLLAR]
    legs = tuple(in_dollars[code] for code in wanted if code in in_dollars)
    if len(legs) < len(wanted):
        return None
    base, quote = (_fixing(in_dollars.get(code)) for code in (pair.base, pair.quote))
    fixings = [leg.line.fixing for leg in legs]
    return Cross(
        pair,
        value_of(base, quote),
        change_of(base, quote),
        method_of(base, quote),
        uncertainty(fixings),
        legs,
    )


def sessions(legs: Sequence[Board]) -> set[date]:
    """Return the days on which the legs were fixed."""
    return {leg.line.fixing.session_on for leg in legs}


def _fixing(leg: Board | None) -> Fixing | None:
    return None if leg is None else leg.line.fixing


def value_of(base: Fixing | None, quote: Fixing | None) -> Decimal:
    """Return what one unit of a base is worth in a quote, of which both fixings say the dollars; None is the dollar."""
    with localcontext() as context:
        context.prec = CROSS_PRECISION
        value = _dollars(base) / _dollars(quote)
        places = value.normalize().as_tuple().exponent
        # Never normalize() alone: it makes 1E+2 of 100.
        return value.quantize(Decimal(1).scaleb(min(int(places), 0)))


def _dollars(leg: Fixing | None) -> Decimal:
    return Decimal(1) if leg is None else leg.value


def change_of(base: Fixing | None, quote: Fixing | None) -> Decimal | None:
    """Return the change in percent of what `value_of` gives; None unless both moved between the same two sessions."""
    legs = [leg for leg in (base, quote) if leg is not None]
    if len({leg.session_on for leg in legs}) > 1 or len({leg.previous_on for leg in legs}) > 1:
        return None
    grown = [Decimal(0) if leg is None else leg.change_pct for leg in (base, quote)]
    if grown[0] is None or grown[1] is None:
        return None
    with localcontext() as context:
        context.prec = _WORKING_PRECISION
        change = ((100 + grown[0]) / (100 + grown[1]) - 1) * 100
        return change.quantize(_CHANGE_PLACES)


def method_of(base: Fixing | None, quote: Fixing | None) -> Method:
    """Return how a cross came about: of one leg alone it is that leg the other way round."""
    legs = [leg for leg in (base, quote) if leg is not None]
    if len(legs) > 1:
        return Method.CROSS
    return turned(legs[0].method)


def worst(statuses: Iterable[Status]) -> Status:
    """Return the one that is least to be trusted."""
    return max(statuses, key=lambda status: _WORST_LAST.index(status.value))


def turned(method: Method) -> Method:
    """Return how the reverse of a pair came about."""
    return _TURNED.get(method, method)


def uncertainty(legs: Sequence[Fixing]) -> Decimal | None:
    """Return how far off what follows from fixings may be, as a share; None where it is not known of one of them."""
    shares = [leg.rel_uncertainty for leg in legs]
    known = [share for share in shares if share is not None]
    return sum(known, Decimal(0)) if len(known) == len(shares) else None
