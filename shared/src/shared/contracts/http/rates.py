"""Rates over HTTP: the ticker's entries, as said by rates and handed on by the gateway."""

from pydantic import Field

from shared.contracts.base import Contract, Instant
from shared.contracts.rates import Method, NumberText, PercentText, RateSource, Status


class Scaled(Contract):
    """The same rate for more units, where five decimals hold fewer than three digits (below 0.005)."""

    per: int = Field(description="How many units of the base the text speaks of: a power of ten.")
    text: str = Field(description="For example `1000 UZS/USD = 0.08236`.")


class Leg(Contract):
    """One money in dollars, of which a rate between two was made."""

    pair: str = Field(description="For example `KGS/USD`.")
    exact_value: NumberText = Field(description="The unrounded value as a decimal string.")
    as_of: Instant = Field(description="Midnight UTC of the session the rate was fixed in.")
    source: RateSource
    status: Status


class TickerEntry(Contract):
    """One pair: one of the ticker's, or any other two of the money known."""

    pair: str = Field(description="BASE/QUOTE: the value of one BASE in QUOTE.")
    value: NumberText = Field(description="Five decimals, rounded half up.")
    change_pct: PercentText | None = Field(
        description="Change against the previous fixing in percent, two decimals half up, zeros trimmed; "
        "null when it cannot be known.",
    )
    text: str = Field(description="The ticker's line: `KGS/USD = 0.01190 0%`.")
    exact_value: NumberText = Field(description="The unrounded value as a decimal string.")
    exact_change_pct: NumberText | None = Field(
        default=None,
        description="The unrounded change in percent; tells a move that is real but rounds to `0` from none.",
    )
    scaled: Scaled | None = None
    as_of: Instant = Field(
        description="Midnight UTC of the session the rate was fixed in; of two legs, of the older one."
    )
    source: RateSource = Field(description="The bank that fixed it; of two legs, that of the older one.")
    status: Status = Field(description="Of two legs, that of the more doubtful one.")
    note: str | None = None
    method: Method | None = Field(
        default=None,
        description="How the value follows from what banks print: published, inverse, cross (through the dollar, or "
        "within one document), peg.",
    )
    uncertainty_pct: NumberText | None = Field(
        default=None,
        description="By how much of it the value may be off because banks print few digits: half a unit of the last "
        "printed digit of each leg, summed, in percent, two significant digits, rounded up.",
    )
    legs: list[Leg] = Field(
        default=[],
        description="What it was made of, each with its own date; empty where a bank fixed the pair itself.",
    )


class RatesAnswer(Contract):
    """All known rates, the ticker's four first."""

    rates: list[TickerEntry]
    as_of: Instant | None = Field(
        description="When the newest of them was first seen; null while there is none."
    )
    stale: bool = Field(
        default=False, description="True when this is a last known answer because the rates service is away."
    )
