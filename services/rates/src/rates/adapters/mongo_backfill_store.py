"""Backfills in MongoDB: a document for each bank, with a lease and a ticket by the server's clock."""

import uuid
from datetime import date

from rates.adapters.mongo_availability import available
from rates.domain.backfill import Job
from rates.ports.backfills import BackfillClaim
from shared.mongo import Collection, Document

_FREE = {"ticket": None, "until": "$$NOW"}
_DAYS = ("first_on", "last_on")
_PLAIN = ("started_at", "state", "requests", "stored", "left_out", "failures", "detail")


class MongoBackfillStore:
    """The port `BackfillStore` over one collection, small enough to need no index.

    Args:
        collection: belongs to these jobs alone.
    """

    def __init__(self, collection: Collection) -> None:
        self._collection = collection

    async def begin(self, job: Job) -> Job:
        """Store a new job in place of the bank's last one; what that found to be empty is kept.

        One that is still running is not forgotten: the new job's range reaches over its range too.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        new = {**_document(job), "lease": _FREE}
        running = {"$eq": ["$state", "running"]}
        for name, reach in (("first_on", "$min"), ("last_on", "$max")):
            new[name] = {"$cond": [running, {reach: [f"${name}", new[name]]}, new[name]]}
        new["empty"] = {"$setUnion": [{"$ifNull": ["$empty", []]}, new["empty"]]}
        with available():
            stored = await self._collection.find_one_and_update(
                {"_id": job.bank_id}, [{"$set": new}], upsert=True, return_document=True
            )
        return job if stored is None else _job(stored)

    async def jobs(self) -> list[Job]:
        """Return every bank's last job.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        with available():
            found = await self._collection.find({}).to_list(None)
        return [_job(document) for document in found]

    async def claim(self, bank_id: str, lease_s: float) -> BackfillClaim | None:
        """Take the bank's running job, if nobody has it and its rest is over.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ticket = uuid.uuid4().hex
        free = {"_id": bank_id, "state": "running", "$expr": {"$lte": ["$lease.until", "$$NOW"]}}
        with available():
            found = await self._collection.find_one_and_update(
                free, [{"$set": {"lease": _lease(ticket, lease_s)}}], return_document=True
            )
        return None if found is None else BackfillClaim(_job(found), ticket)

    async def keep(self, claim: BackfillClaim, job: Job, *, rest_s: float) -> bool:
        """Store how far the job has come, and let nobody go on with it for `rest_s` seconds.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        with available():
            result = await self._collection.update_one(
                {"_id": job.bank_id, "lease.ticket": claim.ticket},
                [{"$set": {**_document(job), "lease": _lease(None, rest_s)}}],
            )
        return result.matched_count == 1


def _lease(ticket: str | None, held_s: float) -> Document:
    return {"ticket": {"$literal": ticket}, "until": {"$add": ["$$NOW", int(held_s * 1000)]}}


def _document(job: Job) -> Document:
    """Write a job as values of an update's stage, in which a text with a dollar sign would be a command."""
    told: Document = {name: {"$literal": getattr(job, name)} for name in _PLAIN}
    told |= {name: getattr(job, name).isoformat() for name in _DAYS}
    told["reached_on"] = None if job.reached_on is None else job.reached_on.isoformat()
    told["empty"] = sorted(day.isoformat() for day in job.empty)
    return told


def _job(document: Document) -> Job:
    plain = {name: document[name] for name in _PLAIN}
    reached_on = document["reached_on"]
    return Job(
        bank_id=document["_id"],
        first_on=date.fromisoformat(document["first_on"]),
        last_on=date.fromisoformat(document["last_on"]),
        reached_on=None if reached_on is None else date.fromisoformat(reached_on),
        empty=frozenset(date.fromisoformat(day) for day in document["empty"]),
        **plain,
    )
