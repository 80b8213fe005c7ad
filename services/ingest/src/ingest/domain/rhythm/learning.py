"""How often a source is asked, learnt from how often it has something new.

New entries are counted with a half-life of a day, which gives a rate; a source is asked four times for each new entry
that is to be expected. So a new article waits an eighth of the usual time between two articles, a source that
falls silent is asked less and less, and one that wakes up is asked more often from the next poll on.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

HALF_LIFE = timedelta(days=1)
POLLS_PER_ENTRY = 4
"""Three of four polls find nothing, and cost a 304 each; a fifth would gain seconds."""

DATES_LOOKED_AT = 20
"""The newest entries of a feed that is read for the first time; older ones tell of another season."""

_SHORTEST_SPAN = timedelta(hours=1)
"""A feed whose entries were all made at once, as on its first day, says little about its rhythm."""

_RATE_PER_WEIGHT = math.log(2) / HALF_LIFE.total_seconds()


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What came new from a source, the recent past counting most.

    Attributes:
        weight: number of new entries, each halved for every day since.
        at: when it was true.
    """

    weight: float
    at: datetime

    @property
    def interval_s(self) -> float:
        """Seconds between polls that this asks for, without bounds."""
        rate = self.weight * _RATE_PER_WEIGHT * POLLS_PER_ENTRY
        return 1 / rate if rate > 0 else math.inf

    def per_day(self, now: datetime) -> float:
        """Return the new entries a day that the recent past lets expect.

        Args:
            now: silence since the last count is counted too.
        """
        silence = max(now - self.at, timedelta(0))
        left: float = 0.5 ** (silence / HALF_LIFE)
        return self.weight * left * _RATE_PER_WEIGHT * 86_400


def first_arrivals(published: Sequence[datetime], now: datetime, default_interval_s: float) -> Arrivals:
    """Return what a feed's own dates say when it is read for the first time, or what fits the default interval.

    Args:
        published: publication times of its entries, as far as they name any, in any order.
        now: the time of the poll.
        default_interval_s: seconds between polls where they say nothing.
    """
    newest = sorted((at for at in published if at <= now), reverse=True)[:DATES_LOOKED_AT]
    if len(newest) < 2:
        return Arrivals(1 / (default_interval_s * POLLS_PER_ENTRY * _RATE_PER_WEIGHT), now)
    span = max(now - newest[-1], _SHORTEST_SPAN)
    return Arrivals(len(newest) / span.total_seconds() / _RATE_PER_WEIGHT, now)


def arrivals_after(known: Arrivals, new: int, now: datetime) -> Arrivals:
    """Return the count after a poll that brought so many new entries."""
    elapsed = max(now - known.at, timedelta(0))
    return Arrivals(known.weight * 0.5 ** (elapsed / HALF_LIFE) + new, max(now, known.at))
