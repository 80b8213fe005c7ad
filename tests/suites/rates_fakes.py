"""Rates' ports without network and database: they keep the same promises, and tests can look inside."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from rates.domain.board import Board
from rates.domain.observations import Observation, SeriesKey
from rates.domain.schedule import PollState
from rates.ports import (
    GOOD_OUTCOMES,
    BankHealth,
    Claim,
    FetchFailedError,
    FetchReason,
    PollReport,
    StoreUnavailableError,
)
from shared.clock import Clock
from shared.contracts.envelope import Envelope

Answer = bytes | FetchFailedError


class FakeBanks:
    """Banks that answer what a test put at their paths, and 404 otherwise."""

    def __init__(self) -> None:
        self._answers: dict[tuple[str, str], Answer] = {}
        self.asked: list[tuple[str, str]] = []

    def put(self, bank_id: str, path: str, answer: Answer) -> None:
        """Answer so from now on."""
        self._answers[bank_id, path] = answer

    async def fetch(self, bank_id: str, path: str) -> bytes:
        """Return what stands at the path."""
        self.asked.append((bank_id, path))
        answer = self._answers.get((bank_id, path), FetchFailedError(FetchReason.HTTP_STATUS, "status 404"))
        if isinstance(answer, bytes):
            return answer
        raise answer


class MemoryObservationStore:
    """Observations in a list."""

    def __init__(self) -> None:
        self.kept: list[Observation] = []

    async def of_session(self, key: SeriesKey, session_on: date) -> list[Observation]:
        """Return all revisions of all currencies of one session."""
        return [item for item in self.kept if (item.key, item.session_on) == (key, session_on)]

    async def append(self, observations: Sequence[Observation]) -> int:
        """Keep observations and return how many were new."""
        added = 0
        for new in observations:
            if not any(_identity(item) == _identity(new) for item in self.kept):
                self.kept.append(new)
                added += 1
        return added

    async def see_again(self, observations: Sequence[Observation], at: datetime) -> None:
        """Note that a fetch showed them again; the first note stays."""
        shown = {_identity(item) for item in observations}
        self.kept = [
            replace(item, seen_again_at=item.seen_again_at or at) if _identity(item) in shown else item
            for item in self.kept
        ]

    async def recent(self, key: SeriesKey, base: str, quote: str) -> list[Observation]:
        """Return the newest observations of one currency."""
        return [item for item in self.kept if (item.key, item.base, item.quote) == (key, base, quote)]


def _identity(item: Observation) -> tuple[object, ...]:
    return (item.key, item.base, item.quote, item.session_on, item.revision)


class MemoryBoardStore:
    """Boards in a dict, and every event that was stored with one."""

    def __init__(self) -> None:
        self.boards: dict[str, Board] = {}
        self.events: list[Envelope] = []
        self.before_change: Callable[[], Awaitable[None]] | None = None
        self.down = False

    async def get(self, pair: str) -> Board | None:
        """Return a pair's board."""
        self._answer()
        return self.boards.get(pair)

    async def every(self) -> list[Board]:
        """Return all boards."""
        self._answer()
        return list(self.boards.values())

    async def change(self, board: Board, event: Envelope) -> bool:
        """Store the board and its event, if the stored one's seq is the one before."""
        self._answer()
        if self.before_change is not None:
            await self.before_change()
        stored = self.boards.get(str(board.pair))
        if (stored.seq if stored else 0) != board.seq - 1:
            return False
        self.boards[str(board.pair)] = board
        self.events.append(event)
        return True

    def _answer(self) -> None:
        if self.down:
            raise StoreUnavailableError("told to be down")


class MemoryPollClaims:
    """Claims in a dict, by a clock that a test moves."""

    def __init__(self, clock: Clock) -> None:
        self.down = False
        self._clock = clock
        self._states: dict[str, PollState] = {}
        self._health: dict[str, BankHealth] = {}

    async def state(self, bank_id: str) -> PollState:
        """Return what is known of the bank's polls."""
        known = self._states.setdefault(bank_id, PollState(now=self._clock.now()))
        return replace(known, now=self._clock.now())

    async def claim(self, bank_id: str, epoch: int, lease_s: float) -> Claim | None:
        """Take the poll, if nobody has since `epoch` was read."""
        known = self._states.get(bank_id)
        if known is None or known.epoch != epoch:
            return None
        until = self._clock.now() + timedelta(seconds=lease_s)
        self._states[bank_id] = replace(known, epoch=epoch + 1, leased_until=until)
        return Claim(bank_id, epoch + 1)

    async def renew(self, claim: Claim, lease_s: float) -> bool:
        """Hold the claim for longer."""
        known = self._held(claim)
        if known is None or known.leased_until is None:
            return False
        until = self._clock.now() + timedelta(seconds=lease_s)
        self._states[claim.bank_id] = replace(known, leased_until=until)
        return True

    async def finish(self, claim: Claim, report: PollReport) -> None:
        """Note how the poll ended and give the claim back."""
        known = self._held(claim)
        if known is None:
            return
        good, now = report.outcome in GOOD_OUTCOMES, self._clock.now()
        failures = 0 if good else known.failures + 1
        self._states[claim.bank_id] = replace(known, polled_at=now, leased_until=None, failures=failures)
        self._health[claim.bank_id] = BankHealth(
            claim.bank_id,
            now,
            self._succeeded_at(claim.bank_id, now, good=good),
            failures,
            str(report.outcome),
            report.reason,
        )

    async def release(self, claim: Claim) -> None:
        """Give the claim back as if the poll had not begun."""
        known = self._held(claim)
        if known is not None:
            self._states[claim.bank_id] = replace(known, leased_until=None)

    async def health(self) -> Mapping[str, BankHealth]:
        """Return how each bank's polls have gone."""
        if self.down:
            raise StoreUnavailableError("told to be down")
        return {
            bank_id: self._health.get(bank_id, BankHealth(bank_id, None, None, 0, None, ""))
            for bank_id in self._states
        }

    def _held(self, claim: Claim) -> PollState | None:
        known = self._states.get(claim.bank_id)
        return known if known is not None and known.epoch == claim.epoch else None

    def _succeeded_at(self, bank_id: str, now: datetime, *, good: bool) -> datetime | None:
        before = self._health.get(bank_id)
        return now if good else (before.succeeded_at if before else None)
