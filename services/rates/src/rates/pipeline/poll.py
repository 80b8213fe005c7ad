"""One poll of one bank: its latest table, the session before it if that is missing, then what follows for readers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time

import structlog

from rates.domain.banks import Bank
from rates.domain.board import BoardChange
from rates.domain.calendars import working_day_before
from rates.domain.fixings import KEPT_BACK, Line, Status
from rates.domain.plans import Plan
from rates.domain.sessions import label_before
from rates.domain.staleness import MISSED_IS_STALE, missed_sessions
from rates.domain.tables import NoData
from rates.metrics import Metrics
from rates.pipeline.ask import Answer, Asker, Read
from rates.pipeline.publish import Publisher
from rates.pipeline.record import News, Recorder
from rates.ports import GOOD_OUTCOMES, Outcome, PollReport
from shared.clock import Clock

_ARCHIVE_STEPS = 5
"""How many working days back the previous session is looked for: holidays leave gaps."""

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is shown of one pair after a poll, and how that changed it."""

    plan: Plan
    line: Line | None
    change: BoardChange | None


class Poller:
    """Polls banks.

    Args:
        asker: asks them.
        recorder: keeps what they say.
        publisher: shows what follows from it.
        plans: all pairs that are given.
        clock: for the metrics' timestamps.
        metrics: counts outcomes.
    """

    def __init__(
        self,
        asker: Asker,
        recorder: Recorder,
        publisher: Publisher,
        *,
        plans: Sequence[Plan],
        clock: Clock,
        metrics: Metrics,
    ) -> None:
        self._asker = asker
        self._recorder = recorder
        self._publisher = publisher
        self._plans = tuple(plans)
        self._clock = clock
        self._metrics = metrics
        self._looked_before: dict[str, date] = {}
        self._keeping = asyncio.Lock()

    async def poll(self, bank: Bank) -> PollReport:
        """Ask a bank once and bring the boards up to date; tells how it ended, in one log line.

        What it said that is news may confirm or dispute any pair that it prints. Its own pairs are looked after also
        when it gave nothing new: a replica that died between storing and publishing leaves that to the next poll.

        Raises:
            BoardBusyError: a board cannot be changed now.
            StoreUnavailableError: the store does not answer.
        """
        answer = await self._asker.latest(bank)
        before = await self._session_before(bank, answer) if isinstance(answer, Read) else None
        # One poll at a time: another bank's may print this pair too, and would show the session before as its newest.
        async with self._keeping:
            past, news = News(), News()
            if isinstance(answer, Read):
                if before is not None:
                    past = await self._recorder.record(bank, before, may_correct=False)
                    self._looked_before[bank.id] = bank.session_of(answer.table.label_on)
                news = await self._recorder.record(bank, answer, may_correct=True)
            shown = [
                _Shown(plan, *await self._publisher.publish(plan))
                for plan in sorted(self._plans, key=lambda plan: plan.pair != bank.pair)
                if plan.authority.id == bank.id or ((past or news) and bank in plan.sources)
            ]
        own = next((item for item in shown if item.plan.pair == bank.pair), None)
        report = _report(answer, own, shown, news)
        self._tell(bank, report, answer, own)
        return report

    async def _session_before(self, bank: Bank, read: Read) -> Read | None:
        """Fetch the session before the newest if it is missing, so that the line has its change from the start."""
        session_on = bank.session_of(read.table.label_on)
        shows = any(plan.authority.id == bank.id and plan.peg is None for plan in self._plans)
        if not shows or self._looked_before.get(bank.id) == session_on:
            return None
        if await self._recorder.has_session(bank, working_day_before(session_on, bank.calendar)):
            self._looked_before[bank.id] = session_on
            return None
        label_on = label_before(session_on, bank.labelling, bank.calendar)
        for _ in range(_ARCHIVE_STEPS):
            answer = await self._asker.archived(bank, label_on)
            if isinstance(answer, PollReport):
                _log.warning(
                    "rates_archive_failed",
                    bank=bank.id,
                    asked_on=label_on,
                    outcome=answer.outcome,
                    reason=answer.reason,
                    detail=answer.detail,
                )
                return None
            if isinstance(answer, Read):
                return answer
            label_on = working_day_before(label_on, bank.calendar)
        self._looked_before[bank.id] = session_on
        return None

    def _tell(self, bank: Bank, report: PollReport, answer: Answer, own: _Shown | None) -> None:
        self._metrics.polls.labels(bank.id, report.outcome).inc()
        if report.outcome in GOOD_OUTCOMES:
            self._metrics.last_success_timestamp_seconds.labels(bank.id).set(self._clock.now().timestamp())
        line, change = (own.line, own.change) if own else (None, None)
        if line is not None:
            midnight = datetime.combine(line.fixing.session_on, time(), UTC)
            self._metrics.session_timestamp_seconds.labels(bank.id).set(midnight.timestamp())
            self._metrics.held.labels(bank.id).set(1 if line.status in KEPT_BACK else 0)
            self._metrics.stale.labels(bank.id).set(1 if line.status is Status.STALE else 0)
            self._metrics.missed_sessions.labels(bank.id).set(self._missed(bank, line))
        say = _log.info if report.outcome in GOOD_OUTCOMES else _log.warning
        say(
            "bank_polled",
            bank=bank.id,
            pair=str(bank.pair) if own else None,
            outcome=report.outcome,
            reason=report.reason or None,
            detail=report.detail or None,
            label_on=str(answer.table.label_on) if isinstance(answer, Read) else None,
            session_on=str(line.fixing.session_on) if line else None,
            seq=change.board.seq if change else None,
            why=change.why if change else None,
        )

    def _missed(self, bank: Bank, line: Line) -> int:
        """Return how many of the bank's sessions are missing; of one that another stands in for, those of a week."""
        if line.fixing.source != bank.id:
            return MISSED_IS_STALE
        return missed_sessions(line.fixing.session_on, bank.rhythm, self._clock.now())


def _report(answer: Answer, own: _Shown | None, others: Sequence[_Shown], news: News) -> PollReport:
    """Say how a poll ended: by the bank's own pair, or for a witness by whether its word changed any.

    A number is the bank's news also when the poll of another bank was quicker to publish it.
    """
    if isinstance(answer, PollReport):
        return answer
    if isinstance(answer, NoData):
        return PollReport(Outcome.NO_DATA, "no_data", answer.detail)
    if own is None:
        changed = any(item.change is not None for item in others)
        return PollReport(Outcome.FIXED if changed else Outcome.UNCHANGED)
    if own.line is None:
        return PollReport(Outcome.HELD, "held", "not one number of this bank is believed yet")
    if own.line.status in KEPT_BACK:
        return PollReport(Outcome.HELD, "held", own.line.note or "")
    fixed = own.change is not None and own.change.fixed
    return PollReport(Outcome.FIXED if fixed or news.new else Outcome.UNCHANGED)
