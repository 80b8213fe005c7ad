"""Rates over HTTP: the ticker's entries, as said by rates and handed on by the gateway."""

from pydantic import Field

from shared.contracts.base import Contract, Instant
from shared.contracts.rates import NumberText, PercentText, RateSource, Status


class Scaled(Contract):
    """The same rate for more units, where five decimals hold fewer than three digits (below 0.005)."""

    per: int = Field(description="How many units of the base the text speaks of: a power of ten.")
    text: str = Field(description="For example `1000 UZS/USD = 0.08236`.")


class TickerEntry(Contract):
    """One pair of the ticker."""

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
    as_of: Instant = Field(description="Midnight UTC of the session the rate was fixed in.")
    source: RateSource
    status: Status
    note: str | None = None


class RatesAnswer(Contract):
    """All known rates, the ticker's four first."""

    rates: list[TickerEntry]
    as_of: Instant | None = Field(
        description="When the newest of them was first seen; null while there is none."
    )
    stale: bool = Field(
        default=False, description="True when this is a last known answer because the rates service is away."
    )
