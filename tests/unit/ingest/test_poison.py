"""One source, or one backfill, that we trip over costs itself and nothing else."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, cast

from prometheus_client import CollectorRegistry
from structlog.testing import capture_logs

from ingest.domain.articles.identity import MAX_URL_CHARS
from ingest.domain.backfill.job import MAX_PAGES, Job, PageRead, after_page
from ingest.metrics import Metrics
from ingest.pipeline.backfill import Backfills
from ingest.pipeline.scheduler import Scheduler
from ingest.ports import BackfillClaim, BackfillStore, Claim, Finish
from shared.clock import SystemClock
from shared.testing.eventually import eventually
from tests.suites.ingest_fakes import MemorySourceStore
from tests.suites.ingest_stores import source


class PoisonedSources(MemorySourceStore):
    """A store in which the first source that is due cannot be read."""

    poisoned = True

    async def claim_due(self, owner: str, lease_s: float, besides: Sequence[str] = ()) -> Claim | None:
        claim = await super().claim_due(owner, lease_s, besides)
        if self.poisoned and claim is not None:
            self.poisoned = False
            raise TypeError("a field of another version")
        return claim


async def test_a_source_that_cannot_be_read_from_the_store_stops_no_other() -> None:
    """Operators who go back to an older version: one document ended the whole service, at every start."""
    store, stop, polled = PoisonedSources(SystemClock()), asyncio.Event(), list[str]()
    await store.seed([source("a"), source("b")])

    async def update(claim: Claim) -> None:
        await store.finish(claim, Finish(3600))
        polled.append(claim.source.id)

    scheduler = Scheduler(
        sources=store, update=update, metrics=Metrics(CollectorRegistry()), owner="one", concurrency=2, lease_s=60, idle_s=0.01
    )  # fmt: skip

    async def one_polled() -> bool:
        return len(polled) == 1

    with capture_logs() as logs:
        running = asyncio.create_task(scheduler.run(stop, drain_s=1))
        await eventually(one_polled, within_s=5)
        stop.set()
        await asyncio.wait_for(running, 5)
    assert "source_claim_crashed" in [line["event"] for line in logs]


class PoisonedJobs:
    """A store in which a backfill cannot be read."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def claim_job(self, lease_s: float) -> BackfillClaim | None:
        del lease_s
        self.asked.set()
        raise TypeError("a field of another version")


async def test_a_backfill_that_cannot_be_read_does_not_end_the_service() -> None:
    jobs, stop = PoisonedJobs(), asyncio.Event()
    nothing = cast("Any", None)
    backfills = Backfills(
        jobs=cast("BackfillStore", jobs),
        sources=nothing,
        items=nothing,
        storing=nothing,
        fetcher=nothing,
        reader=nothing,
        clock=SystemClock(),
    )
    running = asyncio.create_task(backfills.run(stop))
    await asyncio.wait_for(jobs.asked.wait(), 5)
    stop.set()
    await asyncio.wait_for(running, 5)


def test_an_index_of_endless_addresses_makes_no_backfill_that_cannot_be_stored() -> None:
    """MongoDB takes 16 MiB a document; a backfill that cannot be stored is begun again for ever."""
    job = Job(
        id="1", url="https://a.kg/", source_id="a", since=None, limit=None, dry_run=False,
        started_at=datetime(2026, 9, 22, tzinfo=UTC), todo=("https://a.kg/sitemap.xml",),
    )  # fmt: skip
    long = [f"https://a.kg/{number}/{'x' * 10_000}" for number in range(MAX_PAGES)]
    then = after_page(job, PageRead(links=(*long, "https://a.kg/good.xml")))
    assert then.todo == ("https://a.kg/good.xml",)
    assert MAX_PAGES * MAX_URL_CHARS < 8 * 1024 * 1024
