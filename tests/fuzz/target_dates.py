"""Texts to instants: whatever they are, they are a date between 1990 and what can be, or none."""

from datetime import UTC, datetime, timedelta, timezone

from ingest.domain.dates.reading import EARLIEST, prints_midnight, read_date, settle
from ingest.domain.dates.zones import zone_of

_ZONES = (UTC, timezone(timedelta(hours=6)), zone_of(None, "KZ"))
_SEEN_AT = datetime(2026, 9, 22, tzinfo=UTC)

_SEEDS = (
    "Tue, 22 Sep 2026 10:00:00 +0600", "22.09.2026 10:00", "2026-09-22T10:00:00.5+06:00", "2026/6/29 15:07:41",
    "1790000000", "22 сентября 2026 г. в 10:00", "2026 жылғы 22 қыркүйек", "22-Аяк оона, 2026", "10:00, 22.09.2026",
)  # fmt: skip


def seeds() -> list[bytes]:
    """Return dates to begin with."""
    return [one.encode() for one in _SEEDS]


def one_input(data: bytes) -> None:
    """Read one date in several zones, whole and by its day."""
    text = data.decode("utf-8", "replace")
    for zone in _ZONES:
        for day_only in (False, True):
            read = read_date(text, zone, day_only=day_only)
            if read is None:
                continue
            assert read.at.tzinfo is UTC
            assert read.at >= EARLIEST
            assert settle(read, _SEEN_AT).at <= _SEEN_AT
    prints_midnight(text)
