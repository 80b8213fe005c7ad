"""What a bank said, kept for ever: one observation per currency, session and revision, in the bank's own direction."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from rates.domain.fixings import Pair
from rates.domain.tables import Row, Table, table_hash

SEEN_AGAIN_AFTER = timedelta(minutes=30)
"""A second fetch so much later that shows the same number says that the bank means it."""


@dataclass(frozen=True, slots=True)
class SeriesKey:
    """One bank's sequence of tables; numbers of two series are never compared or combined."""

    source: str
    series: str


@dataclass(frozen=True, slots=True)
class Observation:
    """`nominal` units of `base` cost `value` units of `quote`, as printed by `source` for one session.

    Attributes:
        value: as printed, not divided by the nominal.
        scale: decimals printed.
        label_on: the date printed on the document.
        session_on: the working day it was fixed on, by the bank's convention.
        fetched_at: when we first had it, aware UTC.
        payload_sha256: of the bytes it was read from.
        table_hash: the same for two tables in which nothing but the date differs.
        revision: 1, or more when the bank printed another number for the same session.
        seen_again_at: when a fetch at least half an hour later showed the same number, aware UTC; noted once.
    """

    key: SeriesKey
    base: str
    quote: str
    value: Decimal
    nominal: int
    scale: int
    label_on: date
    session_on: date
    fetched_at: datetime
    payload_sha256: str
    table_hash: str
    revision: int = 1
    seen_again_at: datetime | None = None

    @property
    def alone(self) -> bool:
        """Whether its table had no other currency."""
        number = (self.nominal, self.value, self.scale)
        return self.table_hash in {
            table_hash(Table(self.label_on, (Row(code, *number),))) for code in (self.base, self.quote)
        }


class Arrival(StrEnum):
    """What an observation is to what we have."""

    NEW = "new"
    CORRECTION = "correction"
    KNOWN = "known"
    OUTDATED = "outdated"


def observe(
    table: Table,
    *,
    key: SeriesKey,
    printed: Callable[[str], Pair],
    session_on: date,
    fetched_at: datetime,
    payload: bytes,
) -> tuple[Observation, ...]:
    """Return a table's rows as observations of one session; `printed` tells what the row of a currency prices."""
    payload_sha256, hashed = hashlib.sha256(payload).hexdigest(), table_hash(table)
    return tuple(
        Observation(
            key=key,
            base=printed(row.code).base,
            quote=printed(row.code).quote,
            value=row.value,
            nominal=row.nominal,
            scale=row.scale,
            label_on=table.label_on,
            session_on=session_on,
            fetched_at=fetched_at,
            payload_sha256=payload_sha256,
            table_hash=hashed,
        )
        for row in table.rows
    )


def same_number(one: Observation, other: Observation) -> bool:
    """Return whether two observations say the same, even where one counts per 10 and the other per 100."""
    return one.value * other.nominal == other.value * one.nominal


def arrive(known: Sequence[Observation], new: Observation) -> tuple[Arrival, Observation]:
    """Decide what a new observation is to the revisions known of the same currency and session.

    A document fetched before the newest known one cannot correct it: of two pollers, the slower one must not win.

    Returns:
        What it is, and the observation with its revision.
    """
    if not known:
        return Arrival.NEW, replace(new, revision=1)
    last = max(known, key=lambda observation: observation.revision)
    if same_number(last, new):
        return Arrival.KNOWN, last
    if new.fetched_at < last.fetched_at:
        return Arrival.OUTDATED, new
    return Arrival.CORRECTION, replace(new, revision=last.revision + 1)


def sort_arrivals(
    known: Iterable[Observation], new: Iterable[Observation], *, may_correct: bool
) -> list[Observation]:
    """Return those of the new observations that are to be kept, with their revisions.

    Args:
        known: all revisions known of the same series and session.
        new: one table's observations.
        may_correct: False for an archive's answer, which fills what is missing and corrects nothing.
    """
    known_of = _by_pair(known)
    kept = []
    for observation in new:
        arrival, placed = arrive(known_of.get(_pair(observation), ()), observation)
        if arrival is Arrival.NEW or (arrival is Arrival.CORRECTION and may_correct):
            kept.append(placed)
    return kept


def seen_again(known: Iterable[Observation], new: Iterable[Observation]) -> list[Observation]:
    """Return those of the known observations whose number a later fetch shows again, for the first time."""
    known_of = _by_pair(known)
    shown = []
    for observation in new:
        arrival, last = arrive(known_of.get(_pair(observation), ()), observation)
        again = arrival is Arrival.KNOWN and last.seen_again_at is None
        if again and observation.fetched_at - last.fetched_at >= SEEN_AGAIN_AFTER:
            shown.append(last)
    return shown


def _by_pair(observations: Iterable[Observation]) -> dict[Pair, list[Observation]]:
    found: dict[Pair, list[Observation]] = {}
    for observation in observations:
        found.setdefault(_pair(observation), []).append(observation)
    return found


def _pair(observation: Observation) -> Pair:
    return Pair(observation.base, observation.quote)
