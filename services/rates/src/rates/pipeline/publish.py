"""From stored observations to a pair's board and its event, in one compare-and-set write."""

from collections.abc import Callable

from rates.domain.banks import Bank
from rates.domain.board import Board, BoardChange, decide
from rates.domain.derivation import derive
from rates.domain.fixings import Line
from rates.domain.observations import Observation
from rates.domain.plans import Plan
from rates.domain.sources import SOURCES
from rates.metrics import Metrics
from rates.pipeline.aging import Ager
from rates.ports import BoardBusyError, BoardStore, ObservationStore
from shared.clock import Clock
from shared.contracts.envelope import Envelope, seal
from shared.contracts.rates import RateFixed, RateSource, RateStale

EVENT_SOURCE = "/silkwire/rates"
_TRIES = 10
_BY_ID = {bank.id: bank for bank in SOURCES}


class Publisher:
    """Shows what is known.

    Args:
        observations: what banks said.
        boards: what is shown.
        clock: tells when a board changed.
        metrics: counts changes.
        announce: called when an event was stored, so that it goes out at once.
    """

    def __init__(
        self,
        observations: ObservationStore,
        boards: BoardStore,
        *,
        clock: Clock,
        metrics: Metrics,
        announce: Callable[[], None],
    ) -> None:
        self._observations = observations
        self._boards = boards
        self._clock = clock
        self._metrics = metrics
        self._announce = announce
        self._ager = Ager(observations)

    async def publish(self, plan: Plan) -> tuple[Line | None, BoardChange | None]:
        """Bring the pair's board up to what is stored; safe to repeat, and to race with other replicas.

        The board is read before the observations: whoever then changes the board with newer ones makes our write
        miss, so no board ever goes back.

        Returns:
            The line that the board shows now, and how it was changed; None when it showed that already.

        Raises:
            BoardBusyError: others were quicker many times in a row, or too many events wait.
            StoreUnavailableError: the store does not answer.
        """
        for _ in range(_TRIES):
            board = await self._boards.get(str(plan.pair))
            # Two replicas' clocks differ: a board that one of them has found late does not get young by the other's.
            now = max(self._clock.now(), board.changed_at) if board else self._clock.now()
            said = await self._said(plan)
            line = derive(plan, said)
            if line is not None:
                line = await self._ager.age(plan, line, said, now)
            self._note_outliers(plan, line)
            change = decide(board, line, now)
            if change is None:
                return line, None
            if await self._boards.change(change.board, event_of(change)):
                self._announce()
                self._metrics.board_changes.labels(plan.authority.id, change.why).inc()
                if change.board.line.doubt is not None:
                    self._metrics.doubts.labels(plan.authority.id, change.board.line.doubt).inc()
                return line, change
            self._metrics.board_conflicts.labels(plan.authority.id).inc()
        raise BoardBusyError(f"others changed {plan.pair} {_TRIES} times in a row")

    def _note_outliers(self, plan: Plan, line: Line | None) -> None:
        for bank in plan.sources:
            off = line is not None and bank.id in line.outliers
            self._metrics.outlier.labels(bank.id, str(plan.pair)).set(1 if off else 0)

    async def _said(self, plan: Plan) -> list[Observation]:
        """Return what all who print the pair have lately said of it."""
        return [
            observation
            for bank in plan.sources
            for leg in bank.legs(plan.pair)
            for observation in await self._observations.recent(bank.key, leg.base, leg.quote)
        ]


def source_of(bank: Bank) -> RateSource:
    """Return a bank as our contracts name it."""
    return RateSource(id=bank.id, name=bank.name, url=bank.page)


def event_of(change: BoardChange) -> Envelope:
    """Return the event that tells of a change; its id follows from the pair and its seq."""
    board = change.board
    event = _fixed(board) if change.fixed else _stale(board)
    return seal(event, source=EVENT_SOURCE, at=board.changed_at)


def _fixed(board: Board) -> RateFixed:
    fixing = board.line.fixing
    return RateFixed(
        pair=str(board.pair),
        seq=board.seq,
        value=fixing.value,
        change_pct=fixing.change_pct,
        source=source_of(_BY_ID[fixing.source]),
        method=fixing.method.value,
        session_on=fixing.session_on,
        label_on=fixing.label_on,
        status=board.line.status.value,
        revision=fixing.revision,
        fixed_at=fixing.first_seen_at,
        rel_uncertainty=fixing.rel_uncertainty,
        confirmed_by=list(board.line.confirmed_by),
    )


def _stale(board: Board) -> RateStale:
    return RateStale(
        pair=str(board.pair),
        seq=board.seq,
        status=board.line.status.value,
        reason=board.line.note or "",
        since=board.changed_at,
    )
