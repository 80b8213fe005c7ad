"""Which deliveries may have killed their readers, and what becomes of them: pure rules for the lane of suspects.

A reader that dies has up to a whole prefetch in hand, and the broker adds one to the delivery count of all of it.
So a count in the shared queue only makes a suspect. In the lane an event is in hand alone, and there it tells.
"""

from collections.abc import Mapping
from typing import Literal

from shared.bus.retry import Bury, Failure

SUSPECT_FROM = 2
"""Earlier deliveries that make an event of the work queue a suspect. Not one: after a plain restart of the broker or of
a reader everything in hand has one, and handling all that one by one would cost more than it protects."""

GUILTY_FROM = 3
"""Earlier deliveries in the lane, each of which ended with the reader gone, that end a suspect.

Two deaths in company and three alone: whatever an event does, it ends no more than five processes.
"""

_COUNT_HEADER = "x-delivery-count"


def delivery_count(headers: Mapping[str, object]) -> int:
    """Return how often the broker delivered this message before; nonsense counts as never."""
    count = headers.get(_COUNT_HEADER)
    return count if isinstance(count, int) and not isinstance(count, bool) and count > 0 else 0


def judge_in_company(count: int) -> Literal["handle", "set_apart"]:
    """Return what to do with a delivery of the work queue, in hand among others, that was made `count` times before."""
    return "set_apart" if count >= SUSPECT_FROM else "handle"


def judge_alone(count: int) -> Literal["handle", "bury"]:
    """Return what to do with a delivery of the lane, in hand alone, that was made `count` times before."""
    return "bury" if count >= GUILTY_FROM else "handle"


def conviction(count: int, failure: Failure) -> Bury:
    """Return the fate of an event that was in hand alone when its reader ended, `count` times.

    Its failed attempts stay as they were: no handler lived to fail.
    """
    return Bury("crash_suspect", failure, f"its reader ended {count} times with this event alone in hand")
