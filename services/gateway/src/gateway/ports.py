"""What gateway needs of the other services. Whatever goes wrong on the way is a value, never an exception."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Literal, Protocol, TypeVar

from gateway.domain.merge import KeptRates
from gateway.domain.question import Question
from shared.contracts.http.articles import ArticleWhole, RelatedAnswer, RevisionsAnswer, SearchAnswer
from shared.contracts.http.problem import ProblemAnswer
from shared.contracts.http.rates import RatesAnswer, TickerEntry
from shared.contracts.http.sources import SourcesAnswer
from shared.contracts.http.suggestions import SuggestAnswer
from shared.contracts.http.withdrawals import WithdrawalAnswer, WithdrawalRequest

Service = Literal["search", "rates", "ingest"]
Reason = Literal["unreachable", "timeout", "error", "unreadable", "resting"]
"""Why a service gave no answer: no connection, too slow, status 5xx, not what the contract says, or the circuit
breaker leaves it alone for a moment."""

ValueT = TypeVar("ValueT")


@dataclass(frozen=True, slots=True)
class Answered(Generic[ValueT]):
    """The service answered."""

    value: ValueT


@dataclass(frozen=True, slots=True)
class Refused:
    """The service understood and says no: its problem, to be handed on."""

    problem: ProblemAnswer


@dataclass(frozen=True, slots=True)
class Away:
    """The service gave no answer within the deadline."""

    service: Service
    reason: Reason
    retry_after_s: int


Reply = Answered[ValueT] | Refused | Away


class Search(Protocol):
    """Finds articles."""

    async def find(self, question: Question, *, highlights: bool = False) -> Reply[SearchAnswer]:
        """Return one page of what answers the question, on request with the places where its words stand."""
        ...

    async def article(self, article_id: str) -> Reply[ArticleWhole]:
        """Return one article as far as its rights allow; refused with 404 or 410 when there is none."""
        ...

    async def related(self, article_id: str, page_size: int, excerpt_words: int) -> Reply[RelatedAnswer]:
        """Return articles like one; refused with 404 or 410 when there is none."""
        ...

    async def revisions(self, article_id: str) -> Reply[RevisionsAnswer]:
        """Return when an article changed; refused with 404 or 410 when there is none."""
        ...

    async def suggest(self, q: str) -> Reply[SuggestAnswer]:
        """Return how a query may go on."""
        ...


class Rates(Protocol):
    """Knows exchange rates."""

    async def rates(self) -> Reply[RatesAnswer]:
        """Return every known rate."""
        ...

    async def pair(self, base: str, quote: str) -> Reply[TickerEntry]:
        """Return any two of the money known, by three capital letters each; refused with 404 for others."""
        ...


class Sources(Protocol):
    """Knows how the news sources are doing."""

    async def sources(self) -> Reply[SourcesAnswer]:
        """Return every source's health."""
        ...


@dataclass(frozen=True, slots=True)
class Change:
    """Something to be done to the sources.

    Attributes:
        method: HTTP method.
        path: below ingest's `/v1`.
        content: the body; empty where there is none.
        media_type: what the body is.
        query: parameters of the address.
        within_s: seconds that it may take; a list of thousands of sources takes longer than a question.
    """

    method: Literal["GET", "POST", "PUT", "DELETE"]
    path: str
    content: bytes = b""
    media_type: str = "application/json"
    query: tuple[tuple[str, str], ...] = ()
    within_s: float = 10.0


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it, to be handed on as it is."""

    status: int
    content: bytes
    media_type: str


class RateHistory(Protocol):
    """Knows the past of exchange rates; its answers are handed on as they are, for they may be long."""

    async def history(self, base: str, quote: str, query: Sequence[tuple[str, str]]) -> Reply[Done]:
        """Return a pair's fixings as JSON or CSV; refused where there is no such pair or the range is wrong."""
        ...

    async def convert(self, query: Sequence[tuple[str, str]]) -> Reply[Done]:
        """Return what an amount comes to at a date; refused where nothing was in force then."""
        ...


class SourceAdmin(Protocol):
    """Changes the sources."""

    async def do(self, change: Change) -> Reply[Done]:
        """Do it and return ingest's answer; refused where ingest says no, also to our own token."""


@dataclass(frozen=True, slots=True)
class HubCall:
    """What a WebSub hub asks or tells.

    Attributes:
        method: GET asks, POST tells.
        token: names the subscription.
        query: parameters of the address.
        content: the body.
        signature: the X-Hub-Signature header, None without one.
    """

    method: Literal["GET", "POST"]
    token: str
    query: tuple[tuple[str, str], ...] = ()
    content: bytes = b""
    signature: str | None = None


class HubCalls(Protocol):
    """Hears what hubs have to say."""

    async def hand_on(self, call: HubCall) -> Reply[Done]:
        """Return ingest's answer, whatever its status is below 500."""
        ...


class Withdrawals(Protocol):
    """Takes articles down."""

    async def withdraw(self, article_id: str, request: WithdrawalRequest) -> Reply[WithdrawalAnswer]:
        """Erase an article everywhere, for good; safe to repeat, refused with 404 when there is none."""
        ...


class Board(Protocol):
    """Keeps the last good rates."""

    def last(self) -> KeptRates | None:
        """Return what rates last said, or None while it has never answered."""
        ...
