"""How much waits in an outbox: exactly for some buckets, and as a cheap estimate for the whole collection."""

from dataclasses import dataclass

from shared.mongo import Collection, Document, aggregate, translate
from shared.outbox.pending import INDEX, with_pending

SAMPLE = 1000
"""So many documents are looked into to learn how many events one has: up to here an estimate is exact."""

_ARRAYS = {"pending": {"$type": "array"}}
# A `pending` that is no array would end the whole aggregation with an error.


@dataclass(frozen=True, slots=True)
class Measured:
    """What waits in some buckets.

    Attributes:
        events: how many.
        oldest_s: age of the oldest in seconds, by the server's clock; 0 when there is none.
    """

    events: int = 0
    oldest_s: float = 0.0


async def measure(collection: Collection, buckets: list[int]) -> Measured:
    """Count the pending events of these buckets; it reads every document that has some.

    Raises:
        MongoUnavailableError: MongoDB does not answer now.
    """
    times = {"$filter": {"input": "$pending.time", "cond": {"$eq": [{"$type": "$$this"}, "date"]}}}
    shape = {"events": {"$size": "$pending"}, "oldest": {"$min": times}}
    total = {"_id": None, "events": {"$sum": "$events"}, "oldest": {"$min": "$oldest"}}
    age = {"events": 1, "age_ms": {"$subtract": ["$$NOW", "$oldest"]}}
    matching = {**with_pending(buckets), **_ARRAYS}
    stages = [{"$match": matching}, {"$project": shape}, {"$group": total}, {"$project": age}]
    async for row in aggregate(collection, stages):
        return Measured(row["events"], max(0.0, (row["age_ms"] or 0) / 1000))
    return Measured()


async def estimate_pending(collection: Collection, most: int) -> int:
    """Return about how many events wait in the whole collection, whoever looks after them.

    Documents are counted from the index alone, which takes a tenth of a second for 100,000 where reading them takes
    more than one; how many events a document has is learnt from a sample. Exact up to `SAMPLE` documents.

    Args:
        collection: the owner's; it needs `ensure_indexes`.
        most: counting ends with this many documents, so that it stays cheap whatever has piled up.

    Raises:
        MongoUnavailableError: MongoDB does not answer now.
    """
    with translate():
        # Without a filter the whole partial index is counted: exactly the documents with pending events.
        documents = await collection.count_documents({}, hint=INDEX, limit=most)
    if not documents:
        return 0
    shape = {"events": {"$size": "$pending"}}
    total = {"_id": None, "events": {"$sum": "$events"}, "documents": {"$sum": 1}}
    matching = {"pending.id": {"$exists": True}, **_ARRAYS}
    stages: list[Document] = [
        {"$match": matching},
        {"$limit": SAMPLE},
        {"$project": shape},
        {"$group": total},
    ]
    async for row in aggregate(collection, stages, hint=INDEX):
        return round(documents * int(row["events"]) / int(row["documents"]))
    return documents
