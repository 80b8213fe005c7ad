"""How far a replica's view is: told by `/readyz`, `GET /v1/view` and `silkwire reindex`."""

from dataclasses import dataclass
from typing import Literal

Phase = Literal["waiting", "building", "catching_up", "level"]
"""Waiting for the record, reading it whole, applying what changed meanwhile or a backlog, or showing every change as it comes."""

STALE_AFTER_S = 15.0
"""A view that is further behind the record than this says so with every answer."""


@dataclass(frozen=True, slots=True)
class ViewState:
    """How far a view is.

    Attributes:
        phase: see `Phase`.
        scanned: articles read of the record since the building began; 0 outside of it.
        of: about how many there are to read; 0 outside of building.
        behind_s: seconds that have passed since what the view shows was all of the record; None while unknown.
        rebuilds: times that this process has built it from nothing.
        trouble: why changes cannot be written, or empty.
    """

    phase: Phase = "waiting"
    scanned: int = 0
    of: int = 0
    behind_s: float | None = None
    rebuilds: int = 0
    trouble: str = ""

    @property
    def stale(self) -> bool:
        """Whether answers from it must say that they may be old."""
        return self.behind_s is not None and self.behind_s > STALE_AFTER_S
