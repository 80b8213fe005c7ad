"""A list of sources merged into those there are: what is new, what changes, what stays, and what cannot be."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from ingest.domain.sources.opml import RowFault, SourceList
from ingest.domain.sources.rows import address_key
from ingest.domain.sources.source import Source

_FIELDS = tuple(one.name for one in fields(Source) if one.name != "id")


@dataclass(frozen=True, slots=True)
class Changed:
    """A source that a list says other things about.

    Attributes:
        before: as it is.
        after: as the list wants it.
        fields: names of the fields that differ.
    """

    before: Source
    after: Source
    fields: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """What a list comes to; sources that it does not name stay as they are."""

    added: tuple[Source, ...]
    changed: tuple[Changed, ...]
    unchanged: tuple[Source, ...]
    refused: tuple[RowFault, ...]


def merge(known: Sequence[Source], listed: SourceList) -> Merge:
    """Return what a list would do to the sources there are.

    A row is about the source with its id, else the one with its address. What the row does not say stays as it is: a
    list from another program knows nothing of our attributes.

    Args:
        known: the sources there are.
        listed: the list as read.
    """
    by_id = {one.id: one for one in known}
    by_address = {address_key(one.url): one for one in known}
    added: list[Source] = []
    changed: list[Changed] = []
    unchanged: list[Source] = []
    refused = list(listed.faults)
    met: set[str] = set()
    for row in listed.sources:
        given = listed.given.get(row.id, frozenset())
        owner = by_address.get(address_key(row.url))
        there = by_id.get(row.id) or (owner if "id" not in given else None)
        if owner is not None and there is not owner:
            refused.append(RowFault(row.name, f"its address belongs to the source {owner.id}"))
        elif there is None:
            added.append(row)
        elif there.id in met:
            refused.append(RowFault(row.name, f"a second row about the source {there.id}"))
        else:
            met.add(there.id)
            wanted: dict[str, Any] = {name: getattr(row, name) for name in _FIELDS if name in given}
            change = changed_by(there, replace(there, **wanted))
            if change.fields:
                changed.append(change)
            else:
                unchanged.append(there)
    return Merge(tuple(added), tuple(changed), tuple(unchanged), tuple(refused))


def changed_by(before: Source, after: Source) -> Changed:
    """Return which fields differ between two states of a source."""
    return Changed(
        before, after, tuple(name for name in _FIELDS if getattr(before, name) != getattr(after, name))
    )
