"""When a source is asked again: its interval with some jitter, longer after failures, never before it says."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ingest.domain.fetching.outcomes import Failed, Reason, Validators

MAX_BACKOFF_S = 6 * 3600.0
"""Longest wait after failures that may heal by themselves; a site that comes back is noticed within the day."""

MAX_WAIT_S = 24 * 3600.0
"""Longest wait at all, whatever a source asks for (some ask for 88 hours) or its list says."""

JITTER = 0.1
"""Share of the interval by which polls are spread, so that sources do not march in step."""


TRUST_NOT_MODIFIED = timedelta(hours=24)
"""How long "not modified" is believed: some servers say it for ever, so now and then the whole feed is asked for."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How often sources are asked.

    Attributes:
        default_interval_s: seconds between polls where the source names none.
        min_interval_s: seconds below which no source is asked, whatever its list says.
    """

    default_interval_s: float
    min_interval_s: float

    def interval_s(self, wanted_s: float | None) -> float:
        """Return the seconds between polls of a source that wants `wanted_s`."""
        return min(max(wanted_s or self.default_interval_s, self.min_interval_s), MAX_WAIT_S)


def delay_after_success_s(interval_s: float, chance: float) -> float:
    """Return the seconds until the next poll.

    Args:
        interval_s: seconds between polls.
        chance: a random number from 0 to 1.
    """
    return interval_s * (1 - JITTER + 2 * JITTER * chance)


def delay_after_failure_s(failure: Failed, *, interval_s: float, failures: int, chance: float) -> float:
    """Return the seconds until a source is tried again.

    Args:
        failure: what went wrong this time.
        interval_s: seconds between polls while all is well.
        failures: failures in a row, this one included.
        chance: a random number from 0 to 1.
    """
    if failure.reason is Reason.GONE:
        return MAX_WAIT_S
    longest = max(MAX_BACKOFF_S, interval_s)
    backoff = min(interval_s * 2.0 ** min(failures - 1, 20), longest)
    spread = backoff * (1 - JITTER + 2 * JITTER * chance)
    asked = min(failure.retry_after_s or 0.0, MAX_WAIT_S)
    return max(spread, asked)


def validators_to_send(known: Validators, read_whole_at: datetime | None, now: datetime) -> Validators:
    """Return what to ask with: the known validators, or none when the feed itself has not been seen for a day."""
    if read_whole_at is None or now - read_whole_at >= TRUST_NOT_MODIFIED:
        return Validators()
    return known
