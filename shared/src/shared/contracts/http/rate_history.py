"""The past of exchange rates over HTTP: fixings by day, week or month, and conversions at a date."""

from datetime import date
from typing import Literal

from pydantic import ConfigDict, Field

from shared.contracts.base import Contract
from shared.contracts.rates import Method, RateSource, Status

_PCT = (
    "Change in percent, two decimals half up, zeros trimmed, computed from unrounded values; "
    "null when it cannot be known."
)


class FixingRow(Contract):
    """One session."""

    session_on: date = Field(description="The working day the rate was fixed on.")
    exact_value: str = Field(description="The unrounded value as a decimal string.")
    change_pct: str | None = Field(
        description=f"Against the session before of the same source; of a cross null unless both banks moved between "
        f"the same two sessions. {_PCT}"
    )
    status: Status = Field(description="ok, or unconfirmed; numbers held or suspect are of no row.")
    revision: int = Field(description="1, or more where the bank corrected the number.")
    source: str = Field(description="Id of the bank whose number it is; of a cross both, parted by a space.")


class PeriodRow(Contract):
    """One week or month. Its last fixing stands for it."""

    first_on: date = Field(description="The period's first day: a Monday, or the first of a month.")
    session_on: date = Field(description="The session of its last fixing.")
    exact_value: str = Field(description="Its last fixing.")
    opening: str = Field(description="Its first fixing.")
    high: str
    low: str
    change_pct: str | None = Field(description=f"Against the last fixing of the period before. {_PCT}")
    status: Status = Field(description="Of its last fixing.")
    fixings: int = Field(description="How many sessions it has.")
    source: str = Field(description="Of its last fixing.")


class HistoryAnswer(Contract):
    """A pair's fixings, oldest first."""

    pair: str = Field(description="BASE/QUOTE: the value of one BASE in QUOTE.")
    method: Method = Field(
        description="Of the newest row. published: as the bank prints it; inverse: one divided by that; cross: of two "
        "banks through the dollar, only of sessions that both held, or of two rows of one bank's table; peg: declared."
    )
    sources: list[RateSource] = Field(description="The banks whose numbers are in it.")
    group: None = None
    rows: list[FixingRow]


class PeriodsAnswer(Contract):
    """A pair's fixings by week or month, oldest first."""

    pair: str
    method: Method
    sources: list[RateSource]
    group: Literal["week", "month"]
    rows: list[PeriodRow]


class FixingUsed(Contract):
    """A bank's fixing that a conversion rests on."""

    pair: str = Field(description="The money and USD: the value of one unit in dollars.")
    exact_value: str = Field(description="The unrounded value as a decimal string.")
    printed: str = Field(description="What it follows from, as the bank prints it: `87.4500 KGS per 1 USD`.")
    method: Method
    status: Status
    session_on: date = Field(description="The working day it was fixed on.")
    in_force_from: date = Field(description="The first day it is in force.")
    revision: int
    source: RateSource


class ConversionAnswer(Contract):
    """What an amount comes to by official rates."""

    amount: str
    from_: str = Field(alias="from", serialization_alias="from")
    to: str
    on: date | None = Field(description="The day that was asked for; null for the newest fixings.")
    result: str = Field(
        description="In hundredths of the money, rounded half up; below one, where these would hold fewer, to three "
        "significant digits."
    )
    exact_result: str = Field(description="Unrounded, as a decimal string.")
    exact_rate: str = Field(description="The unrounded value of one unit.")
    method: Method
    uncertainty_pct: str | None = Field(
        description="How far off the rate may be in percent, because banks print few digits: half a unit of the last "
        "digit of each number used. Two significant digits, rounded up."
    )
    fixings: list[FixingUsed] = Field(description="What it rests on: one bank's fixing, or two.")

    model_config = ConfigDict(extra="ignore", frozen=True, populate_by_name=True)
