"""What one source's documents make of a pair: exact rationals, two legs only from one document, doubts left to others."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction

from rates.domain.banks import Bank
from rates.domain.fixings import Method, Pair
from rates.domain.observations import Observation


@dataclass(frozen=True, slots=True)
class Quote:
    """A pair by one revision of one session of one source.

    Attributes:
        worth: one unit of the pair's base in its quote, exact.
        rel_uncertainty: half a unit of the last printed digit of each leg, as a share of the value.
        seen_again: whether a later fetch showed the same of every leg.
        first_label_on: the first date that the session's tables were labelled with, those that were corrected too.
        printed: the legs as the source printed them, for people.
    """

    bank_id: str
    pair: Pair
    worth: Fraction
    method: Method
    rel_uncertainty: Fraction
    session_on: date
    label_on: date
    first_label_on: date
    revision: int
    first_seen_at: datetime
    seen_again: bool
    printed: str

    @property
    def per_dollar(self) -> Fraction:
        """How many of the pair's base its quote, the dollar, costs."""
        return 1 / self.worth


BySession = Mapping[date, tuple[Quote, ...]]
"""A source's quotes of one pair: each session's revisions, oldest first."""


def quotes_of(bank: Bank, pair: Pair, observations: Iterable[Observation]) -> BySession:
    """Return what a source's observations make of a pair, in any order; other sources' are left alone.

    Two legs are always of one session of one series, so of one document: of a corrected one, the last revisions.
    """
    legs = bank.legs(pair)
    said: dict[date, list[list[Observation]]] = {}
    for item in observations:
        printed = Pair(item.base, item.quote)
        if item.key == bank.key and printed in legs:
            said.setdefault(item.session_on, [[] for _leg in legs])[legs.index(printed)].append(item)
    return {session_on: _session(bank, pair, said[session_on]) for session_on in sorted(said)}


def _session(bank: Bank, pair: Pair, said: list[list[Observation]]) -> tuple[Quote, ...]:
    revisions = sorted({item.revision for leg in said for item in leg})
    found = []
    for revision in revisions:
        known = [[item for item in leg if item.revision <= revision] for leg in said]
        if all(known):
            legs = [max(leg, key=lambda item: item.revision) for leg in known]
            first_label_on = min(item.label_on for leg in known for item in leg)
            found.append(_quote(bank, pair, legs, revision, first_label_on))
    return tuple(found)


def _quote(bank: Bank, pair: Pair, legs: list[Observation], revision: int, first_label_on: date) -> Quote:
    worth = Fraction(1)
    for leg in legs:
        unit = Fraction(leg.value) / leg.nominal
        # Printed the pair's way round a leg multiplies: base in the source's money, or that in the pair's quote.
        worth = worth * unit if leg.base == pair.base or leg.quote == pair.quote else worth / unit
    return Quote(
        bank_id=bank.id,
        pair=pair,
        worth=worth,
        method=_method(pair, legs),
        rel_uncertainty=sum((uncertainty(leg.value, leg.scale) for leg in legs), Fraction()),
        session_on=legs[0].session_on,
        label_on=max(leg.label_on for leg in legs),
        first_label_on=first_label_on,
        revision=revision,
        first_seen_at=max(leg.fetched_at for leg in legs),
        seen_again=all(leg.seen_again_at is not None for leg in legs),
        printed=" and ".join(f"{leg.value:f} {leg.quote} per {leg.nominal} {leg.base}" for leg in legs),
    )


def _method(pair: Pair, legs: list[Observation]) -> Method:
    if len(legs) > 1:
        return Method.CROSS
    return Method.PUBLISHED if legs[0].base == pair.base else Method.INVERSE


def uncertainty(value: Decimal, scale: int) -> Fraction:
    """Return half a unit of the last printed digit as a share of the printed number."""
    return Fraction(1, 2 * 10**scale) / Fraction(value)


def change_pct(current: Quote, previous: Quote) -> Fraction:
    """Return the change from `previous` to `current` in percent, exact: an exact half must stay one."""
    return (current.worth / previous.worth - 1) * 100
