"""Backfills: where they are kept, and where they are asked for."""

from dataclasses import dataclass
from typing import Protocol

from ingest.domain.backfill.job import Job, Wanted


@dataclass(frozen=True, slots=True)
class BackfillClaim:
    """The right to go on with a backfill until the lease ends.

    Attributes:
        job: how far it has come.
        ticket: names the claim; an older one is worth nothing.
    """

    job: Job
    ticket: str


class BackfillStore(Protocol):
    """Backfills and how far they have come; several replicas share it, by the store's clock."""

    async def put(self, job: Job) -> None:
        """Store a new job."""
        ...

    async def job(self, job_id: str) -> Job | None:
        """Return a job, None where there is none of this id."""
        ...

    async def claim_job(self, lease_s: float) -> BackfillClaim | None:
        """Take the running job that was worked on least lately; no two callers ever hold one at once."""
        ...

    async def keep(self, claim: BackfillClaim, job: Job) -> bool:
        """Store how far it has come and give it back; False when the lease had ended and somebody else has it."""
        ...


class BackfillDesk(Protocol):
    """Where backfills are asked for."""

    async def start(self, wanted: Wanted) -> Job:
        """Store a job and return it; any replica goes on with it."""
        ...

    async def job(self, job_id: str) -> Job | None:
        """Return how far a job has come, None where there is none of this id."""
        ...
