"""What was asked for on the command line, as it was written there (pure; loads nothing of the bus)."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which letters, where, and how to answer.

    Attributes:
        queues: The work queues; none for all.
        types: Event types.
        causes: Causes.
        reason: Part of the reason.
        older_than: Least time since they were given up on.
        newer_than: Most time since.
        ids: Beginnings of event ids.
        limit: The most letters; None for all.
        broker: The broker's URL.
        data: The data folder.
        as_json: Whether to answer in JSON lines.
    """

    queues: list[str] | None = None
    types: list[str] | None = None
    causes: list[str] | None = None
    reason: str = ""
    older_than: timedelta | None = None
    newer_than: timedelta | None = None
    ids: list[str] | None = None
    limit: int | None = None
    broker: str | None = None
    data: Path | None = None
    as_json: bool = False
