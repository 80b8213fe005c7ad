"""When a bank is to be asked next: by an interval, more often while a new table is due, sooner after a failure.

A new table is due for three hours from the bank's usual time, on the days on which its calendar lets one expect it.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime

from rates.domain.rhythm import Rhythm

FIRST_RETRY_S = 60.0
"""After a first failure; doubled with each further one, up to the interval."""

_DUE_SHARE = 3
_JITTER = 0.1


@dataclass(frozen=True, slots=True)
class PollState:
    """What is known of a bank's polls; every instant is the store's own, so that replicas' clocks do not matter.

    Attributes:
        now: the store's time when this was read.
        polled_at: when the last poll ended; None before the first.
        leased_until: until when a replica has the poll in hand; None while none has.
        failures: failed polls in a row.
        epoch: grows with every claim.
    """

    now: datetime
    polled_at: datetime | None = None
    leased_until: datetime | None = None
    failures: int = 0
    epoch: int = 0


def due_in_s(state: PollState, *, bank_id: str, rhythm: Rhythm, interval_s: float) -> float:
    """Return in how many seconds the bank is to be polled; 0 or less means now."""
    if state.leased_until is not None and state.leased_until > state.now:
        return (state.leased_until - state.now).total_seconds()
    if state.polled_at is None:
        return 0.0
    delay_s = _delay_s(state, rhythm, interval_s) * (1 + _jitter(bank_id, state.epoch))
    return delay_s - (state.now - state.polled_at).total_seconds()


def _delay_s(state: PollState, rhythm: Rhythm, interval_s: float) -> float:
    if state.failures:
        return min(interval_s, FIRST_RETRY_S * 2.0 ** min(state.failures - 1, 20))
    return interval_s / _DUE_SHARE if rhythm.is_due_at(state.now) else interval_s


def _jitter(bank_id: str, epoch: int) -> float:
    """Return 0 to a tenth, the same on every replica, other for every poll."""
    digest = hashlib.sha256(f"{bank_id} {epoch}".encode()).digest()
    return _JITTER * int.from_bytes(digest[:4], "big") / 2**32
