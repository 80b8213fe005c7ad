"""Which pairs are given, who fixes each, who steps in, and who is only asked whether he sees the same."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from rates.domain.banks import CBU, DOLLAR, NBK, NBKR, NBT, Bank
from rates.domain.fixings import Band, Method, Pair
from rates.domain.sources import CBR, CBT, ECB, MARKET


@dataclass(frozen=True, slots=True)
class Plan:
    """How one pair is derived.

    Attributes:
        authority: whose number is shown; of a pegged pair, who declared the peg.
        fallbacks: whose is shown, in this order, when the authority has been away; the order is that of how exactly
            they print it, measured on recorded documents.
        witnesses: all others that print it.
        band: what a dollar is believed to cost in the pair's base.
        peg: how many of the pair's base a dollar costs by declaration; None where the rate floats.
        since: the first session for which that holds, the peg or the lower end of the band.
        low_before: the least that a dollar is believed to have cost before.
    """

    pair: Pair
    authority: Bank
    fallbacks: tuple[Bank, ...]
    witnesses: tuple[Bank, ...]
    band: Band
    peg: Decimal | None = None
    since: date = date.min
    low_before: Decimal | None = None

    @property
    def method(self) -> Method:
        """How the authority's number becomes the pair's."""
        if self.peg is not None:
            return Method.PEG
        legs = self.authority.legs(self.pair)
        if len(legs) > 1:
            return Method.CROSS
        return Method.PUBLISHED if legs[0].base == self.pair.base else Method.INVERSE

    def band_on(self, session_on: date) -> Band:
        """Return what a dollar is believed to have cost in a session; it never cost more than today's band allows."""
        if self.low_before is None or session_on >= self.since:
            return self.band
        return Band(min(self.low_before, self.band.low), self.band.high)

    @property
    def sources(self) -> tuple[Bank, ...]:
        """All who print it."""
        return (self.authority, *self.fallbacks, *self.witnesses)

    def of(self, bank_ids: Collection[str]) -> "Plan":
        """Return the plan without fallbacks and witnesses that are not asked."""
        return replace(
            self,
            fallbacks=tuple(bank for bank in self.fallbacks if bank.id in bank_ids),
            witnesses=tuple(bank for bank in self.witnesses if bank.id in bank_ids),
        )


def _pair(money: str) -> Pair:
    return Pair(money, DOLLAR)


def _band(low: str, high: str) -> Band:
    return Band(Decimal(low), Decimal(high))


PLANS = (
    Plan(
        _pair("KGS"),
        NBKR,
        (CBU, NBT, CBR),
        (NBK, CBT, MARKET),
        NBKR.band,
        since=date(2015, 1, 1),
        low_before=Decimal(20),
    ),
    # Kept at 185 tenge until it was let go on 20 August 2015.
    Plan(
        _pair("KZT"),
        NBK,
        (CBR, CBU, NBT, NBKR),
        (CBT, MARKET),
        NBK.band,
        since=date(2015, 8, 20),
        low_before=Decimal(50),
    ),
    Plan(
        _pair("TJS"),
        NBT,
        (CBR, CBU),
        (NBK, CBT, MARKET),
        NBT.band,
        since=date(2015, 1, 1),
        low_before=Decimal(2),
    ),
    # From about 4,200 to 8,100 so'm in one session, whose table is dated 5 September 2017.
    Plan(
        _pair("UZS"),
        CBU,
        (CBR, CBT, NBT),
        (NBK, MARKET),
        CBU.band,
        since=date(2017, 9, 4),
        low_before=Decimal(5),
    ),
    Plan(_pair("RUB"), CBR, (NBK, CBU), (NBKR, NBT, CBT, MARKET), CBR.band),
    Plan(_pair("EUR"), ECB, (CBR, NBK), (CBU, NBKR, NBT, CBT, MARKET), ECB.band),
    Plan(_pair("CNY"), ECB, (CBR, NBK), (CBU, NBKR, NBT, CBT, MARKET), _band("4", "12")),
    # 3.5 manat per dollar since 1 January 2015, by the Central Bank's declaration. CBU's row of it was 16 % wrong on
    # 1 April 2026, so no printed number of the manat is ever shown.
    Plan(
        _pair("TMT"),
        CBT,
        (),
        (CBR, CBU, NBT, MARKET),
        _band("3.4", "3.6"),
        peg=Decimal("3.5"),
        since=date(2015, 1, 1),
    ),
)
"""All pairs, the ticker's four first."""


def plans_for(
    bank_ids: Collection[str], bands: Mapping[str, Band], plans: Iterable[Plan] = PLANS
) -> tuple[Plan, ...]:
    """Return the plans that can be carried out with the sources that are asked.

    Args:
        bank_ids: the sources that are asked.
        bands: believed numbers per dollar, by currency, where an operator knows better.
        plans: all plans.
    """
    return tuple(
        replace(plan.of(bank_ids), band=bands.get(plan.pair.base, plan.band))
        for plan in plans
        if plan.authority.id in bank_ids or plan.peg is not None
    )
