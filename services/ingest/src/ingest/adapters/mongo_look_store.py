"""Which articles' pages are looked at again, in MongoDB: a due time and a ticket in the item, by the server's clock."""

import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from ingest.adapters.mongo_failures import store_errors
from ingest.adapters.mongo_item_store import COLLECTION, NOT_FACTS, item_from
from ingest.domain.articles.decide import StoredItem
from ingest.domain.articles.recheck import Looked, Next
from ingest.ports import Look
from shared.mongo import Collection, Database, Document

_NEAR = 10
"""So many of a source's newest articles are considered as siblings."""


class MongoLookStore:
    """The port `LookStore` over the items.

    An item's `look` is {at, left_early, misses, missed_at, ticket}. A claim moves `at` to the end of its lease, so
    that the look is due again should its replica die.
    """

    def __init__(self, database: Database) -> None:
        self._items: Collection = database[COLLECTION]

    async def claim_look(self, lease_s: float) -> Look | None:
        """Take an article whose page is due, first those that left their feed early; None where none is due."""
        for left_early in (True, False):
            look = await self._claim(lease_s, left_early=left_early)
            if look is not None:
                return look
        return None

    async def _claim(self, lease_s: float, *, left_early: bool) -> Look | None:
        ticket = uuid.uuid4().hex
        claimed = {"look.at": _from_now(timedelta(seconds=lease_s)), "look.ticket": {"$literal": ticket}}
        with store_errors():
            found = await self._items.find_one_and_update(
                due(left_early=left_early),
                [{"$set": claimed}],
                projection=NOT_FACTS,
                sort=[("look.at", 1)],
                hint="looks",
                return_document=True,
            )
        return Look(item_from(found), _looked(found["look"]), ticket) if found is not None else None

    async def finish_look(self, look: Look, then: Next) -> bool:
        """Record what a look found and when the next one is due; False when the lease had ended meanwhile."""
        fields: dict[str, Any] = {
            "look.left_early": then.found.left_early,
            "look.misses": then.found.misses,
            "look.missed_at": then.found.missed_at,
        }
        gone = ["look.ticket"]
        if then.after is None:
            gone.append("look.at")
        else:
            fields["look.at"] = _from_now(then.after)
        with store_errors():
            done = await self._items.update_one(
                {"_id": look.item.id, "look.ticket": look.ticket}, [{"$set": fields}, {"$unset": gone}]
            )
        return done.matched_count == 1

    async def sibling(self, item: StoredItem) -> StoredItem | None:
        """Return the newest other live article of the same source and host, None where there is none."""
        others = {"source_id": item.source_id, "state": "live", "_id": {"$ne": item.id}}
        with store_errors():
            found = self._items.find(others, NOT_FACTS).sort([("published_at", -1)]).limit(_NEAR)
            items = [item_from(one) for one in await found.to_list(_NEAR)]
        host = urlsplit(item.url).netloc
        return next((one for one in items if urlsplit(one.url).netloc == host), None)


def due(*, left_early: bool) -> Document:
    """Return the filter for items whose page is due, which an index answers alone."""
    at = {"$expr": {"$lte": ["$look.at", "$$NOW"]}}
    return {"look.left_early": left_early, "look.at": {"$exists": True}, **at}


def _from_now(span: timedelta) -> Document:
    return {"$add": ["$$NOW", int(span.total_seconds() * 1000)]}


def _looked(look: Document) -> Looked:
    return Looked(look.get("left_early", False), look.get("misses", 0), look.get("missed_at"))
