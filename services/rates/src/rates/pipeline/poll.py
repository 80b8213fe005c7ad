"""One poll of one bank: its latest table, the session before it if that is missing, then what follows for readers."""

from datetime import UTC, date, datetime, time

import structlog

from rates.domain.banks import Bank
from rates.domain.board import BoardChange
from rates.domain.fixings import Line, Status
from rates.domain.sessions import session_of, working_day_before
from rates.domain.tables import NoData
from rates.metrics import Metrics
from rates.pipeline.ask import Answer, Asker, Read
from rates.pipeline.publish import Publisher
from rates.pipeline.record import Recorder
from rates.ports import GOOD_OUTCOMES, Outcome, PollReport
from shared.clock import Clock

_ARCHIVE_STEPS = 5
"""How many working days back the previous session is looked for: holidays leave gaps."""

_log = structlog.get_logger()


class Poller:
    """Polls banks.

    Args:
        asker: asks them.
        recorder: keeps what they say.
        publisher: shows what follows from it.
        clock: for the metrics' timestamps.
        metrics: counts outcomes.
    """

    def __init__(
        self, asker: Asker, recorder: Recorder, publisher: Publisher, *, clock: Clock, metrics: Metrics
    ) -> None:
        self._asker = asker
        self._recorder = recorder
        self._publisher = publisher
        self._clock = clock
        self._metrics = metrics
        self._looked_before: dict[str, date] = {}

    async def poll(self, bank: Bank) -> PollReport:
        """Ask a bank once and bring its pair's board up to date; tells how it ended, in one log line.

        The board is looked after also when the bank gave nothing: a replica that died between storing and
        publishing leaves that to the next poll.

        Raises:
            BoardBusyError: the board cannot be changed now.
            StoreUnavailableError: the store does not answer.
        """
        answer = await self._asker.latest(bank)
        if isinstance(answer, Read):
            await self._fill_session_before(bank, answer)
            await self._recorder.record(bank, answer, may_correct=True)
        line, change = await self._publisher.publish(bank)
        report = _report(answer, line, change)
        self._tell(bank, report, answer, line, change)
        return report

    async def _fill_session_before(self, bank: Bank, read: Read) -> None:
        """Fetch the session before the newest if it is missing, so that the line has its change from the start."""
        session_on = session_of(read.table.label_on, bank.labelling)
        if self._looked_before.get(bank.id) == session_on:
            return
        if await self._recorder.has_session(bank, working_day_before(session_on)):
            self._looked_before[bank.id] = session_on
            return
        label_on = session_on
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
                return
            if isinstance(answer, Read):
                await self._recorder.record(bank, answer, may_correct=False)
                break
            label_on = working_day_before(label_on)
        self._looked_before[bank.id] = session_on

    def _tell(
        self, bank: Bank, report: PollReport, answer: Answer, line: Line | None, change: BoardChange | None
    ) -> None:
        self._metrics.polls.labels(bank.id, report.outcome).inc()
        if report.outcome in GOOD_OUTCOMES:
            self._metrics.last_success_timestamp_seconds.labels(bank.id).set(self._clock.now().timestamp())
        if line is not None:
            midnight = datetime.combine(line.fixing.session_on, time(), UTC)
            self._metrics.session_timestamp_seconds.labels(bank.id).set(midnight.timestamp())
            self._metrics.held.labels(bank.id).set(1 if line.status is Status.HELD else 0)
        say = _log.info if report.outcome in GOOD_OUTCOMES else _log.warning
        say(
            "bank_polled",
            bank=bank.id,
            pair=str(bank.pair),
            outcome=report.outcome,
            reason=report.reason or None,
            detail=report.detail or None,
            label_on=str(answer.table.label_on) if isinstance(answer, Read) else None,
            session_on=str(line.fixing.session_on) if line else None,
            seq=change.board.seq if change else None,
            why=change.why if change else None,
        )


def _report(answer: Answer, line: Line | None, change: BoardChange | None) -> PollReport:
    if isinstance(answer, PollReport):
        return answer
    if isinstance(answer, NoData):
        return PollReport(Outcome.NO_DATA, "no_data", answer.detail)
    if line is None:
        return PollReport(Outcome.HELD, "held", "not one number of this bank is believed yet")
    if line.status is Status.HELD:
        return PollReport(Outcome.HELD, "held", line.note or "")
    return PollReport(Outcome.UNCHANGED if change is None else Outcome.FIXED)
