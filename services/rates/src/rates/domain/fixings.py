"""What is shown of a pair: its value by one session of one source, how far it can be trusted, and why not further."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, localcontext
from enum import StrEnum
from fractions import Fraction

PRECISION = 28
"""Significant digits of a derived value."""

CHANGE_KNOWN_WITHIN_DAYS = 14
"""A session further back is not "the previous one": we were away. The longest holidays leave eleven days between two."""


@dataclass(frozen=True, slots=True)
class Pair:
    """The value of one `base` in `quote`, as `KGS/USD`."""

    base: str
    quote: str

    def __str__(self) -> str:
        return f"{self.base}/{self.quote}"


@dataclass(frozen=True, slots=True)
class Band:
    """Between which numbers of a currency per US dollar a fixing is believed; bounds included."""

    low: Decimal
    high: Decimal

    def holds(self, per_dollar: Decimal | Fraction) -> bool:
        """Return whether the number is believed."""
        return self.low <= per_dollar <= self.high


class Doubt(StrEnum):
    """What is the matter with a number.

    INVERTED, NOMINAL: a slip of the source's; no repetition makes it true.
    IMPLAUSIBLE: outside the currency's band, and nobody else says the same.
    JUMP: far from the session before, and neither another origin nor a later fetch says the same yet.
    DISPUTED: others agree on another number.
    """

    INVERTED = "inverted"
    NOMINAL = "nominal"
    IMPLAUSIBLE = "implausible"
    JUMP = "jump"
    DISPUTED = "disputed"


class Status(StrEnum):
    """How far a line can be trusted.

    LATE: the next session is hours overdue. STALE: two are, or days have passed, or the bank's server is frozen.
    UNCONFIRMED: the newest number is shown, and somebody's differs, or it is not the authority's.
    SUSPECT: the newest number is not shown, since others agree on another one; the last good one stays.
    HELD: the newest number is not shown, since it cannot be right or is not confirmed yet; the last good one stays.
    """

    OK = "ok"
    LATE = "late"
    STALE = "stale"
    UNCONFIRMED = "unconfirmed"
    SUSPECT = "suspect"
    HELD = "held"


KEPT_BACK = frozenset({Status.SUSPECT, Status.HELD})
"""Statuses under which the newest number is not shown."""


class Method(StrEnum):
    """How a value follows from what was printed.

    PUBLISHED: printed as it stands. INVERSE: one over it. CROSS: two rows of one document. PEG: declared by law.
    """

    PUBLISHED = "published"
    INVERSE = "inverse"
    CROSS = "cross"
    PEG = "peg"


@dataclass(frozen=True, slots=True)
class Fixing:
    """What a pair is worth by one session of one source.

    Attributes:
        value: one unit of the pair's base in its quote, with 28 significant digits.
        change_pct: against the session `previous_on` of the same source and method, unrounded; None when it cannot be
            known.
        first_seen_at: when we first had this number, aware UTC.
        rel_uncertainty: half a unit of the last printed digit of each leg, as a share of the value; 0.0005 is 0.05 %.
    """

    pair: Pair
    source: str
    value: Decimal
    change_pct: Decimal | None
    session_on: date
    previous_on: date | None
    label_on: date
    revision: int
    first_seen_at: datetime
    method: Method = Method.INVERSE
    rel_uncertainty: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What is to be shown of a pair, and what is thought of its newest number.

    Attributes:
        status: how far it can be trusted.
        note: why not further, for people.
        doubt: why the newest number is not shown; None where it is.
        confirmed_by: sources of other origin that said the same of the session shown.
        outliers: sources whose numbers of the newest session are far off; for the metrics, and not kept.
    """

    fixing: Fixing
    status: Status = Status.OK
    note: str | None = None
    doubt: Doubt | None = None
    confirmed_by: tuple[str, ...] = ()
    outliers: tuple[str, ...] = field(default=(), compare=False)


def rounded(number: Fraction, digits: int = PRECISION) -> Decimal:
    """Return a rational as a Decimal of so many significant digits, rounded once."""
    with localcontext() as context:
        context.prec = digits
        return Decimal(number.numerator) / Decimal(number.denominator)
