"""Days in a query: what people may write for one, and the range of instants that can be ordered by."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
"""Articles dated outside these bounds count as dated at them: an order key has 43 bits for milliseconds."""

_DATE = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", re.ASCII)


def parse_date(text: str, *, last: bool) -> date | None:
    """Read `2026`, `2026-11` or `2026-11-23`; None when it is none of them.

    Args:
        text: as typed.
        last: which day a year or a month stands for: its last, else its first.
    """
    found = _DATE.fullmatch(text.strip())
    if found is None:
        return None
    year = int(found[1])
    month = int(found[2]) if found[2] else (12 if last else 1)
    try:
        day = int(found[3]) if found[3] else (monthrange(year, month)[1] if last else 1)
        return date(year, month, day)
    except ValueError:
        return None


def clamp(instant: datetime) -> datetime:
    """Return the instant in UTC, or the bound that it lies beyond."""
    return min(max(instant.astimezone(UTC), EARLIEST), LATEST)
