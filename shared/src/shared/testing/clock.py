"""A clock that stands still until it is told to move."""

from datetime import datetime, timedelta


class FixedClock:
    """A clock that shows what a test wants.

    Args:
        at: the instant it shows, aware UTC.
    """

    def __init__(self, at: datetime) -> None:
        self._at = at
        self._seconds = 0.0

    def now(self) -> datetime:
        """Return the instant it was set to."""
        return self._at

    def monotonic(self) -> float:
        """Return the seconds it was advanced by."""
        return self._seconds

    def advance(self, seconds: float) -> None:
        """Move it forward."""
        self._at += timedelta(seconds=seconds)
        self._seconds += seconds
