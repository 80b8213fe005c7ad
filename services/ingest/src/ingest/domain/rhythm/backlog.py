"""When so many events wait to be published that no more may be made."""

from dataclasses import dataclass

RESUME_SHARE = 0.9
"""Polling goes on once this much of the limit waits: at the limit itself it would go on and off with every event."""


@dataclass(frozen=True, slots=True)
class BacklogLimit:
    """How many events may wait.

    Attributes:
        most: with so many or more, polling pauses.
    """

    most: int

    def full(self, waiting: int, was_full: bool) -> bool:
        """Return whether polling is to pause.

        Args:
            waiting: events waiting now.
            was_full: whether it was to pause until now.
        """
        return waiting > self.most * RESUME_SHARE if was_full else waiting >= self.most
