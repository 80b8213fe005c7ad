"""Backfills: one request at a time to each bank's archive, at its pace; whatever replica is free makes the next one."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

import structlog

from rates.domain.archives import Archive, check_range, labels, possible_session
from rates.domain.backfill import (
    SETTLED_AFTER,
    Job,
    Next,
    answered,
    next_ask,
    not_answered,
    rest_s,
    session_held,
    wanted,
)
from rates.domain.banks import DOLLAR, Bank
from rates.domain.observations import Observation
from rates.domain.tables import DocumentRefusedError
from rates.metrics import Metrics
from rates.pipeline.ask import Read
from rates.pipeline.record import Recorder, observations_of
from rates.ports import BankFetcher, FetchFailedError, HistoryStore, StoreUnavailableError
from rates.ports.backfills import BackfillStore
from shared.bus.waiting import pause
from shared.clock import Clock

STORING_WITHIN_S = 15.0
"""How long the storing of a year may take, before another replica may make the same request again, to no harm."""

IDLE_S = 2.0

_DAY = timedelta(days=1)
_NEIGHBOUR_WITHIN = timedelta(days=31)
"""No holidays leave more days between two tables."""

_log = structlog.get_logger()


class Backfiller:
    """Fetches the past of banks.

    Args:
        jobs: what is to be fetched, and how far that has come; several replicas may share it.
        history: which sessions are known.
        fetcher: gets the bytes.
        recorder: keeps what is missing; an archive's answer corrects nothing.
        archives: where each bank's past is.
        clock: where time comes from.
        metrics: counts requests.
        pace_s: seconds between two requests to one bank.
        answers_within_s: longest that a bank's answer may take.
    """

    def __init__(
        self,
        jobs: BackfillStore,
        history: HistoryStore,
        fetcher: BankFetcher,
        recorder: Recorder,
        *,
        archives: Mapping[str, Archive],
        clock: Clock,
        metrics: Metrics,
        pace_s: float,
        answers_within_s: float,
    ) -> None:
        self._jobs = jobs
        self._history = history
        self._fetcher = fetcher
        self._recorder = recorder
        self._archives = archives
        self._clock = clock
        self._metrics = metrics
        self._pace_s = pace_s
        self._lease_s = answers_within_s + STORING_WITHIN_S

    async def begin(self, bank: Bank, first_on: date, last_on: date | None) -> Job:
        """Store a job for a bank and return it; whichever replica is free works on it.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        now = self._clock.now()
        settled_on = bank.today_on(now) - SETTLED_AFTER
        return await self._jobs.begin(Job(bank.id, first_on, min(last_on or settled_on, settled_on), now))

    async def progress(self, banks: Sequence[Bank]) -> list[tuple[Job, int]]:
        """Return every bank's last job, and how many sessions of it are still to come.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        by_id = {bank.id: bank for bank in banks}
        jobs = [job for job in await self._jobs.jobs() if job.bank_id in by_id]
        return [(job, len(await self._missing(by_id[job.bank_id], job))) for job in jobs]

    async def work(self, bank: Bank, stop: asyncio.Event) -> None:
        """Work on the bank's jobs until `stop` is set; a request that is cut off then is made again by whoever goes on."""
        stopping = asyncio.ensure_future(stop.wait())
        while not stop.is_set():
            step = asyncio.ensure_future(self._guarded(bank))
            await asyncio.wait({step, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if not step.done():
                step.cancel()
                await asyncio.wait({step})
                break
            if not step.result():
                await pause(stop, min(IDLE_S, self._pace_s) if self._pace_s else IDLE_S)
        stopping.cancel()

    async def _guarded(self, bank: Bank) -> bool:
        try:
            return await self.step(bank)
        except StoreUnavailableError:
            return False
        except Exception:  # noqa: BLE001  a fault of ours over one document must not end a bank's backfills for ever
            _log.exception("rates_backfill_request", bank=bank.id, outcome="crashed")
            return False

    async def step(self, bank: Bank) -> bool:
        """Make one request of the bank's job; False where there is none to be made now.

        Raises:
            StoreUnavailableError: the store does not answer; the request is made again when the lease ends.
        """
        claim = await self._jobs.claim(bank.id, self._lease_s)
        if claim is None:
            return False
        job = claim.job
        asked = next_ask(await self._missing(bank, job), self._archives[bank.id])
        then = replace(job, state="done") if asked is None else await self._tried(bank, job, asked)
        await self._jobs.keep(claim, then, rest_s=rest_s(then, self._pace_s))
        return True

    async def _tried(self, bank: Bank, job: Job, asked: Next) -> Job:
        """Make a request; a fault of ours over its answer counts as one refused, so that it is left out and told."""
        try:
            return await self._request(bank, job, asked)
        except StoreUnavailableError:
            raise
        except Exception as error:  # noqa: BLE001  one document must not keep all that comes after it away
            _log.exception("rates_backfill_request", bank=bank.id, outcome="crashed")
            self._metrics.backfill_requests.labels(bank.id, "crashed").inc()
            return not_answered(job, asked, f"crashed: {type(error).__name__}", refused=True)

    async def _missing(self, bank: Bank, job: Job) -> dict[date, date]:
        """Return the sessions still to be asked for, with their labels."""
        by_session = labels(bank, self._archives[bank.id], job.first_on, job.last_on)
        known = await self._history.sessions(
            bank.key, DOLLAR, bank.money, first_on=job.first_on, last_on=job.last_on
        )
        return wanted(job, by_session, known, bank.calendar)

    async def _request(self, bank: Bank, job: Job, asked: Next) -> Job:
        fetched_at = self._clock.now()
        try:
            with self._metrics.fetch_seconds.labels(bank.id).time():
                payload = await self._fetcher.fetch(bank.id, asked.ask.path)
            tables = asked.ask.parse(payload)
            check_range(tables, asked.ask, bank.calendar)
        except (FetchFailedError, DocumentRefusedError) as error:
            refused = isinstance(error, DocumentRefusedError)
            self._metrics.answers.labels(bank.id, error.reason).inc()
            then = not_answered(job, asked, str(error)[:200], refused=refused)
            self._tell(bank, asked, then, "refused" if refused else "failed", str(error)[:200])
            return then
        then = await self._store(bank, job, asked, [Read(table, payload, fetched_at) for table in tables])
        self._tell(bank, asked, then, "ok", None)
        return then

    async def _store(self, bank: Bank, job: Job, asked: Next, reads: Sequence[Read]) -> Job:
        """Keep what an archive's tables say of the sessions asked for, each table placed by the one labelled before it."""
        before = await self._before(bank, min(asked.sessions))
        came: set[date] = set()
        stored = 0
        for read in sorted(reads, key=lambda read: read.table.label_on):
            possible_on = possible_session(bank, read.table.label_on)
            new = observations_of(bank, read)
            session_on = session_held(new, before, possible_on)
            new = tuple(replace(item, session_on=session_on) for item in new)
            if possible_on in asked.sessions and session_on not in came:
                stored += bool((await self._recorder.keep(bank, new, may_correct=False)).new)
                came.add(session_on)
            repeats = bool(before) and before[0].session_on == session_on
            before = (*before, *new) if repeats else new
        return answered(job, asked, came, stored=stored)

    async def _before(self, bank: Bank, session_on: date) -> Sequence[Observation]:
        """Return what is stored of the last session before one."""
        known = await self._history.sessions(
            bank.key, DOLLAR, bank.money, first_on=session_on - _NEIGHBOUR_WITHIN, last_on=session_on - _DAY
        )
        return await self._recorder.of_session(bank, max(known)) if known else ()

    def _tell(self, bank: Bank, asked: Next, then: Job, outcome: str, reason: str | None) -> None:
        self._metrics.backfill_requests.labels(bank.id, outcome).inc()
        say = _log.info if outcome == "ok" else _log.warning
        say(
            "rates_backfill_request",
            bank=bank.id,
            outcome=outcome,
            reason=reason,
            first_on=str(asked.ask.first_on),
            last_on=str(asked.ask.last_on),
            stored=then.stored,
            state=then.state,
        )
