"""What a bank said, kept for ever: one observation per currency, session and revision, in the bank's own direction."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from rates.domain.tables import Table, table_hash


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


class Arrival(StrEnum):
    """What an observation is to what we have."""

    NEW = "new"
    CORRECTION = "correction"
    KNOWN = "known"
    OUTDATED = "outdated"


def observe(
    table: Table, *, key: SeriesKey, quote: str, session_on: date, fetched_at: datetime, payload: bytes
) -> tuple[Observation, ...]:
    """Return a table's rows as observations of one session."""
    payload_sha256, hashed = hashlib.sha256(payload).hexdigest(), table_hash(table)
    return tuple(
        Observation(
            key=key,
            base=row.code,
            quote=quote,
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
    by_base: dict[str, list[Observation]] = {}
    for observation in known:
        by_base.setdefault(observation.base, []).append(observation)
    kept = []
    for observation in new:
        arrival, placed = arrive(by_base.get(observation.base, ()), observation)
        if arrival is Arrival.NEW or (arrival is Arrival.CORRECTION and may_correct):
            kept.append(placed)
    return kept
