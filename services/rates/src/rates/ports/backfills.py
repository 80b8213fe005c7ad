"""What backfills need from the outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from rates.domain.backfill import Job
from rates.domain.banks import Bank


@dataclass(frozen=True, slots=True)
class BackfillClaim:
    """A replica's right to make the next request of a job; it lapses with its lease, or when the job is begun anew."""

    job: Job
    ticket: str


class BackfillDesk(Protocol):
    """Takes jobs and tells how far they have come."""

    async def begin(self, bank: Bank, first_on: date, last_on: date | None) -> Job:
        """Store a job for a bank and return it; None as the last day means the youngest that is not polled for.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...

    async def progress(self, banks: Sequence[Bank]) -> Sequence[tuple[Job, int]]:
        """Return each bank's last job, and how many sessions of it are still to come.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...


class BackfillStore(Protocol):
    """Keeps one job for each bank, and lets one replica at a time work on it, by the store's own time."""

    async def begin(self, job: Job) -> Job:
        """Store a new job in place of the bank's last one; what that found to be empty is kept.

        One that is still running is not forgotten: the new job's range reaches over its range too.

        Returns:
            The job as stored.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...

    async def jobs(self) -> Sequence[Job]:
        """Return every bank's last job.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...

    async def claim(self, bank_id: str, lease_s: float) -> BackfillClaim | None:
        """Take the bank's running job, if nobody has it and its rest is over.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...

    async def keep(self, claim: BackfillClaim, job: Job, *, rest_s: float) -> bool:
        """Store how far the job has come, and let nobody go on with it for `rest_s` seconds.

        Returns:
            False when the claim has lapsed and somebody else has it; nothing was written.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...
