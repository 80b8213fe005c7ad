"""How the dates of one feed are read: its zone, its clock, and whether its times mean anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, timedelta, tzinfo

from ingest.domain.dates.clock_bias import mended
from ingest.domain.dates.reading import ReadDate, prints_midnight, read_date
from ingest.domain.dates.zones import zone_of
from ingest.domain.sources.source import Source

ENOUGH_MIDNIGHTS = 3
"""Of so many dates on different days all are at midnight only where the publisher knows no times."""


@dataclass(frozen=True, slots=True)
class FeedDates:
    """The rules for one feed.

    Attributes:
        zone: assumed where a date has none.
        bias: how far ahead of time the source's clock is.
        day_only: True where every date of the feed is at midnight, so that only its day is known.
    """

    zone: tzinfo = UTC
    bias: timedelta = timedelta()
    day_only: bool = False

    @classmethod
    def of(cls, printed: Sequence[str | None], source: Source, bias: timedelta) -> "FeedDates":
        """Return the rules for a feed whose entries print these dates."""
        dated = {text for text in printed if text}
        midnights = len(dated) >= ENOUGH_MIDNIGHTS and all(map(prints_midnight, dated))
        return cls(zone_of(source.time_zone, source.country), bias, midnights)

    def read(self, text: str | None) -> ReadDate | None:
        """Return a date; None when there is none that can be read."""
        return mended(read_date(text, self.zone, day_only=self.day_only), self.bias)
