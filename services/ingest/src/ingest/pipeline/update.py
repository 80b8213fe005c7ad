"""One update of one source: fetch -> decode -> parse -> normalise -> dedupe -> publish.

A source's validators are stored only after all its entries are: a crash in between costs one more reading of the
feed, never an article. One bad entry never stops the others; whatever a source does ends as a `Finish` and one log
line. Only a lost store is raised, for the scheduler to pause on.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import structlog

from ingest.domain.articles.decide import StoredItem, decide
from ingest.domain.articles.normalise import Candidate, Normalised, normalise_feed
from ingest.domain.dates.clock_bias import SourceClock
from ingest.domain.dates.reading import ReadDate
from ingest.domain.decoding.decode import decode
from ingest.domain.fetching.outcomes import Failed, Fetched, NotModified, Reason, UnreadableFeedError
from ingest.domain.rhythm.schedule import Change, Pace, Plan, Poll, Polled, plan
from ingest.domain.rhythm.trust import validators_after, validators_to_send, would_have_lied
from ingest.domain.sources.source import Source
from ingest.metrics import Metrics
from ingest.pipeline.events import collected, item_of
from ingest.pipeline.threads import BackgroundThreads
from ingest.ports import (
    Claim,
    FeedParser,
    Fetcher,
    Finish,
    ItemStore,
    OutboxFullError,
    SourceStore,
    StoreDownError,
)
from shared.clock import Clock
from shared.failpoints import INGEST_AFTER_ETAG, INGEST_AFTER_FETCH, INGEST_AFTER_STORE, failpoint

_log = structlog.get_logger()

WRITES_AT_ONCE = 8
"""Entries of one source stored side by side; MongoDB joins their journal flushes."""

READS_AT_ONCE = 6
"""Documents read side by side; they share one interpreter, so more would only be slower each."""

MAX_TRIES = 5
"""How often a lost race for one article is decided again."""


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
        parser: reads the document, in a thread.
        sources: where the result is recorded.
        items: where articles and their events are stored.
        clock: where time comes from.
        pace: how often sources are asked.
        metrics: numbers.
        published: called after events were stored, to wake the relay.
        deadline_s: longest one update may take, below the lease.
        chance: a random number from 0 to 1, for the jitter.
    """

    def __init__(
        self,
        *,
        fetcher: Fetcher,
        parser: FeedParser,
        sources: SourceStore,
        items: ItemStore,
        clock: Clock,
        pace: Pace,
        metrics: Metrics,
        published: Callable[[], None],
        deadline_s: float,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._fetcher = fetcher
        self._parser = parser
        self._sources = sources
        self._items = items
        self._clock = clock
        self._pace = pace
        self._metrics = metrics
        self._published = published
        self._deadline_s = deadline_s
        self._chance = chance
        self._threads = BackgroundThreads(READS_AT_ONCE)

    async def __call__(self, claim: Claim) -> Report:
        """Update one claimed source and give it back.

        Raises:
            StoreDownError: the store does not answer; the claim is still held.
        """
        started = self._clock.monotonic()
        report = Report()
        poll = await self._bounded(claim, report)
        source, state = claim.source, claim.state
        then = plan(
            Polled(source.url, source.interval_s, state.failures, state.rhythm),
            poll,
            self._pace,
            self._clock.now(),
            self._chance(),
        )
        kept = await self._sources.finish(claim, _finish_of(poll, then, report.clock))
        if poll.validators is not None:
            failpoint(INGEST_AFTER_ETAG)
        self._tell(claim, report, then, self._clock.monotonic() - started, kept=kept)
        return report

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
        report.kind, read = await self._threads.run(lambda: self._read(answer, source, state.clock.bias))
        await self._store(read, source, report)
        new = report.counts["new"]
        whole = not report.counts["held"]
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

    def _read(self, answer: Fetched, source: Source, bias: timedelta) -> tuple[str, Normalised]:
        document = decode(answer.body, answer.content_type)
        feed = self._parser(document.text, answer.url)
        return feed.kind, normalise_feed(feed, source, answer.url, bias)

    async def _store(self, read: Normalised, source: Source, report: Report) -> None:
        """Store every entry, the oldest first, so that events follow the order in which things happened."""
        candidates = read.candidates[::-1]
        stored = await self._items.stored([candidate.id for candidate in candidates])
        report.counts.update(
            unusable=len(read.unusable), repeated=read.repeated, beyond_limit=read.beyond_limit
        )
        if read.unusable:
            report.detail = "; ".join(
                f"{count} x {why}" for why, count in Counter(read.unusable).most_common(3)
            )
        for batch in _batches(candidates, WRITES_AT_ONCE):
            tasks = (self._store_one(candidate, stored.get(candidate.id), source) for candidate in batch)
            results = await asyncio.gather(*tasks, return_exceptions=True)
            for candidate, result in zip(batch, results, strict=True):
                if isinstance(result, BaseException):
                    raise result
                report.counts[result] += 1
                if result == "new":
                    report.new_dates.append(candidate.published)
            if any(result in {"new", "changed"} for result in results):
                self._published()

    async def _store_one(self, candidate: Candidate, stored: StoredItem | None, source: Source) -> str:
        """Decide and store; when somebody else was faster, read and decide again."""
        for _ in range(MAX_TRIES):
            now = self._clock.now()
            decision = decide(stored, candidate, now)
            if decision.verdict == "same":
                return "same"
            event = collected(candidate, decision, source, now)
            write = self._items.insert if stored is None else self._items.replace
            try:
                if await write(item_of(candidate, decision), event):
                    failpoint(INGEST_AFTER_STORE)
                    self._metrics.cut.inc(candidate.cut)
                    return decision.verdict
            except OutboxFullError:
                return "held"
            stored = (await self._items.stored([candidate.id])).get(candidate.id)
        return "held"

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


def _batches(candidates: Sequence[Candidate], size: int) -> Iterator[Sequence[Candidate]]:
    for start in range(0, len(candidates), size):
        yield candidates[start : start + size]
