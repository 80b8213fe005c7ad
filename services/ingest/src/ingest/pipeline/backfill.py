"""Backfills: one page at a time, each stored as if it had been polled, and what was done is kept after every page.

Only articles that nobody knows are stored: what an old page says of an article is no news about it, and a sitemap has
titles without texts.
"""

import asyncio
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace

import structlog

from ingest.domain.articles.matching import by_key, keys_to_look_up, match_all
from ingest.domain.articles.normalise import Candidate
from ingest.domain.backfill.job import Job, PageRead, Wanted, after_page, sorted_out
from ingest.domain.backfill.pages import first_page
from ingest.domain.fetching.outcomes import Failed, Fetched, Reason, UnreadableFeedError, Validators
from ingest.domain.sources.source import Source
from ingest.pipeline.steps import one_by_one
from ingest.pipeline.storing import Storing
from ingest.ports import ArchiveReader, BackfillStore, Fetcher, ItemStore, SourceStore, StoreDownError
from shared.clock import Clock

_log = structlog.get_logger()

LEASE_S = 300.0
PAGE_WITHIN_S = 240.0
IDLE_S = 2.0


class Backfills:
    """Works on backfills; one for the whole process, and one page at a time.

    Args:
        jobs: where they are kept; several replicas may share it.
        sources: whose articles they are.
        items: which articles are known.
        storing: stores articles, without conclusions from what a page does not show.
        fetcher: asks, at each host's pace.
        reader: reads documents where they can hurt nobody.
        clock: where time comes from.
        hold: why nothing is to be stored now; None where nothing speaks against it.
    """

    def __init__(
        self,
        *,
        jobs: BackfillStore,
        sources: SourceStore,
        items: ItemStore,
        storing: Storing,
        fetcher: Fetcher,
        reader: ArchiveReader,
        clock: Clock,
        hold: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._jobs = jobs
        self._sources = sources
        self._items = items
        self._storing = storing
        self._fetcher = fetcher
        self._reader = reader
        self._clock = clock
        self._hold = hold

    async def start(self, wanted: Wanted) -> Job:
        """Store a job and return it; any replica goes on with it."""
        job = Job(
            id=uuid.uuid4().hex[:12],
            url=wanted.url,
            source_id=wanted.source_id,
            since=wanted.since,
            limit=wanted.limit,
            dry_run=wanted.dry_run,
            started_at=self._clock.now(),
            todo=(first_page(wanted.url),),
        )
        await self._jobs.put(job)
        return job

    async def job(self, job_id: str) -> Job | None:
        """Return how far a job has come."""
        return await self._jobs.job(job_id)

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop` is set; a page that is cut off then is read again by whoever goes on."""
        await one_by_one(self._guarded, stop)

    async def _guarded(self) -> float:
        if self._hold() is not None:
            return IDLE_S
        try:
            return 0.0 if await self.step() else IDLE_S
        except StoreDownError:
            return IDLE_S
        except Exception:  # noqa: BLE001  a backfill that cannot be stored must not stop the service
            _log.exception("backfill_crashed")
            return IDLE_S

    async def step(self) -> bool:
        """Read one page of one job; False where there is none.

        Raises:
            StoreDownError: the store does not answer; the page is read again when the lease ends.
        """
        claim = await self._jobs.claim_job(LEASE_S)
        if claim is None:
            return False
        job = claim.job
        found = await self._sources.get(job.source_id)
        if found is None:
            await self._jobs.keep(claim, replace(job, state="failed", detail="its source was removed"))
            return True
        page = await self._page(job, found[0])
        then = after_page(job, page)
        await self._jobs.keep(claim, then)
        _log.info(
            "backfill_page",
            job=job.id,
            source=job.source_id,
            url=job.todo[0],
            outcome="failed" if page.failed else "ok",
            reason=page.failed or None,
            state=then.state,
            **page.counts,
        )
        return True

    async def _page(self, job: Job, source: Source) -> PageRead:
        url = job.todo[0]
        try:
            async with asyncio.timeout(PAGE_WITHIN_S):
                answer = await self._fetcher.fetch(url, Validators())
                if isinstance(answer, Failed):
                    ends = bool(job.read) and answer.reason in {Reason.NOT_FOUND, Reason.GONE}
                    return PageRead(failed=f"{answer.reason.value}: {answer.detail}"[:200], ends=ends)
                if not isinstance(answer, Fetched):
                    return PageRead(failed="not modified, though nothing was known")
                return await self._read(job, source, answer)
        except StoreDownError:
            raise
        except UnreadableFeedError as error:
            return PageRead(failed=f"{error.reason.value}: {error.detail}"[:200])
        except TimeoutError:
            return PageRead(failed=f"deadline: not done within {PAGE_WITHIN_S:g} s")
        except Exception as error:  # noqa: BLE001  a fault of ours over one page must not stop the others
            _log.exception("backfill_page_crashed", job=job.id)
            return PageRead(failed=f"internal: {error!r}"[:200])

    async def _read(self, job: Job, source: Source, answer: Fetched) -> PageRead:
        page = await self._reader.read(answer, source, job.since)
        if page.reading is None:
            return PageRead(links=page.links)
        normalised = page.reading.normalised
        kept, counts = sorted_out(normalised.candidates, job.since, self._clock.now())
        counts |= await self._store(job, source, kept)
        counts["unusable"] = len(normalised.unusable)
        shown = tuple(one.id for one in normalised.candidates)
        return PageRead(counts=counts, links=page.links, shown=shown)

    async def _store(self, job: Job, source: Source, candidates: Sequence[Candidate]) -> dict[str, int]:
        now = self._clock.now()
        held = await self._items.known_by(keys_to_look_up(candidates, now))
        unknown = [
            found.candidate for found in match_all(candidates, by_key(held), now) if found.stored is None
        ]
        taken = unknown[: job.room]
        counts = {"new": len(taken), "known": len(candidates) - len(unknown)}
        if not job.dry_run and taken:
            verdicts: Counter[str] = Counter()
            await self._storing.store(taken, source, verdicts)
            counts["new"] = verdicts["new"]
        return counts
