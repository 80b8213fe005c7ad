"""Articles as ingest remembers them, in MongoDB: facts and pending events in one document, written in one write."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from ingest.adapters.mongo_failures import store_errors
from ingest.domain.articles.decide import StoredItem
from ingest.ports import OutboxFullError
from shared import outbox
from shared.contracts.envelope import Envelope
from shared.mongo import Collection, Database, Document, DuplicateKeyError, aggregate

COLLECTION = "items"

_FACTS = {"pending": 0, "refused": 0, "bucket": 0}
"""Left out when facts are read: events may weigh megabytes."""

_TOO_LARGE = frozenset({10334, 17419, 17420})
"""MongoDB's codes for a document beyond 16 MiB, which a few dozen waiting events of the longest articles can make."""


class MongoItemStore:
    """The port `ItemStore` over one collection, which is also the outbox that `shared.outbox` relays."""

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database[COLLECTION]

    async def ensure_indexes(self) -> None:
        """Create what the relay and the counts need; safe to repeat."""
        with store_errors():
            await outbox.ensure_indexes(self.collection)
            await self.collection.create_index([("source_id", 1)])

    async def stored(self, ids: Sequence[str]) -> dict[str, StoredItem]:
        """Return what is known of these articles, by id; unknown ones are absent."""
        if not ids:
            return {}
        with store_errors():
            found = await self.collection.find({"_id": {"$in": list(ids)}}, _FACTS).to_list(None)
        return {one["_id"]: _item(one) for one in found}

    async def insert(self, item: StoredItem, event: Envelope) -> bool:
        """Store a new article together with its event; False when it is already there."""
        document = {
            "_id": item.id,
            **_fields(item),
            "bucket": outbox.bucket_of(item.id),
            "pending": outbox.entries(event),
        }
        try:
            with store_errors():
                await self.collection.insert_one(document)
        except DuplicateKeyError:
            return False
        return True

    async def replace(self, item: StoredItem, event: Envelope) -> bool:
        """Store a revision over the one before it, with its event, in one write; False when that one is not stored.

        Raises:
            OutboxFullError: too many events of this article wait already.
        """
        before = {"_id": item.id, "rev": item.rev - 1, "state": "live"}
        with store_errors(), _size_limit():
            done = await self.collection.update_one(
                {**before, **outbox.room_for()}, {"$set": _fields(item), **outbox.push(event)}
            )
            if done.matched_count:
                return True
            if await self.collection.find_one(before, {"_id": 1}) is not None:
                raise OutboxFullError
        return False

    async def counts(self) -> dict[str, int]:
        """Return how many articles each source brought, by the source's id."""
        with store_errors():
            stages = [{"$group": {"_id": "$source_id", "articles": {"$sum": 1}}}]
            return {row["_id"]: row["articles"] async for row in aggregate(self.collection, stages)}

    async def waiting(self, most: int) -> int:
        """Return about how many events wait to be published, whichever replica stored them; cheap."""
        with store_errors():
            return await outbox.estimate_pending(self.collection, most)


@contextmanager
def _size_limit() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if getattr(error, "code", None) in _TOO_LARGE:
            raise OutboxFullError from error
        raise


def _fields(item: StoredItem) -> Document:
    return {
        "rev": item.rev,
        "state": "withdrawn" if item.withdrawn else "live",
        "source_id": item.source_id,
        "url": item.url,
        "digests": dict(item.digests),
        "published_at": item.published_at,
        "first_seen_at": item.first_seen_at,
    }


def _item(document: dict[str, Any]) -> StoredItem:
    return StoredItem(
        id=document["_id"],
        rev=document["rev"],
        source_id=document["source_id"],
        url=document["url"],
        digests=document["digests"],
        published_at=document["published_at"],
        first_seen_at=document["first_seen_at"],
        withdrawn=document["state"] == "withdrawn",
    )
