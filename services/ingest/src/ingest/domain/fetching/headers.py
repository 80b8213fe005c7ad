"""What the headers of an answer say about time: Retry-After (RFC 9110, 10.2.3), max-age and Age (RFC 9111)."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_MAX_AGE = re.compile(r'(?:^|[\s,])(?:s-maxage|max-age)="?(\d{1,9})', re.IGNORECASE)
_NO_STORE = re.compile(r"(?:^|[\s,])no-(?:cache|store)(?:$|[\s,])", re.IGNORECASE)


def read_retry_after(value: str | None, now: datetime) -> float | None:
    """Return the seconds that a Retry-After header asks for, given as seconds or as a date; None for nonsense."""
    text = (value or "").strip()
    if text.isascii() and text.isdecimal():
        return float(text[:9])
    try:
        at = parsedate_to_datetime(text)
        at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
        return max(0.0, (at - now).total_seconds())
    except (ValueError, IndexError, OverflowError):
        return None


def read_fresh_s(headers: Mapping[str, str]) -> float:
    """Return for how many more seconds a cache would give the same answer; 0 where nothing is said.

    Args:
        headers: by lower-case name.
    """
    control = headers.get("cache-control", "")
    found = _MAX_AGE.findall(control)
    if not found or _NO_STORE.search(control):
        return 0.0
    age = headers.get("age", "").strip()
    return max(
        0.0, float(max(found, key=int)) - (float(age[:9]) if age.isascii() and age.isdecimal() else 0.0)
    )
