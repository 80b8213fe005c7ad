"""Sources and how they do, in MongoDB; claims and due times are kept by the server's clock, so replicas can share them."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from ingest.adapters.mongo_failures import store_errors
from ingest.adapters.mongo_push import ensure_push_indexes, poll_seen_to, read_push
from ingest.adapters.mongo_rhythm import read_rhythm, rhythm_document
from ingest.domain.dates.clock_bias import SourceClock
from ingest.domain.fetching.outcomes import Reason, Validators
from ingest.domain.sources.source import Source
from ingest.ports import Claim, Finish, SourceState
from shared.mongo import BulkWriteError, Collection, Database, Document, DuplicateKeyError

COLLECTION = "sources"
_FIELDS = tuple(one.name for one in fields(Source) if one.name != "id")
SET_BACK_S = 30.0
"""A time that lies further in the future was written before the server's clock was set back. Nearer ones may be what
another replica wrote a moment ago: a write that had to wait for it still has the `$$NOW` at which it was sent."""


def _from_now(seconds: float) -> Document:
    return {"$add": ["$$NOW", int(seconds * 1000)]}


_LEASE_IS_OVER = {
    "$or": [{"$lte": ["$lease.until", "$$NOW"]}, {"$gt": ["$lease.since", _from_now(SET_BACK_S)]}]
}
"""True also where there is no lease: a missing field sorts below every date. One that was given before the server's clock
was set back would last for as long as that."""


class MongoSourceStore:
    """The port `SourceStore` over one collection.

    A document is the source's own fields, `next_poll_at`, `state` (how it does), `lease` {owner, epoch, until} and
    `push` (its subscription to a hub, see mongo_push.py).
    """

    def __init__(self, database: Database) -> None:
        self._sources: Collection = database[COLLECTION]

    async def ensure_indexes(self) -> None:
        """Create what claiming and subscriptions need; safe to repeat."""
        with store_errors():
            await self._sources.create_index([("next_poll_at", 1)])
            await self._sources.create_index([("polled_at", 1)])
            await ensure_push_indexes(self._sources)

    async def seed(self, sources: Sequence[Source]) -> int:
        """Put sources into an empty store; return how many, 0 when it was not empty."""
        with store_errors():
            if not sources or await self._sources.count_documents({}, limit=1):
                return 0
            try:
                done = await self._sources.insert_many([_document(one) for one in sources], ordered=False)
            except BulkWriteError:  # another replica seeds the same list at this moment
                return 0
        return len(done.inserted_ids)

    async def claim_due(self, owner: str, lease_s: float, besides: Sequence[str] = ()) -> Claim | None:
        """Take the source that is due for the longest and none of those passed over, or None."""
        epoch = {"$add": [{"$ifNull": ["$lease.epoch", 0]}, 1]}
        lease = {"owner": {"$literal": owner}, "epoch": epoch, "since": "$$NOW", "until": _from_now(lease_s)}
        with store_errors():
            found = await self._sources.find_one_and_update(
                {
                    "$expr": {"$and": [{"$lte": ["$next_poll_at", "$$NOW"]}, _LEASE_IS_OVER]},
                    "paused": {"$ne": True},
                    **({"_id": {"$nin": besides}} if besides else {}),
                },
                [{"$set": {"lease": lease}}],
                sort=[("next_poll_at", 1)],
                return_document=True,
            )
        if found is None:
            return None
        return Claim(_source(found), _state(found), owner, found["lease"]["epoch"])

    async def renew(self, claims: Sequence[Claim], lease_s: float) -> None:
        """Hold claims for another `lease_s` seconds; and let no source wait for a clock that was set back."""
        mine = [
            {
                "_id": one.source.id,
                "lease.owner": one.owner,
                "lease.epoch": one.epoch,
                "lease.until": {"$ne": None},
            }
            for one in claims
        ]
        with store_errors():
            if mine:
                lease = {"lease.since": "$$NOW", "lease.until": _from_now(lease_s)}
                await self._sources.update_many({"$or": mine}, [{"$set": lease}])
            await self._sources.update_many(
                {"$expr": {"$gt": ["$polled_at", _from_now(SET_BACK_S)]}},
                [{"$set": {"polled_at": "$$NOW", "next_poll_at": "$$NOW"}}],
            )

    async def finish(self, claim: Claim, finish: Finish) -> bool:
        """Record a poll and give the source back; False when somebody else has it by now."""
        changes: dict[str, Any] = {
            "lease.until": None,
            "polled_at": "$$NOW",
            "next_poll_at": _from_now(finish.delay_s),
        }
        if finish.failure is None:
            changes |= {"state.failures": 0, "state.last_failure": None, "state.last_success_at": "$$NOW"}
        else:
            changes |= {
                "state.failures": {"$add": [{"$ifNull": ["$state.failures", 0]}, 1]},
                "state.last_failure": {"$literal": finish.failure.value},
                "state.last_failure_at": "$$NOW",
            }
        if finish.validators is not None:
            changes["state.etag"] = {"$literal": finish.validators.etag}
            changes["state.last_modified"] = {"$literal": finish.validators.last_modified}
            changes["state.body_digest"] = {"$literal": finish.validators.body_digest}
        if finish.clock is not None:
            changes["state.clock_offsets_s"] = {"$literal": list(finish.clock.offsets_s)}
        if finish.whole:
            changes["state.read_whole_at"] = "$$NOW"
        if finish.brought:
            changes["state.last_new_at"] = "$$NOW"
        if finish.rhythm is not None:
            changes["state.rhythm"] = {"$literal": rhythm_document(finish.rhythm)}
        if finish.url is not None:
            changes["url"] = {"$literal": finish.url}
        if claim.state.push is not None:
            changes |= poll_seen_to(claim.state.push, finish)
        return await self._update_claimed(claim, changes)

    async def release(self, claim: Claim) -> None:
        """Give a source back unpolled, due at once."""
        await self._update_claimed(claim, {"lease.until": None, "next_poll_at": "$$NOW"})

    async def revive(self, source_id: str) -> bool:
        """Take a retired source into use again, due at once; False when there is no such source, or it is in use."""
        retired = {"_id": source_id, "state.rhythm.retired_at": {"$exists": True}}
        anew = {
            "$set": {"next_poll_at": None},
            "$unset": {"state.rhythm.retired_at": "", "state.rhythm.absence": ""},
        }
        with store_errors():
            done = await self._sources.update_one(retired, anew)
        return done.modified_count == 1

    async def _update_claimed(self, claim: Claim, changes: dict[str, Any]) -> bool:
        mine = {"_id": claim.source.id, "lease.owner": claim.owner, "lease.epoch": claim.epoch}
        with store_errors():
            done = await self._sources.update_one(mine, [{"$set": changes}])
        return done.matched_count == 1

    async def get(self, source_id: str) -> tuple[Source, SourceState] | None:
        """Return one source with its state, None where there is none of this id."""
        with store_errors():
            found = await self._sources.find_one({"_id": source_id})
        return None if found is None else (_source(found), _state(found))

    async def add(self, source: Source) -> bool:
        """Put in a further source, due at once; False when there is one of this id."""
        try:
            with store_errors():
                await self._sources.insert_one(_document(source))
        except DuplicateKeyError:
            return False
        return True

    async def change(self, before: Source, after: Source) -> bool:
        """Give a source other settings; False when it is not `before` any more.

        A field that an older document lacks is None for MongoDB's comparison, and false for a flag.
        """
        same = {name: _as_stored(getattr(before, name)) for name in _FIELDS}
        wanted = {name: getattr(after, name) for name in _FIELDS}
        moved = before.url != after.url
        due = moved or (before.interval_s, before.paused) != (after.interval_s, after.paused)
        changes: Document = {"$set": {**wanted, **({"next_poll_at": None} if due else {})}}
        if moved:
            changes["$set"] |= {"state": {}, "lease.until": None}
            changes |= {"$inc": {"lease.epoch": 1}, "$unset": {"push": ""}}
        with store_errors():
            done = await self._sources.update_one({"_id": before.id, **same}, changes)
        return done.matched_count == 1

    async def remove(self, source_id: str) -> bool:
        """Forget a source; False when there was none."""
        with store_errors():
            done = await self._sources.delete_one({"_id": source_id})
        return done.deleted_count == 1

    async def poll_now(self, source_id: str) -> bool:
        """Make a source due at once; False when there is none."""
        with store_errors():
            done = await self._sources.update_one({"_id": source_id}, {"$set": {"next_poll_at": None}})
        return done.matched_count == 1

    async def all(self) -> list[tuple[Source, SourceState]]:
        """Return every source with its state, by name."""
        with store_errors():
            found = await self._sources.find().sort([("name", 1), ("_id", 1)]).to_list(None)
        return [(_source(one), _state(one)) for one in found]

    async def known(self, ids: Sequence[str]) -> frozenset[str]:
        """Return which of these sources there are."""
        with store_errors():
            found = await self._sources.find({"_id": {"$in": list(ids)}}, {"_id": 1}).to_list(None)
        return frozenset(one["_id"] for one in found)


def _as_stored(value: object) -> object:
    return {"$in": [False, None]} if value is False else value


def _document(source: Source) -> Document:
    return {
        "_id": source.id,
        **{name: getattr(source, name) for name in _FIELDS},
        "next_poll_at": None,
        "state": {},
        "lease": {"epoch": 0},
    }


def _source(document: Document) -> Source:
    known: dict[str, Any] = {name: document[name] for name in _FIELDS if name in document}
    return Source(id=document["_id"], **known)


def _state(document: Document) -> SourceState:
    state: dict[str, Any] = document.get("state") or {}
    reason = state.get("last_failure")
    next_poll_at: datetime | None = document.get("next_poll_at")
    return SourceState(
        validators=Validators(state.get("etag"), state.get("last_modified"), state.get("body_digest")),
        failures=state.get("failures", 0),
        last_success_at=state.get("last_success_at"),
        last_failure_at=state.get("last_failure_at"),
        last_failure=_reason(reason) if reason else None,
        read_whole_at=state.get("read_whole_at"),
        last_new_at=state.get("last_new_at"),
        next_poll_at=next_poll_at,
        clock=SourceClock(tuple(state.get("clock_offsets_s", ()))),
        rhythm=read_rhythm(state.get("rhythm")),
        push=read_push(document.get("push")),
    )


def _reason(stored: str) -> Reason:
    """Return a class of failure; one that a newer version stored, while versions change, is a fault like any other."""
    try:
        return Reason(stored)
    except ValueError:
        return Reason.INTERNAL
