"""Which fate for which error and attempt: pure rules, the same on every bus."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from shared.bus.errors import DependencyDown, Reject
from shared.contracts.base import format_instant
from shared.contracts.envelope import UndecodableEventError

RETRY_DELAYS_S = (10.0, 60.0, 600.0)
"""How long a failed event waits before its second, third and fourth attempt."""

ATTEMPT_HEADER = "x-silkwire-attempt"
FIRST_FAILED_AT_HEADER = "x-silkwire-first-failed-at"

Cause = Literal["undecodable", "unsupported", "rejected", "exhausted", "crash_suspect"]
"""Why an event became a dead letter, as a closed set for metrics."""


@dataclass(frozen=True, slots=True)
class Failure:
    """What is known of an event's failed attempts so far.

    Attributes:
        attempts: how often a handler failed on it.
        first_at: when that happened first, RFC 3339; None before the first failure.
    """

    attempts: int = 0
    first_at: str | None = None


@dataclass(frozen=True, slots=True)
class Done:
    """Handled; acknowledge it."""


@dataclass(frozen=True, slots=True)
class RetryLater:
    """Try again after a delay.

    Attributes:
        delay_s: seconds to wait.
        failure: the failures including this one.
        reason: what went wrong this time.
    """

    delay_s: float
    failure: Failure
    reason: str


@dataclass(frozen=True, slots=True)
class Bury:
    """To the dead letters.

    Attributes:
        cause: the kind of reason.
        failure: the failures including this one.
        reason: the reason in words.
    """

    cause: Cause
    failure: Failure
    reason: str


@dataclass(frozen=True, slots=True)
class Hold:
    """Keep it, unacknowledged, until the dependency answers.

    Attributes:
        dependency: what is down.
    """

    dependency: str


Fate = Done | RetryLater | Bury
"""What becomes of an event once its handler was called."""


def decide(
    error: Exception, failure: Failure, delays_s: Sequence[float], at: datetime
) -> RetryLater | Bury | Hold:
    """Return what becomes of an event whose handler raised `error`.

    Args:
        error: what the handler raised.
        failure: the event's failures before this one.
        delays_s: the ladder: seconds before each further attempt; its length is the number of retries.
        at: now.
    """
    if isinstance(error, DependencyDown):
        return Hold(error.name)
    now_failed = Failure(failure.attempts + 1, failure.first_at or format_instant(at))
    if isinstance(error, Reject):
        return Bury("rejected", now_failed, error.reason)
    if isinstance(error, UndecodableEventError):
        return Bury("undecodable", now_failed, error.reason)
    if failure.attempts < len(delays_s):
        return RetryLater(delays_s[failure.attempts], now_failed, describe(error))
    return Bury("exhausted", now_failed, describe(error))


def describe(error: BaseException) -> str:
    """Return an error in one line of at most 300 characters."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}"[:300] if text else type(error).__name__


def read_failure(headers: Mapping[str, object]) -> Failure:
    """Read an event's failed attempts from its message's headers; nonsense counts as none."""
    attempts = headers.get(ATTEMPT_HEADER)
    first_at = headers.get(FIRST_FAILED_AT_HEADER)
    if not isinstance(attempts, int) or isinstance(attempts, bool) or attempts < 0:
        return Failure()
    return Failure(attempts, first_at if isinstance(first_at, str) else None)


def write_failure(failure: Failure) -> dict[str, str | int]:
    """Return the headers that carry an event's failed attempts."""
    headers: dict[str, str | int] = {ATTEMPT_HEADER: failure.attempts}
    if failure.first_at is not None:
        headers[FIRST_FAILED_AT_HEADER] = failure.first_at
    return headers


def back_off_s(attempt: int, spread: float, *, first_s: float = 0.25, most_s: float = 5.0) -> float:
    """Return how long to wait before attempt number `attempt` (from 0) to reach something that is down.

    Args:
        attempt: failed attempts before.
        spread: a random number in 0..1; half of the wait depends on it, so that replicas do not come back as one.
        first_s: the longest first wait, in seconds.
        most_s: the longest wait ever, in seconds.
    """
    ceiling = min(most_s, first_s * math.pow(2, min(attempt, 30)))
    return ceiling * (0.5 + spread / 2)
