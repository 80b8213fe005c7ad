"""One update of one source: fetch -> decode -> parse -> normalise -> dedupe -> publish.

A source's validators are stored only after all its entries are: a crash in between costs one more reading of the
feed, never an article. One bad entry never stops the others; whatever a source does ends as a `Finish` and one log
line. Only a lost store is raised, for the scheduler to pause on.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog

from ingest.domain.articles.normalise import Normalised
from ingest.domain.dates.clock_bias import SourceClock
from ingest.domain.dates.reading import ReadDate
from ingest.domain.fetching.outcomes import Failed, NotModified, Reason, UnreadableFeedError
from ingest.domain.rhythm.schedule import Change, Pace, Plan, Poll, Polled, plan, plan_for_duplicate
from ingest.domain.rhythm.trust import validators_after, validators_to_send, would_have_lied
from ingest.domain.sources.rows import address_key
from ingest.domain.sources.source import Source
from ingest.metrics import Metrics
from ingest.pipeline.storing import Storing
from ingest.pipeline.websub import Subscriptions
from ingest.ports import (
    Claim,
    FeedReader,
    Fetcher,
    Finish,
    SourceStore,
    StoreDownError,
)
from shared.clock import Clock
from shared.failpoints import INGEST_AFTER_ETAG, INGEST_AFTER_FETCH, failpoint

_log = structlog.get_logger()


@dataclass(slots=True)
class Report:
    """What an update came to, as it is logged."""

    outcome: str = "ok"
    reason: str | None = None
    detail: str | None = None
    kind: str | None = None
    counts: Counter[str] = field(default_factory=Counter)
    new_dates: list[ReadDate | None] = field(default_factory=list)
    clock: SourceClock | None = None


class SourceUpdate:
    """Runs updates; one object for the whole process.

    Args:
        fetcher: asks the source.
        reader: reads the document, outside of this process.
        sources: where the result is recorded.
        storing: stores the entries.
        clock: where time comes from.
        pace: how often sources are asked.
        metrics: numbers.
        deadline_s: longest one update may take, below the lease.
        chance: a random number from 0 to 1, for the jitter.
        subscriptions: to hubs that feeds name; None where hubs cannot reach us, and none is relied upon.
    """

    def __init__(
        self,
        *,
        fetcher: Fetcher,
        reader: FeedReader,
        sources: SourceStore,
        storing: Storing,
        clock: Clock,
        pace: Pace,
        metrics: Metrics,
        deadline_s: float,
        chance: Callable[[], float] = random.random,
        subscriptions: Subscriptions | None = None,
    ) -> None:
        self._fetcher = fetcher
        self._reader = reader
        self._sources = sources
        self._storing = storing
        self._clock = clock
        self._pace = pace
        self._metrics = metrics
        self._deadline_s = deadline_s
        self._chance = chance
        self._subscriptions = subscriptions

    async def __call__(self, claim: Claim) -> Report:
        """Update one claimed source and give it back.

        Raises:
            StoreDownError: the store does not answer; the claim is still held.
        """
        started = self._clock.monotonic()
        report = Report()
        poll = await self._bounded(claim, report)
        source, state, now = claim.source, claim.state, self._clock.now()
        push = state.push if self._subscriptions is not None else None
        before = Polled(source.url, source.interval_s, state.failures, state.rhythm, push)
        then = plan(before, poll, self._pace, now, self._chance())
        other = await self._owner(then.url, source) if then.url is not None else None
        if other is not None:
            detail = f"it moved for good to {then.url}, which is source {other}"
            poll, then = (
                _failed(Failed(Reason.DUPLICATE, detail), report),
                plan_for_duplicate(before, then, now),
            )
        finish = _finish_of(poll, then, report.clock)
        kept = await self._sources.finish(claim, replace(finish, told_delay_s=self._pace.min_interval_s))
        if poll.validators is not None:
            failpoint(INGEST_AFTER_ETAG)
        self._tell(claim, report, then, self._clock.monotonic() - started, kept=kept)
        return report

    async def _owner(self, url: str, besides: Source) -> str | None:
        """Return which other source has an address, as seldom as a source moves: all of them are looked through.

        Two sources that believe one redirect in the same instant both get its address. They would need the same seven
        days to the millisecond, so nothing is locked for that.
        """
        key = address_key(url)
        others = (source for source, _ in await self._sources.all() if source.id != besides.id)
        return next((source.id for source in others if address_key(source.url) == key), None)

    async def _bounded(self, claim: Claim, report: Report) -> Poll:
        try:
            async with asyncio.timeout(self._deadline_s):
                return await self._update(claim, report)
        except StoreDownError:
            raise
        except TimeoutError:
            failure = Failed(Reason.DEADLINE, f"not done within {self._deadline_s:g} s")
        except UnreadableFeedError as error:
            failure = Failed(error.reason, error.detail)
        except Exception as error:  # noqa: BLE001  a fault of ours in one source must not stop the others
            _log.exception("source_update_crashed", source=claim.source.id)
            failure = Failed(Reason.INTERNAL, repr(error)[:200])
        return _failed(failure, report)

    async def _update(self, claim: Claim, report: Report) -> Poll:
        source, state = claim.source, claim.state
        known = state.validators
        asked = validators_to_send(
            known,
            state.read_whole_at,
            self._clock.now(),
            chance=self._chance(),
            distrusted=state.rhythm.distrusted,
        )
        answer = await self._fetcher.fetch(source.url, asked)
        failpoint(INGEST_AFTER_FETCH)
        if isinstance(answer, Failed):
            return _failed(answer, report)
        if isinstance(answer, NotModified):
            report.outcome = "not_modified"
            said = validators_after(known, answer.validators)
            poll = Poll(validators=said if said != known else None)
            return replace(poll, moved_to=answer.moved_to, fresh_s=answer.fresh_s)
        self._metrics.wire_bytes.inc(answer.wire_bytes)
        poll = Poll(
            validators=answer.validators, whole=True, moved_to=answer.moved_to, fresh_s=answer.fresh_s
        )
        if answer.validators.body_digest == known.body_digest:
            report.outcome = "unchanged"
            return poll
        reading = await self._reader.read(answer, source, state.clock.bias)
        report.kind, read = reading.feed.kind, reading.normalised
        await self._store(read, source, report)
        if self._subscriptions is not None:
            await self._subscriptions.notice(source, state.push, answer, reading.feed)
        new = report.counts["new"]
        whole = not report.counts["held"] and not report.counts["page_due"]
        report.clock = state.clock.after_poll(report.new_dates, self._clock.now(), state.last_success_at)
        if report.clock.bias != state.clock.bias:
            report.detail = (
                f"its clock is taken to be {report.clock.bias / timedelta(hours=1):+g} hours wrong"
            )
        return replace(
            poll,
            validators=answer.validators if whole else None,
            whole=whole,
            new=new,
            published=tuple(one.published.at for one in read.candidates if one.published is not None),
            lied=would_have_lied(asked, known, answer.validators, new),
        )

    async def _store(self, read: Normalised, source: Source, report: Report) -> None:
        report.counts.update(
            unusable=len(read.unusable), repeated=read.repeated, beyond_limit=read.beyond_limit
        )
        if read.unusable:
            report.detail = "; ".join(
                f"{count} x {why}" for why, count in Counter(read.unusable).most_common(3)
            )
        report.new_dates = await self._storing.store(read.candidates, source, report.counts)

    def _tell(self, claim: Claim, report: Report, then: Plan, seconds: float, *, kept: bool) -> None:
        self._metrics.updates.labels(report.outcome).inc()
        self._metrics.update_seconds.observe(seconds)
        for verdict, count in report.counts.items():
            self._metrics.entries.labels(verdict).inc(count)
        if report.reason is not None:
            self._metrics.failures.labels(report.reason).inc()
        facts = {"reason": report.reason, "detail": report.detail, "kind": report.kind, **report.counts}
        say = _log.warning if report.outcome == "failed" else _log.info
        say(
            "source_updated",
            source=claim.source.id,
            url=claim.source.url,
            outcome=report.outcome,
            seconds=round(seconds, 3),
            next_poll_s=round(then.delay_s, 1),
            **{name: value for name, value in facts.items() if value},
            **({} if kept else {"lease": "lost"}),
        )
        for change in then.changes if kept else ():
            self._metrics.changes.labels(change).inc()
            onward = then.url if change is Change.MOVED else None
            _log.warning(
                "source_changed", source=claim.source.id, change=change, url=claim.source.url, moved_to=onward
            )


def _failed(failure: Failed, report: Report) -> Poll:
    report.outcome, report.reason, report.detail = "failed", failure.reason.value, failure.detail
    return Poll(failure=failure)


def _finish_of(poll: Poll, then: Plan, clock: SourceClock | None) -> Finish:
    return Finish(
        then.delay_s,
        failure=poll.failure.reason if poll.failure is not None else None,
        validators=poll.validators,
        whole=poll.whole,
        rhythm=then.rhythm,
        url=then.url,
        clock=clock,
        brought=poll.new > 0,
    )
