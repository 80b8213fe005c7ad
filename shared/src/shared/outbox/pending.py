"""The `pending` array in the owner's document: how the owner writes it and how a relay finds it.

The owner's compare-and-set write looks like this, for a document read at revision `old`:

    check_room(document)
    update_one(
        {"_id": id, "rev": old, **room_for(1)},
        {"$set": {"rev": old + 1, "bucket": bucket_of(id), ...}, **push(envelope)},
    )

A miss means that someone else was faster: read and decide again.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from shared.contracts.envelope import Envelope
from shared.mongo import Collection, Document, ensure_index, translate

BUCKETS = 64
"""Into so many parts the documents are divided among the relays."""

PENDING_MAX = 24
"""Most events that wait in one document."""

REFUSED_MAX = 4
"""Most refused events that a document remembers, the latest."""

INDEX = "outbox"
"""The partial index that holds exactly the documents with pending events."""

_KINDS = {"id": str, "type": str, "source": str, "subject": str, "time": datetime, "data": bytes}


class OutboxFull(Exception):  # noqa: N818  a state of the document, which passes
    """The document has as many unpublished events as it may; write it later, once some are published."""


def bucket_of(document_id: object) -> int:
    """Return the bucket of a document, 0..63, for its field `bucket`; the same in every process."""
    digest = hashlib.blake2b(str(document_id).encode(), digest_size=2).digest()
    return int.from_bytes(digest, "big") % BUCKETS


def entries(*events: Envelope) -> list[Document]:
    """Return the elements of `pending` for these events, for an insert."""
    return [
        {
            "id": event.id,
            "type": event.type,
            "source": event.source,
            "subject": event.subject,
            "time": event.time,
            "data": event.data,
            "traceparent": event.traceparent,
        }
        for event in events
    ]


def push(*events: Envelope) -> dict[str, Any]:
    """Return the part of an update that adds these events: `{"$push": {"pending": ...}}`."""
    return {"$push": {"pending": {"$each": entries(*events)}}}


def room_for(events: int = 1) -> dict[str, Any]:
    """Return the part of a filter that lets no document pass that has no room for so many more events."""
    return {f"pending.{PENDING_MAX - events}": {"$exists": False}}


def check_room(document: Mapping[str, Any] | None, events: int = 1) -> None:
    """Refuse to add events to a document, as it was read, that has no room for them.

    Raises:
        OutboxFull: more than `PENDING_MAX` would be waiting.
    """
    if document is not None and len(document.get("pending", ())) + events > PENDING_MAX:
        raise OutboxFull


async def ensure_indexes(collection: Collection) -> None:
    """Create the index by which relays find documents with pending events; safe to repeat.

    Raises:
        MongoUnavailableError: MongoDB does not answer now.
    """
    with translate():
        await ensure_index(
            collection,
            [("bucket", 1), ("_id", 1)],
            name=INDEX,
            partialFilterExpression={"pending.id": {"$exists": True}},
        )


def with_pending(buckets: list[int]) -> dict[str, Any]:
    """Return the filter for documents of these buckets that have pending events."""
    return {"bucket": {"$in": buckets}, "pending.id": {"$exists": True}}


def read_event(entry: Mapping[str, Any]) -> Envelope:
    """Return the event of an element of `pending`.

    Raises:
        KeyError: a part of it is missing.
        TypeError: it, or a part of it, is not of its kind.
    """
    for name, kind in _KINDS.items():
        if not isinstance(entry[name], kind):
            raise TypeError(f"{name} is not {kind.__name__}")
    return Envelope(
        id=entry["id"],
        type=entry["type"],
        source=entry["source"],
        subject=entry["subject"],
        time=entry["time"],
        data=bytes(entry["data"]),
        traceparent=entry.get("traceparent"),
    )


def without(event_ids: Sequence[str]) -> dict[str, Any]:
    """Return the update that takes published events out of any document."""
    return {"$pull": {"pending": {"id": {"$in": list(event_ids)}}}}


def moved_to_refused(event: Envelope, reason: str, at: datetime) -> dict[str, Any]:
    """Return the update that moves a refused event to the array `refused`, with the reason."""
    refused = {**entries(event)[0], "reason": reason, "refused_at": at}
    return {
        **without([event.id]),
        "$push": {"refused": {"$each": [refused], "$slice": -REFUSED_MAX}},
    }
