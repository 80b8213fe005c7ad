"""From stored observations to what a pair is worth: the newest session's value and its change, unrounded.

A fixing is derived from all that is stored, never from the order in which documents came; whoever derives it
again from the same observations gets the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, localcontext
from enum import StrEnum

from rates.domain.observations import Observation

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
    """Between which numbers of its own money per US dollar a bank's fixing is believed; bounds included."""

    low: Decimal
    high: Decimal

    def holds(self, per_dollar: Decimal) -> bool:
        """Return whether the number is believed."""
        return self.low <= per_dollar <= self.high


class Doubt(StrEnum):
    """What is the matter with a number outside its band."""

    INVERTED = "inverted"
    NOMINAL = "nominal"
    IMPLAUSIBLE = "implausible"


class Status(StrEnum):
    """How far a line can be trusted; the wire knows more of these, which later rules will use."""

    OK = "ok"
    HELD = "held"


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
    """What a pair is worth by one session of one bank.

    Attributes:
        value: one unit of the pair's base in its quote, with 28 significant digits.
        change_pct: against the session `previous_on`, unrounded; None when it cannot be known.
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
    """What is to be shown of a pair, and why it is in doubt, if it is."""

    fixing: Fixing
    status: Status = Status.OK
    note: str | None = None


def inverse(observation: Observation) -> Decimal:
    """Return what one unit of the observation's quote is worth in its base."""
    with localcontext() as context:
        context.prec = PRECISION
        return Decimal(observation.nominal) / observation.value


def change_pct(current: Observation, previous: Observation) -> Decimal:
    """Return the change of the inverse from `previous` to `current` in percent, with 28 significant digits.

    It comes of the printed numbers: inverses are rounded, and two of them would miss an exact half by their last digit.
    """
    with localcontext() as context:
        context.prec = 2 * PRECISION
        now, before = current.value * previous.nominal, previous.value * current.nominal
        hundredfold = (before - now) * 100
        context.prec = PRECISION
        return hundredfold / now


def uncertainty(observation: Observation) -> Decimal:
    """Return half a unit of the last printed digit as a share of the printed number."""
    with localcontext() as context:
        context.prec = PRECISION
        return Decimal(5).scaleb(-observation.scale - 1) / observation.value


def per_unit(observation: Observation) -> Decimal:
    """Return what one unit of the observation's base costs in its quote."""
    with localcontext() as context:
        context.prec = PRECISION
        return observation.value / observation.nominal


def doubt(per_dollar: Decimal, band: Band) -> Doubt | None:
    """Say what is the matter with a number; None when it is believed."""
    if band.holds(per_dollar):
        return None
    with localcontext() as context:
        context.prec = PRECISION
        if band.holds(1 / per_dollar):
            return Doubt.INVERTED
        powers = (Decimal(10) ** exponent for exponent in (1, 2, 3, 4))
        if any(band.holds(per_dollar * power) or band.holds(per_dollar / power) for power in powers):
            return Doubt.NOMINAL
    return Doubt.IMPLAUSIBLE


def derive(pair: Pair, observations: Iterable[Observation], band: Band) -> Line | None:
    """Return the line of a pair from all known observations of one bank's series, in any order.

    The value is the newest session's last believed revision; the change is against the session before it. When the
    newest number of all is not believed, the last believed line stays, held, with a note; None when there is none.
    """
    by_session: dict[date, list[Observation]] = {}
    for observation in observations:
        by_session.setdefault(observation.session_on, []).append(observation)
    if not by_session:
        return None
    newest = max(by_session[max(by_session)], key=_revision)
    believed = _believed(by_session, band)
    if not believed:
        return None
    fixing = _fixing(pair, believed[-1], believed[-2] if len(believed) > 1 else None)
    why = doubt(per_unit(newest), band)
    if why is None:
        return Line(fixing)
    return Line(fixing, Status.HELD, _note(newest, why, band))


def _believed(by_session: dict[date, list[Observation]], band: Band) -> list[Observation]:
    """Return each session's last believed revision, oldest session first."""
    kept = []
    for session_on in sorted(by_session):
        good = [item for item in by_session[session_on] if doubt(per_unit(item), band) is None]
        if good:
            kept.append(max(good, key=_revision))
    return kept


def _fixing(pair: Pair, current: Observation, previous: Observation | None) -> Fixing:
    value = inverse(current)
    near = (
        previous is not None and (current.session_on - previous.session_on).days <= CHANGE_KNOWN_WITHIN_DAYS
    )
    known = previous if near else None
    return Fixing(
        pair=pair,
        source=current.key.source,
        value=value,
        change_pct=None if known is None else change_pct(current, known),
        session_on=current.session_on,
        previous_on=None if known is None else known.session_on,
        label_on=current.label_on,
        revision=current.revision,
        first_seen_at=current.fetched_at,
        rel_uncertainty=uncertainty(current),
    )


def _note(newest: Observation, why: Doubt, band: Band) -> str:
    number = f"{newest.key.source}'s {newest.value:f} {newest.quote} per {newest.nominal} {newest.base}"
    return f"{number} of {newest.label_on} is held ({why}): outside {band.low:f} to {band.high:f} per {newest.base}"


def _revision(observation: Observation) -> int:
    return observation.revision
