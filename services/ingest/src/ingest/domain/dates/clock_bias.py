"""Learns that a source's clock is wrong by a constant, from what it prints against when we first saw it.

Local time labelled as GMT is the region's most common fault: every article is dated five or six hours in the future.
What is observed is the newest new entry of a poll: `offset_s` = printed time - first sight. With a right clock that is
never above zero, and with one ahead by B it lies between B less the time between two polls and B. So a run of offsets
above zero gives B as their greatest, rounded up to half an hour; the greatest, that is, that others of the run stand close
by, since an article that is scheduled for tonight says nothing about the clock.

A clock that is behind is harder to tell from an editor who publishes late: it is only believed when every offset of a
long run lies within the time between two polls below the same whole hour.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from ingest.domain.dates.reading import ReadDate

SKEW_S = 600
"""So far ahead a clock may be without being wrong."""

KEPT = 12
"""Observations that are remembered; what they no longer show is unlearnt."""

ENOUGH_AHEAD = 3
ENOUGH_BEHIND = 8
MAX_GAP_S = 1800
"""Longest time between two polls for what the second brings to be an observation."""

_HALF_HOUR_S = 1800
_HOUR_S = 3600
_MOST_S = 14 * _HOUR_S
"""Further than any zone is from another: a date beyond is a mistake of its own, not the clock's."""


@dataclass(frozen=True, slots=True)
class SourceClock:
    """What is known of a source's clock.

    Attributes:
        offsets_s: printed time less first sight of the newest new entry, poll by poll, the latest last, in seconds.
    """

    offsets_s: tuple[int, ...] = field(default=())

    @property
    def bias(self) -> timedelta:
        """How far ahead of time its dates are; negative for behind, zero for a clock that is right or unknown."""
        return timedelta(seconds=_bias_s(self.offsets_s))

    def after_poll(
        self, new: Iterable[ReadDate | None], now: datetime, last_success_at: datetime | None
    ) -> "SourceClock":
        """Return the clock after a poll.

        Args:
            new: dates of the articles that this poll saw first, mended by the bias so far.
            now: when they were seen, aware UTC.
            last_success_at: when the feed was read before; what was published since then is new, no older things.
        """
        if last_success_at is None or now - last_success_at > timedelta(seconds=MAX_GAP_S):
            return self
        timed = [one.at + self.bias for one in new if one is not None and one.certainty != "day_only"]
        return self.observed((max(timed) - now).total_seconds()) if timed else self

    def observed(self, offset_s: float) -> "SourceClock":
        """Return the clock after one more observation; one beyond any zone is left out."""
        if abs(offset_s) > _MOST_S:
            return self
        return SourceClock((*self.offsets_s, round(offset_s))[-KEPT:])


def _bias_s(offsets_s: tuple[int, ...]) -> int:
    run_ahead: list[int] = []
    for offset_s in reversed(offsets_s):
        if offset_s <= SKEW_S:
            break
        run_ahead.append(offset_s)
    for greatest_s in sorted(run_ahead, reverse=True):
        if sum(0 <= greatest_s - one <= MAX_GAP_S for one in run_ahead) >= ENOUGH_AHEAD:
            return min(-(-(greatest_s - SKEW_S) // _HALF_HOUR_S) * _HALF_HOUR_S, _MOST_S)
    return -_behind_s([-one for one in offsets_s])


def _behind_s(delays_s: list[int]) -> int:
    if len(delays_s) < ENOUGH_BEHIND:
        return 0
    hours_s = min(delays_s) // _HOUR_S * _HOUR_S
    return hours_s if hours_s > 0 and max(delays_s) - hours_s <= MAX_GAP_S else 0


def mended(read: ReadDate | None, bias: timedelta) -> ReadDate | None:
    """Return a date without its source's bias; one of a day only is left as it is, since its hour is not known."""
    if read is None or not bias or read.certainty == "day_only":
        return read
    return ReadDate(read.at - bias, "zone_assumed")
