"""Backfills in MongoDB: a document each, with a lease and a ticket by the server's clock."""

import uuid
from dataclasses import fields
from datetime import UTC, date, datetime, time
from typing import Any

from ingest.adapters.mongo_failures import store_errors
from ingest.domain.backfill.job import Job
from ingest.ports import BackfillClaim
from shared.mongo import Collection, Database, Document

COLLECTION = "backfills"
_FIELDS = tuple(one.name for one in fields(Job) if one.name not in {"id", "since"})
_LISTS = frozenset({"todo", "read", "last"})


class MongoBackfillStore:
    """The port `BackfillStore` over one collection, small enough to need no index."""

    def __init__(self, database: Database) -> None:
        self._jobs: Collection = database[COLLECTION]

    async def put(self, job: Job) -> None:
        """Store a new job."""
        with store_errors():
            await self._jobs.insert_one({"_id": job.id, **_document(job)})

    async def job(self, job_id: str) -> Job | None:
        """Return a job, None where there is none of this id."""
        with store_errors():
            found = await self._jobs.find_one({"_id": job_id})
        return None if found is None else _job(found)

    async def claim_job(self, lease_s: float) -> BackfillClaim | None:
        """Take the running job that was worked on least lately."""
        ticket = uuid.uuid4().hex
        until = {"$add": ["$$NOW", int(lease_s * 1000)]}
        with store_errors():
            found = await self._jobs.find_one_and_update(
                {"state": "running", "$expr": {"$lte": ["$lease.until", "$$NOW"]}},
                [{"$set": {"lease": {"ticket": {"$literal": ticket}, "until": until}}}],
                sort=[("lease.until", 1)],
                return_document=True,
            )
        return None if found is None else BackfillClaim(_job(found), ticket)

    async def keep(self, claim: BackfillClaim, job: Job) -> bool:
        """Store how far it has come and give it back; False when somebody else has it."""
        told = {name: {"$literal": value} for name, value in _document(job).items()}
        mine = {"_id": claim.job.id, "lease.ticket": claim.ticket}
        with store_errors():
            done = await self._jobs.update_one(
                mine, [{"$set": {**told, "lease": {"ticket": None, "until": "$$NOW"}}}]
            )
        return done.matched_count == 1


def _document(job: Job) -> Document:
    told: Document = {name: getattr(job, name) for name in _FIELDS}
    told |= {name: list(told[name]) for name in _LISTS}
    told["counts"] = dict(job.counts)
    # MongoDB knows moments only.
    told["since"] = None if job.since is None else datetime.combine(job.since, time(), UTC)
    return told


def _job(document: Document) -> Job:
    told: dict[str, Any] = {name: document[name] for name in _FIELDS}
    told |= {name: tuple(told[name]) for name in _LISTS}
    since: datetime | None = document["since"]
    day: date | None = None if since is None else since.date()
    return Job(id=document["_id"], since=day, **told)
