"""What the pipeline needs from the outside, as small as it needs it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from rates.domain.board import Board
from rates.domain.observations import Observation, SeriesKey
from rates.domain.schedule import PollState
from shared.contracts.envelope import Envelope


class FetchReason(StrEnum):
    """Why nothing usable came from a bank's address."""

    TIMEOUT = "timeout"
    UNREACHABLE = "unreachable"
    HTTP_STATUS = "http_status"
    TOO_LARGE = "too_large"
    UNDECODABLE = "undecodable"


class FetchFailedError(Exception):
    """A bank did not answer with status 200 and a body of bounded size in bounded time."""

    def __init__(self, reason: FetchReason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class StoreUnavailableError(Exception):
    """The store does not answer now; the same call may succeed later. A write may or may not have happened."""


class BoardBusyError(Exception):
    """A board cannot be changed now: others keep changing it, or too many of its events wait. Try at the next poll."""


class BankFetcher(Protocol):
    """Gets documents from banks."""

    async def fetch(self, bank_id: str, path: str) -> bytes:
        """Return the body of `path` below the bank's address.

        Raises:
            FetchFailedError: no status 200, or not in time, or too large.
        """
        ...


class ObservationStore(Protocol):
    """Keeps observations for ever; no number in it is changed or removed."""

    async def of_session(self, key: SeriesKey, session_on: date) -> list[Observation]:
        """Return all revisions of all currencies of one session.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...

    async def append(self, observations: Sequence[Observation]) -> int:
        """Keep observations and return how many were new; those whose revision is taken are left out.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...

    async def see_again(self, observations: Sequence[Observation], at: datetime) -> None:
        """Note of observations of one series and session that a fetch `at` showed them again; the first note stays.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...

    async def recent(self, key: SeriesKey, base: str, quote: str) -> list[Observation]:
        """Return the newest observations of one currency, at least its last 30 sessions with all their revisions.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...


class HistoryStore(Protocol):
    """Reads what is kept of one currency's past; a bank's `base` is what its number counts, `quote` its own money."""

    async def count(self) -> int:
        """Return how many observations are kept of all money. Nothing is ever removed: the same count, the same ones.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...

    async def every(self, key: SeriesKey, base: str, quote: str) -> list[Observation]:
        """Return all observations with all their revisions, in no particular order.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...

    async def sessions(
        self, key: SeriesKey, base: str, quote: str, *, first_on: date, last_on: date
    ) -> set[date]:
        """Return which sessions between two days, both included, are known.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...


class ReadsBoards(Protocol):
    """Tells what is shown."""

    async def every(self) -> Sequence[Board]:
        """Return all boards, in no particular order.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...


class BoardStore(Protocol):
    """Keeps one board per pair, and the events not yet said about it."""

    async def get(self, pair: str) -> Board | None:
        """Return a pair's board.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...

    async def every(self) -> list[Board]:
        """Return all boards, in no particular order.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...

    async def change(self, board: Board, event: Envelope) -> bool:
        """Store the board and its pending event in one write, if the stored one's seq is the one before.

        Returns:
            False when somebody else changed the board first; nothing was written.

        Raises:
            BoardBusyError: too many events about the pair wait to be published.
            StoreUnavailableError: the store does not answer.
        """
        ...


class Outcome(StrEnum):
    """How a poll of a bank ended."""

    FIXED = "fixed"
    UNCHANGED = "unchanged"
    HELD = "held"
    NO_DATA = "no_data"
    REFUSED = "refused"
    FAILED = "failed"


GOOD_OUTCOMES = frozenset({Outcome.FIXED, Outcome.UNCHANGED, Outcome.HELD, Outcome.NO_DATA})
"""Outcomes after which a bank counts as reachable."""


@dataclass(frozen=True, slots=True)
class PollReport:
    """How a poll ended, and why; `reason` is of a closed set, `detail` is for people."""

    outcome: Outcome
    reason: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """A replica's right to poll a bank; it lapses with its lease, or when somebody claims the next epoch."""

    bank_id: str
    epoch: int


@dataclass(frozen=True, slots=True)
class BankHealth:
    """How a bank's polls have gone. Instants are aware UTC."""

    bank_id: str
    polled_at: datetime | None
    succeeded_at: datetime | None
    failures: int
    outcome: str | None
    reason: str


class PollClaims(Protocol):
    """Lets one replica at a time poll a bank, by the store's own time."""

    async def state(self, bank_id: str) -> PollState:
        """Return what is known of the bank's polls.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...

    async def claim(self, bank_id: str, epoch: int, lease_s: float) -> Claim | None:
        """Take the poll for `lease_s` seconds, if nobody has since `epoch` was read.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...

    async def renew(self, claim: Claim, lease_s: float) -> bool:
        """Hold the claim for `lease_s` seconds from now; False when it was given back or others have the poll since.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...

    async def finish(self, claim: Claim, report: PollReport) -> None:
        """Note how the poll ended and give the claim back; does nothing when the claim has lapsed.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...

    async def release(self, claim: Claim) -> None:
        """Give the claim back as if the poll had not begun.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...

    async def health(self) -> Mapping[str, BankHealth]:
        """Return how each bank's polls have gone, by bank id.

        Raises:
            StoreUnavailableError: the store does not answer.
        """
        ...
