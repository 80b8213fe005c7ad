"""Articles as ingest remembers them, in MongoDB: facts and pending events in one document, written in one write."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ingest.adapters.mongo_failures import store_errors
from ingest.domain.articles.decide import StoredItem
from ingest.domain.articles.page_state import PageState
from ingest.domain.articles.recheck import AFTER
from ingest.ports import Note, OutboxFullError
from shared import outbox
from shared.contracts.envelope import Envelope
from shared.mongo import (
    BulkWriteError,
    Collection,
    Database,
    Document,
    DuplicateKeyError,
    UpdateOne,
    aggregate,
    ensure_index,
)

COLLECTION = "items"

NOT_FACTS = {"pending": 0, "refused": 0, "bucket": 0}
"""Left out when facts are read: events may weigh megabytes."""

_DUPLICATE_KEY = 11000

_TOO_LARGE = frozenset({10334, 17419, 17420})
"""MongoDB's codes for a document beyond 16 MiB, which a few dozen waiting events of the longest articles can make."""


class MongoItemStore:
    """The port `ItemStore` over one collection, which is also the outbox that `shared.outbox` relays."""

    def __init__(self, database: Database) -> None:
        self.collection: Collection = database[COLLECTION]

    async def ensure_indexes(self) -> None:
        """Create what identity, the relay, looks at pages and the counts need; safe to repeat."""
        with store_errors():
            await outbox.ensure_indexes(self.collection)
            # Articles that an earlier version stored are known by their ids alone.
            look = {"left_early": False, "misses": 0}
            first = {"keys": ["$_id"], "copies": [], "shown_at": "$first_seen_at", "look": look}
            await self.collection.update_many({"keys": {"$exists": False}}, [{"$set": first}])
            await ensure_index(
                self.collection,
                [("keys", 1)],
                name="identity",
                unique=True,
                partialFilterExpression={"keys": {"$exists": True}},
            )
            await ensure_index(self.collection, [("source_id", 1), ("published_at", -1)], name="of_source")
            await ensure_index(
                self.collection,
                [("look.left_early", 1), ("look.at", 1)],
                name="looks",
                partialFilterExpression={"look.at": {"$exists": True}},
            )

    async def known_by(self, keys: Sequence[str]) -> list[StoredItem]:
        """Return the articles that any of these keys stands for, each once; an article's id is one of its keys."""
        if not keys:
            return []
        with store_errors():
            found = await self.collection.find({"keys": {"$in": list(keys)}}, NOT_FACTS).to_list(None)
        return [item_from(one) for one in found]

    async def insert(self, item: StoredItem, event: Envelope) -> bool:
        """Store a new article together with its event; False when one of its keys is already another's."""
        document = {
            "_id": item.id,
            **_fields(item),
            "keys": list(item.keys),
            "look": _first_look(item),
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
        before = {"_id": item.id, "rev": item.rev - 1}
        update = outbox.push(event)
        update["$set"] = _fields(item)
        update["$addToSet"] = {"keys": {"$each": list(item.keys)}}
        update["$unset"] = {"withdrawn": ""}
        with store_errors(), _size_limit():
            try:
                done = await self.collection.update_one({**before, **outbox.room_for()}, update)
            except DuplicateKeyError:
                return False
            if done.matched_count:
                return True
            if await self.collection.find_one(before, {"_id": 1}) is not None:
                raise OutboxFullError
        return False

    async def withdraw(self, item: StoredItem, event: Envelope) -> bool:
        """Store a withdrawal over the revision before it, erasing everything but what the article is known by."""
        kept = {
            name: value for name, value in _fields(item).items() if name not in {"digests", "copies", "page"}
        }
        kept |= {
            "withdrawn": {"by": item.withdrawn_by, "at": event.time},
            "bucket": outbox.bucket_of(item.id),
            "pending": outbox.entries(event),
        }
        left: Document = {name: {"$literal": value} for name, value in kept.items()}
        left |= {"_id": "$_id", "keys": "$keys", "copies": "$copies"}
        with store_errors():
            done = await self.collection.update_one(
                {"_id": item.id, "rev": item.rev - 1}, [{"$replaceWith": left}]
            )
        return done.matched_count == 1

    async def note(self, notes: Sequence[Note]) -> None:
        """Remember what was seen; a key that is another article's by now is left out."""
        updates = [update for note in notes for update in _updates(note)]
        if not updates:
            return
        try:
            with store_errors():
                await self.collection.bulk_write(updates, ordered=False)
        except BulkWriteError as error:
            if any(fault["code"] != _DUPLICATE_KEY for fault in error.details["writeErrors"]):
                raise

    async def left_early(self, source_id: str, shown: Sequence[str], since: datetime) -> int:
        """Have the pages of articles looked at now that a feed no longer shows, though it shows older ones."""
        gone = {
            "source_id": source_id,
            "published_at": {"$gt": since},
            "_id": {"$nin": list(shown)},
            "state": "live",
            "look.left_early": False,
        }
        with store_errors():
            done = await self.collection.update_many(
                gone, [{"$set": {"look.left_early": True, "look.at": "$$NOW"}}]
            )
        return done.modified_count

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
        "published_certainty": item.published_certainty,
        "first_seen_at": item.first_seen_at,
        "shown_at": item.shown_at,
        "copies": list(item.copies),
        "page": _page(item.page),
    }


def _page(page: PageState | None) -> Document | None:
    return asdict(page) if page is not None else None


def _first_look(item: StoredItem) -> Document:
    return {"at": item.first_seen_at + AFTER[0], "left_early": False, "misses": 0}


def _updates(note: Note) -> Iterator[UpdateOne]:
    """Yield the writes of a note; names stand apart, since another article may have one of them."""
    for key in note.keys:
        fields = {"keys": key, **({"copies": key} if key in note.copies else {})}
        yield UpdateOne({"_id": note.id}, {"$addToSet": fields})
    if note.shown_at is not None:
        seen = {"shown_at": note.shown_at, "look.left_early": False}
        yield UpdateOne({"_id": note.id, "state": "live"}, {"$set": seen})
    if note.page is not None:
        yield UpdateOne({"_id": note.id, "state": "live"}, {"$set": {"page": _page(note.page)}})
    if note.looked_at is not None:
        yield UpdateOne({"_id": note.id, "state": "withdrawn"}, {"$set": {"looked_at": note.looked_at}})


def item_from(document: dict[str, Any]) -> StoredItem:
    """Return what a document says of its article."""
    return StoredItem(
        id=document["_id"],
        rev=document["rev"],
        source_id=document["source_id"],
        url=document["url"],
        digests=document.get("digests", {}),
        published_at=document["published_at"],
        first_seen_at=document["first_seen_at"],
        shown_at=document["shown_at"],
        keys=tuple(document["keys"]),
        copies=tuple(document["copies"]),
        withdrawn_by=document["withdrawn"]["by"] if document["state"] == "withdrawn" else None,
        looked_at=document.get("looked_at"),
        page=PageState(**document["page"]) if document.get("page") else None,
        published_certainty=document.get("published_certainty"),
    )
