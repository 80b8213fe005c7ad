"""What the record's stream of changes tells, one step after the other, as a view follows it."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from search.adapters.mongo_record import ENDS
from search.adapters.position_file import Position
from shared.mongo import ChangeStreamLostError, Document, Timestamp


@dataclass(frozen=True, slots=True)
class Heard:
    """One step of the stream: an article that changed at a time, or (both None) nothing new since the last step.

    `news` is a new revision, else only its story is another.
    """

    id: str | None
    token: dict[str, Any]
    heard_at: float
    at: Timestamp | None = None
    news: bool = False


HeardQueue = asyncio.Queue[Heard | None]
"""What was heard and is not applied yet; None where the stream has ended because the service stops."""


def heard(change: Document, now: float) -> Heard:
    """Return what a change of the stream tells.

    Raises:
        ChangeStreamLostError: that the stream has ended.
    """
    if change["operationType"] in ENDS:
        raise ChangeStreamLostError(f"collection: {change['operationType']}")
    updated = change.get("updateDescription", {}).get("updatedFields", {})
    news = change["operationType"] != "update" or "rev" in updated
    return Heard(change["documentKey"]["_id"], dict(change["_id"]), now, change["clusterTime"], news)


async def at_hand(queue: HeardQueue) -> tuple[list[Heard], bool]:
    """Return all that was heard, at least one step, and whether that was the last."""
    items = [await queue.get()]
    while not queue.empty():
        items.append(queue.get_nowait())
    return [item for item in items if item is not None], items[-1] is None


def ids_of(batch: Iterable[Heard]) -> set[str]:
    """Return the articles that changed."""
    return {item.id for item in batch if item.id is not None}


def news_of(batch: Iterable[Heard]) -> set[str]:
    """Return the articles that have a new revision, or are gone."""
    return {item.id for item in batch if item.id is not None and item.news}


def position_behind(position: Position, last: Heard) -> Position:
    """Return the position once everything up to a step is applied."""
    position = replace(position, token=last.token)
    return position if last.at is None else replace(position, time=(last.at.time, last.at.inc))
