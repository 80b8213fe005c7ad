"""How long a source is left alone after a failure: by what kind of failure it was, doubling, with jitter."""

from collections.abc import Mapping
from dataclasses import dataclass

from ingest.domain.fetching.outcomes import Failed, Reason

MAX_WAIT_S = 24 * 3600.0
"""Longest wait at all, whatever a source asks for (some ask for 88 hours) or its list says; only for a retired source
it is longer."""

JITTER = 0.1
"""Share by which waits are spread, so that sources do not march in step."""

_HOUR_S = 3600.0


@dataclass(frozen=True, slots=True)
class Backoff:
    """How one kind of failure is answered.

    Attributes:
        at_least_s: the first wait is the source's interval, but at least this.
        at_most_s: the first wait is not longer than this.
        longest_s: where doubling ends, or at the interval, where that is longer.
    """

    at_least_s: float
    at_most_s: float
    longest_s: float


_PASSING = Backoff(0, 120, _HOUR_S)
"""May be over in a minute: a restart, a lost packet. A news site that comes back is read again within the hour."""

_USUAL = Backoff(0, MAX_WAIT_S, 6 * _HOUR_S)
"""May be over soon or last; some servers answer 404 for some hours every day (lion-reader PR#1127)."""

_WRONG = Backoff(900, MAX_WAIT_S, 12 * _HOUR_S)
"""What came was no feed: somebody has to mend something there."""

_UNWANTED = Backoff(_HOUR_S, MAX_WAIT_S, MAX_WAIT_S)
"""Somebody decided to keep us out; asking often makes it worse."""

_DAILY = Backoff(MAX_WAIT_S, MAX_WAIT_S, MAX_WAIT_S)

BACKOFFS: Mapping[Reason, Backoff] = {
    **dict.fromkeys((Reason.DNS, Reason.CONNECT, Reason.TIMEOUT, Reason.SERVER_ERROR), _PASSING),
    **dict.fromkeys((Reason.PROTOCOL, Reason.DEADLINE, Reason.INTERNAL), _PASSING),
    **dict.fromkeys((Reason.NOT_FOUND, Reason.RATE_LIMITED, Reason.CLIENT_ERROR, Reason.TLS), _USUAL),
    **dict.fromkeys((Reason.HTML, Reason.NOT_A_FEED, Reason.EMPTY, Reason.UNSAFE_XML), _WRONG),
    **dict.fromkeys((Reason.TOO_LARGE, Reason.BAD_ENCODING, Reason.BAD_REDIRECT), _WRONG),
    **dict.fromkeys((Reason.PARSE_TIMEOUT, Reason.PARSE_MEMORY), _WRONG),
    # A killed worker says nothing of the document; one that kills its workers does so again an hour later at most.
    Reason.PARSE_CRASH: _PASSING,
    **dict.fromkeys((Reason.CHALLENGE, Reason.FORBIDDEN, Reason.ADDRESS_REFUSED), _UNWANTED),
    # A site that is set up wrongly for an hour says 410 as well, and must not be silent for a day.
    Reason.GONE: _UNWANTED,
    **dict.fromkeys((Reason.ROBOTS, Reason.DUPLICATE), _DAILY),
}


def delay_after_failure_s(
    failure: Failed, *, interval_s: float, min_interval_s: float, failures: int, chance: float
) -> float:
    """Return the seconds until a source is tried again, never less than it asks for up to a day.

    Args:
        failure: what went wrong this time.
        interval_s: seconds between polls while all is well.
        min_interval_s: seconds below which no source is polled.
        failures: failures in a row, this one included.
        chance: a random number from 0 to 1.
    """
    kind = BACKOFFS.get(failure.reason, _WRONG)
    first_s = min(max(interval_s, kind.at_least_s), max(kind.at_most_s, min_interval_s))
    backoff_s = min(first_s * 2.0 ** min(failures - 1, 20), max(kind.longest_s, interval_s))
    asked_s = min(failure.retry_after_s or 0.0, MAX_WAIT_S)
    return min(max(backoff_s * (1 - JITTER + 2 * JITTER * chance), asked_s), MAX_WAIT_S)
