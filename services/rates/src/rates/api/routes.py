"""The routes of rates' API, answered from the boards; other services ask them, readers ask the gateway."""

import asyncio
from collections.abc import Awaitable, Mapping, Sequence
from typing import Annotated, TypeVar

from fastapi import APIRouter, Path

from rates.api.answers import BanksAnswer, banks_answer, cross_entry, rates_answer, ticker_entry
from rates.domain.banks import DOLLAR, Bank
from rates.domain.board import Board
from rates.domain.crosses import cross
from rates.domain.fixings import Pair
from rates.domain.sources import SOURCES
from rates.ports import PollClaims, ReadsBoards, StoreUnavailableError
from shared.contracts.http.problem import ProblemAnswer
from shared.contracts.http.rates import RatesAnswer, TickerEntry
from shared.web import HTTPProblem

STORE_ANSWERS_WITHIN_S = 2.0

Read = TypeVar("Read")
Code = Annotated[str, Path(pattern=r"^[A-Z]{3}$", description="ISO 4217 code, such as `KGS`.")]


def make_router(boards: ReadsBoards, claims: PollClaims, banks: Sequence[Bank]) -> APIRouter:
    """Return the routes below `/v1`.

    Args:
        boards: what is shown.
        claims: how the banks' polls have gone.
        banks: those that are asked.
    """
    router = APIRouter(
        prefix="/v1", tags=["rates"], responses={503: {"model": ProblemAnswer, "description": "No store."}}
    )
    by_id = {bank.id: bank for bank in SOURCES}

    @router.get("/rates")
    async def list_rates() -> RatesAnswer:
        """Return all known rates: KGS, KZT, TJS, UZS first, then all others by name."""
        return rates_answer(await answer_soon(boards.every()), by_id)

    @router.get(
        "/rates/{base}/{quote}", responses={404: {"model": ProblemAnswer, "description": "No such pair."}}
    )
    async def get_rate(base: Code, quote: Code) -> TickerEntry:
        """Return one pair's rate: as its bank fixed it, or through the dollar for any two of the money known."""
        return _entry(Pair(base, quote), await answer_soon(boards.every()), by_id)

    @router.get("/banks")
    async def list_banks() -> BanksAnswer:
        """Return all banks, with when each was last asked and how that went."""
        return banks_answer(banks, await answer_soon(claims.health()))

    return router


def _entry(pair: Pair, boards: Sequence[Board], banks: Mapping[str, Bank]) -> TickerEntry:
    for board in boards:
        if board.pair == pair:
            return ticker_entry(board, banks)
    in_dollars = {board.pair.base: board for board in boards if board.pair.quote == DOLLAR}
    made = None if pair.base == pair.quote else cross(pair, in_dollars)
    if made is None:
        raise unknown_pair(pair, [DOLLAR, *sorted(in_dollars)])
    return cross_entry(made, banks)


def unknown_pair(pair: Pair, known: Sequence[str]) -> HTTPProblem:
    """Return the problem that there is no such pair, of which money there could be one."""
    if pair.base == pair.quote:
        detail = f"{pair} is one and the same money. Ask for two different ones."
    else:
        missing = " and ".join(code for code in (pair.base, pair.quote) if code not in known)
        detail = f"No rate is known for {pair}: nothing is known of {missing}. Known are {', '.join(known)}."
    return HTTPProblem(404, "unknown-pair", "Unknown pair", detail)


async def answer_soon(reading: Awaitable[Read], *, within_s: float = STORE_ANSWERS_WITHIN_S) -> Read:
    """Await the store, but not for long: who asks has a page to show, with or without us.

    Raises:
        HTTPProblem: 503 with Retry-After when it does not answer in time.
    """
    try:
        async with asyncio.timeout(within_s):
            return await reading
    except (StoreUnavailableError, TimeoutError) as error:
        raise store_away() from error


def store_away() -> HTTPProblem:
    """Return the problem that the store does not answer."""
    detail = "The database does not answer now; the same request may succeed in a few seconds."
    return HTTPProblem(503, "store-unavailable", "Store unavailable", detail, headers={"Retry-After": "5"})
