"""The outbox: an event is stored in the same write as the fact it tells of, and published from there.

the owner's compare-and-set write ($push to `pending`) -> a relay finds the document -> publish, confirmed -> $pull

    pending   the array in the owner's document: how to write it, how to find it
    leases    which relay looks after which of the 64 buckets, by the server's clock
    relay     publishes what is pending
    clearing  takes what is published out again, many events in one write
    measure   how much is pending
    metrics   every number the outbox gives
"""

from shared.outbox.measure import estimate_pending
from shared.outbox.metrics import OutboxMetrics
from shared.outbox.pending import (
    BUCKETS,
    PENDING_MAX,
    OutboxFull,
    bucket_of,
    check_room,
    ensure_indexes,
    entries,
    push,
    room_for,
)
from shared.outbox.relay import Gate, Relay

__all__ = [
    "BUCKETS",
    "PENDING_MAX",
    "Gate",
    "OutboxFull",
    "OutboxMetrics",
    "Relay",
    "bucket_of",
    "check_room",
    "ensure_indexes",
    "entries",
    "estimate_pending",
    "push",
    "room_for",
]
