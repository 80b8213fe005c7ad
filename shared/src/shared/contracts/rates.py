"""Events about exchange rates: fixings and doubts, said by rates. Numbers travel as decimal strings."""

import re
from datetime import date
from decimal import Decimal
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, PlainSerializer

from shared.contracts.base import Contract, EventModel, Instant

_PLAIN = r"-?[0-9]+(\.[0-9]+)?"


def exact_decimal(given: object) -> Decimal:
    """Return what was given as a Decimal or as plain digits.

    A JSON number is refused, whole ones too: whoever wrote or read it may have had a float in hand, and
    `0.0119` would be 0.01190000000000000057... (IEEE 754) before anybody sees it.

    Raises:
        ValueError: a float or another number, an exponent, a thousands separator, NaN or an infinity.
    """
    if isinstance(given, Decimal) and given.is_finite():
        return given
    if isinstance(given, str) and re.fullmatch(_PLAIN, given, re.ASCII):
        return Decimal(given)
    raise ValueError(
        "must be a decimal number as a string, such as 0.0119: floats and exponents lose or hide digits"
    )


def format_decimal(number: Decimal) -> str:
    """Write a Decimal in full, never with an exponent: `0.0000823580764447`."""
    return f"{number:f}"


DecimalText = Annotated[
    Decimal,
    BeforeValidator(exact_decimal),
    PlainSerializer(format_decimal, return_type=str, when_used="json"),
]
"""A Decimal, said and read as a string without an exponent, so that nobody makes a float of it on the way."""

NumberText = Annotated[str, Field(pattern=f"^{_PLAIN}$")]
"""A decimal number as the text that people are shown: no exponent, no grouping."""

PercentText = Annotated[str, Field(pattern=r"^(0|-?(0\.[0-9]?[1-9]|[1-9][0-9]*(\.[0-9]?[1-9])?))$")]
"""A change in percent as people are shown it: two decimals at most, no idle zeros, no plus, never `-0`."""

Status = Literal["ok", "unconfirmed", "late", "stale", "held", "suspect"]
"""How far a number can be trusted: see docs/api.md."""

Method = Literal["published", "inverse", "cross", "peg"]
"""How the value was derived from what the source printed."""


class RateSource(Contract):
    """The bank that fixed a rate."""

    id: str = Field(description="Short id: NBK, NBKR, NBT, CBU, CBR, ECB, CBT.")
    name: str
    url: str = Field(description="The page or document a reader may check the number against.")


class RateFixed(EventModel):
    """A bank fixed a rate for a new session, or corrected one."""

    TYPE: ClassVar[str] = "rate.fixed.v1"

    pair: str = Field(
        pattern=r"^[A-Z]{3}/[A-Z]{3}$", description="BASE/QUOTE: the value of one BASE in QUOTE."
    )
    seq: int = Field(ge=1, description="Grows by one with every event about the pair; the highest wins.")
    value: DecimalText = Field(gt=0, description="Unrounded value, at least 12 significant digits.")
    change_pct: DecimalText | None = Field(
        description="Unrounded change in percent against the previous fixing; null when it cannot be known.",
    )
    source: RateSource
    method: Method
    session_on: date = Field(description="The working day the rate was fixed on, in the bank's time zone.")
    label_on: date = Field(description="The date the bank printed on the document.")
    status: Status
    revision: int = Field(ge=1, description="1, or more when the bank corrected this session's number.")
    fixed_at: Instant = Field(description="When this system first saw the number.")
    rel_uncertainty: DecimalText | None = Field(
        default=None,
        description="Half a unit of the last printed digits as a share of the value: 0.0005 is 0.05 %; null if unknown.",
    )
    confirmed_by: list[str] = Field(
        default=[],
        description="Ids of sources of other origin that said the same of this session, at this moment.",
    )

    @property
    def event_subject(self) -> str:
        """The pair."""
        return self.pair

    @property
    def event_rev(self) -> int:
        """The pair's sequence number."""
        return self.seq


class RateStale(EventModel):
    """A pair is late, held or in doubt, and why."""

    TYPE: ClassVar[str] = "rate.stale.v1"

    pair: str = Field(pattern=r"^[A-Z]{3}/[A-Z]{3}$")
    seq: int = Field(ge=1)
    status: Status
    reason: str
    since: Instant

    @property
    def event_subject(self) -> str:
        """The pair."""
        return self.pair

    @property
    def event_rev(self) -> int:
        """The pair's sequence number."""
        return self.seq
