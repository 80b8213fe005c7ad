"""Which relay looks after which bucket, agreed on through MongoDB and by its clock alone.

Work of any kind that one process at a time may do can be shared out so, as one bucket or several.

Two kinds of documents beside the owner's collection, in `<collection>_outbox`:
`{_id: "bucket:7", owner, until, epoch}` and `{_id: "relay:<owner>", until}`. A bucket is a relay's until `until`;
each change of hands raises `epoch`, the fence: a release that arrives late must not give back what was taken anew.
Relays that were seen lately share the buckets evenly.
"""

import asyncio
import math
import time
from typing import Any

import structlog

from shared.mongo import BulkWriteError, Collection, Document, translate
from shared.outbox.pending import BUCKETS

LEASE_S = 15.0
RENEW_S = 5.0
MARGIN_S = 2.0
"""A relay stops publishing this long before its lease ends: a publish under way may take a moment."""

LEASE_MAX_S = 60.0
"""No lease lasts longer. One that seems to was given before the server's clock was set back, and is over."""

_log = structlog.get_logger()


def _from_now(seconds: float) -> Document:
    return {"$add": ["$$NOW", int(seconds * 1000)]}


_OVER: Document = {
    "$or": [{"$lte": ["$until", "$$NOW"]}, {"$gt": ["$until", _from_now(LEASE_MAX_S)]}],
}
_RUNNING: Document = {"$not": [_OVER]}


class Leases:
    """One relay's share of the buckets.

    Args:
        collection: where the lease documents live.
        owner: this relay's name, different from every other's; a restarted process must have a new one.
        lease_s: how long a lease lasts without renewal, in seconds; at most `LEASE_MAX_S`.
        buckets: into how many parts the work is divided; the same for every owner.
    """

    def __init__(
        self, collection: Collection, owner: str, *, lease_s: float = LEASE_S, buckets: int = BUCKETS
    ) -> None:
        self._collection = collection
        self._owner = owner
        self._lease_s = lease_s
        self._buckets = buckets
        self._epochs: dict[int, int] = {}
        self._valid_until = 0.0
        self._prepared = False

    def held(self) -> list[int]:
        """The buckets that are surely this relay's now."""
        return sorted(self._epochs) if time.monotonic() < self._valid_until else []

    def holds(self, bucket: int) -> bool:
        """Return whether a bucket is surely this relay's now."""
        return bucket in self._epochs and time.monotonic() < self._valid_until

    def epoch(self, bucket: int) -> int | None:
        """Return the number of a bucket's change of hands to this relay, greater with each; None if it is not ours."""
        return self._epochs[bucket] if self.holds(bucket) else None

    async def renew(self) -> None:
        """Renew what is held, take what is free and fair, give back what is more than fair.

        Raises:
            MongoUnavailableError: MongoDB does not answer now; what is held runs out by itself.
        """
        with translate():
            await self._prepare()
            before = sorted(self._epochs)
            asked_at = time.monotonic()
            await self._renew_held()
            # Before anything is shared out: what was lost meanwhile must not count as a part of our share.
            await self._learn(asked_at)
            fair = math.ceil(self._buckets / await self._count_relays())
            await self._release(sorted(self._epochs)[fair:])
            if len(self._epochs) < fair:
                await self._take(fair - len(self._epochs))
                await self._learn(asked_at)
        if sorted(self._epochs) != before:
            _log.info("outbox_buckets_changed", outbox=self._collection.name, buckets=len(self._epochs))

    async def release_all(self) -> None:
        """Give back everything, so that others need not wait for the leases to end.

        Raises:
            MongoUnavailableError: MongoDB does not answer now.
        """
        with translate():
            await self._release(list(self._epochs))
            await self._collection.delete_one({"_id": f"relay:{self._owner}"})

    async def _prepare(self) -> None:
        if self._prepared:
            return
        found = await self._collection.count_documents({"bucket": {"$exists": True}})
        if found < self._buckets:
            documents: list[Document] = [
                {"_id": f"bucket:{bucket}", "bucket": bucket, "owner": None, "until": None, "epoch": 0}
                for bucket in range(self._buckets)
            ]
            try:
                await self._collection.insert_many(documents, ordered=False)
            except BulkWriteError as error:
                if any(fault["code"] != 11000 for fault in error.details["writeErrors"]):
                    raise
        self._prepared = True

    async def _renew_held(self) -> None:
        await self._collection.update_one(
            {"_id": f"relay:{self._owner}"}, [{"$set": {"until": _from_now(self._lease_s)}}], upsert=True
        )
        # Relays that are gone leave their mark behind.
        await self._collection.delete_many({"bucket": {"$exists": False}, "$expr": _OVER})
        # By owner, not by what we know of: a bucket may have been taken by a write whose answer was lost.
        await self._collection.update_many(self._ours(), [{"$set": {"until": _from_now(self._lease_s)}}])

    async def _count_relays(self) -> int:
        alive = {"bucket": {"$exists": False}, "$expr": _RUNNING}
        return max(1, await self._collection.count_documents(alive))

    async def _take(self, most: int) -> None:
        """Take up to `most` free buckets, one compare-and-set each."""
        free = {"bucket": {"$exists": True}, "$expr": _OVER}
        found = await self._collection.find(free, {"epoch": 1}).limit(most).to_list(most)
        await asyncio.gather(*(self._take_one(free, document) for document in found))

    async def _take_one(self, free: Document, document: Document) -> None:
        await self._collection.update_one(
            {**free, "_id": document["_id"], "epoch": document["epoch"]},
            [
                {
                    "$set": {
                        "owner": self._owner,
                        "until": _from_now(self._lease_s),
                        "epoch": document["epoch"] + 1,
                    }
                }
            ],
        )

    async def _release(self, buckets: list[int]) -> None:
        # Given up here first: from the moment of the write on they may be somebody else's.
        given = [
            {"_id": f"bucket:{bucket}", "owner": self._owner, "epoch": self._epochs.pop(bucket)}
            for bucket in buckets
        ]
        if given:
            await self._collection.update_many({"$or": given}, {"$set": {"owner": None, "until": None}})

    async def _learn(self, asked_at: float) -> None:
        """Read back what is ours; it is ours for a lease's length from before we asked, less a margin."""
        documents = await self._collection.find(self._ours(), {"bucket": 1, "epoch": 1}).to_list(
            self._buckets
        )
        self._epochs = {document["bucket"]: document["epoch"] for document in documents}
        self._valid_until = asked_at + self._lease_s - min(MARGIN_S, self._lease_s / 4)

    def _ours(self) -> dict[str, Any]:
        return {"bucket": {"$exists": True}, "owner": self._owner, "$expr": _RUNNING}
