"""What every implementation of rates' backfill store must show, and the one without a database."""

import asyncio
import itertools
from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import pytest
from prometheus_client import CollectorRegistry

from rates.domain.archives import ARCHIVES
from rates.domain.backfill import Job
from rates.domain.banks import Bank
from rates.metrics import Metrics
from rates.pipeline.backfill import Backfiller
from rates.pipeline.record import Recorder
from rates.ports import FetchFailedError
from rates.ports.backfills import BackfillClaim, BackfillStore
from shared.clock import Clock
from shared.testing.clock import FixedClock
from tests.suites.rates_fakes import FakeBanks, MemoryObservationStore
from tests.suites.rates_history import MemoryHistory

FIRST, LAST = date(2015, 1, 1), date(2026, 3, 30)
BEGUN_AT = datetime(2026, 4, 2, 11, 0, tzinfo=UTC)
NEW = Job("NBK", FIRST, LAST, BEGUN_AT)


@dataclass
class _Kept:
    job: Job
    ticket: str | None
    free_at: datetime


class MemoryBackfillStore:
    """Jobs in a dict, by a clock that a test moves."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, _Kept] = {}
        self._numbers = itertools.count()

    async def begin(self, job: Job) -> Job:
        """Store a new job in place of the bank's last one."""
        before = self._kept.get(job.bank_id)
        new = replace(job, empty=job.empty | (before.job.empty if before else frozenset()))
        if before is not None and before.job.state == "running":
            first_on, last_on = min(job.first_on, before.job.first_on), max(job.last_on, before.job.last_on)
            new = replace(new, first_on=first_on, last_on=last_on)
        self._kept[job.bank_id] = _Kept(new, None, self._clock.now())
        return new

    async def jobs(self) -> Sequence[Job]:
        """Return every bank's last job."""
        return [kept.job for kept in self._kept.values()]

    async def claim(self, bank_id: str, lease_s: float) -> BackfillClaim | None:
        """Take the bank's running job, if nobody has it and its rest is over."""
        kept = self._kept.get(bank_id)
        if kept is None or kept.job.state != "running" or kept.free_at > self._clock.now():
            return None
        kept.ticket = f"ticket-{next(self._numbers)}"
        kept.free_at = self._clock.now() + timedelta(seconds=lease_s)
        return BackfillClaim(kept.job, kept.ticket)

    async def keep(self, claim: BackfillClaim, job: Job, *, rest_s: float) -> bool:
        """Store how far the job has come, and let nobody go on with it for a while."""
        kept = self._kept[job.bank_id]
        if kept.ticket != claim.ticket:
            return False
        self._kept[job.bank_id] = _Kept(job, None, self._clock.now() + timedelta(seconds=rest_s))
        return True


class BackfillStoreSuite:
    """A job is worked on by one replica at a time, and outlives all of them."""

    @pytest.fixture
    @abstractmethod
    def jobs(self) -> BackfillStore:
        """An empty store."""

    async def claimed(self, jobs: BackfillStore, lease_s: float = 60) -> BackfillClaim:
        """A claim of NBK's job."""
        claim = await jobs.claim("NBK", lease_s)
        assert claim is not None
        return claim

    async def test_a_job_is_read_back_as_it_was(self, jobs: BackfillStore) -> None:
        assert await jobs.jobs() == []
        assert await jobs.begin(NEW) == NEW
        far = replace(
            NEW,
            reached_on=date(2016, 5, 1),
            requests=12,
            stored=7,
            empty=frozenset({date(2015, 1, 1), date(2016, 1, 1)}),
            left_out=3,
            failures=2,
            detail="$where are we",
        )
        assert await jobs.keep(await self.claimed(jobs), far, rest_s=0)
        assert await jobs.jobs() == [far]

    async def test_of_many_replicas_one_gets_the_next_request(self, jobs: BackfillStore) -> None:
        await jobs.begin(NEW)
        claims = await asyncio.gather(*(jobs.claim("NBK", 60) for _ in range(8)))
        assert len([claim for claim in claims if claim]) == 1
        assert await jobs.claim("CBU", 60) is None

    async def test_a_bank_is_left_alone_until_its_rest_is_over(self, jobs: BackfillStore) -> None:
        """All replicas together keep one pace."""
        await jobs.begin(NEW)
        await jobs.keep(await self.claimed(jobs), NEW, rest_s=60)
        assert await jobs.claim("NBK", 60) is None

    async def test_a_replica_that_died_is_replaced_when_its_lease_ends(self, jobs: BackfillStore) -> None:
        await jobs.begin(NEW)
        dead = await self.claimed(jobs, lease_s=0)
        other = await self.claimed(jobs)
        assert not await jobs.keep(dead, replace(NEW, requests=1), rest_s=0)
        assert await jobs.keep(other, replace(NEW, requests=2), rest_s=0)
        [job] = await jobs.jobs()
        assert job.requests == 2

    async def test_a_job_that_is_done_is_claimed_by_nobody(self, jobs: BackfillStore) -> None:
        await jobs.begin(NEW)
        await jobs.keep(await self.claimed(jobs), replace(NEW, state="done"), rest_s=0)
        assert await jobs.claim("NBK", 60) is None

    async def test_a_job_begun_anew_keeps_the_days_known_to_be_empty(self, jobs: BackfillStore) -> None:
        await jobs.begin(NEW)
        holiday = frozenset({date(2015, 1, 1)})
        old = await self.claimed(jobs)
        await jobs.keep(old, replace(NEW, empty=holiday, reached_on=LAST, state="done"), rest_s=60)
        assert await jobs.begin(NEW) == replace(NEW, empty=holiday)
        assert not await jobs.keep(old, NEW, rest_s=0)
        assert (await self.claimed(jobs)).job == replace(NEW, empty=holiday)

    async def test_a_job_begun_while_one_runs_reaches_over_both(self, jobs: BackfillStore) -> None:
        """What was asked for first and is not done yet was once dropped without a word."""
        await jobs.begin(NEW)
        await jobs.keep(await self.claimed(jobs), replace(NEW, reached_on=date(2016, 5, 1)), rest_s=0)
        older = replace(NEW, first_on=date(2010, 1, 1), last_on=date(2010, 12, 31))
        assert await jobs.begin(older) == replace(NEW, first_on=date(2010, 1, 1))
        younger = replace(NEW, first_on=date(2026, 1, 1), last_on=date(2026, 3, 31))
        assert await jobs.begin(younger) == replace(older, last_on=date(2026, 3, 31))
        await jobs.keep(await self.claimed(jobs), replace(younger, state="done"), rest_s=0)
        assert await jobs.begin(older) == older


class BackfillRig:
    """One replica's backfills on fakes.

    Args:
        now: what the clock says at first.
    """

    def __init__(self, now: datetime) -> None:
        self.clock = FixedClock(now)
        self.banks = FakeBanks()
        self.kept = MemoryObservationStore()
        self.history = MemoryHistory(self.kept)
        self.jobs = MemoryBackfillStore(self.clock)
        metrics = Metrics(CollectorRegistry())
        self.backfiller = Backfiller(
            self.jobs,
            self.history,
            self.banks,
            Recorder(self.kept, metrics=metrics),
            archives=ARCHIVES,
            clock=self.clock,
            metrics=metrics,
            pace_s=1,
            answers_within_s=15,
        )

    async def run(self, bank: Bank, first_on: date, last_on: date) -> Job:
        """Ask for a range and work until it is done or has failed."""
        await self.backfiller.begin(bank, first_on, last_on)
        for _ in range(200):
            await self.backfiller.step(bank)
            self.clock.advance(300)
            [job] = await self.jobs.jobs()
            if job.state != "running":
                return job
        raise AssertionError("it never ends")

    def by_date(self, bank: Bank, label_on: date, answer: bytes | FetchFailedError) -> None:
        """Let the bank answer so for a label."""
        self.banks.put(bank.id, bank.archived(label_on).path, answer)

    def by_range(self, bank: Bank, first_on: date, last_on: date, answer: bytes) -> None:
        """Let the bank answer so for a range of labels."""
        self.banks.put(bank.id, ARCHIVES[bank.id].ask(first_on, last_on).path, answer)

    def sessions(self) -> list[tuple[date, str]]:
        """What is kept of the dollar."""
        found = [(item.session_on, f"{item.value:f}") for item in self.kept.kept if item.base == "USD"]
        return sorted(found)
