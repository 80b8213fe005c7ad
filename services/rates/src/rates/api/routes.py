"""The routes of rates' API, answered from the boards; other services ask them, readers ask the gateway."""

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Annotated, TypeVar

from fastapi import APIRouter, Path

from rates.api.answers import BanksAnswer, banks_answer, rates_answer, ticker_entry
from rates.domain.banks import Bank
from rates.ports import BoardStore, PollClaims, StoreUnavailableError
from shared.contracts.http.problem import ProblemAnswer
from shared.contracts.http.rates import RatesAnswer, TickerEntry
from shared.web import HTTPProblem

STORE_ANSWERS_WITHIN_S = 2.0

Read = TypeVar("Read")
Code = Annotated[str, Path(pattern=r"^[A-Z]{3}$", description="ISO 4217 code, such as `KGS`.")]


def make_router(boards: BoardStore, claims: PollClaims, banks: Sequence[Bank]) -> APIRouter:
    """Return the routes below `/v1`.

    Args:
        boards: what is shown.
        claims: how the banks' polls have gone.
        banks: all banks.
    """
    router = APIRouter(
        prefix="/v1", tags=["rates"], responses={503: {"model": ProblemAnswer, "description": "No store."}}
    )
    by_id = {bank.id: bank for bank in banks}

    @router.get("/rates")
    async def list_rates() -> RatesAnswer:
        """Return all known rates: KGS, KZT, TJS, UZS first, then all others by name."""
        return rates_answer(await _answer(boards.every()), by_id)

    @router.get(
        "/rates/{base}/{quote}", responses={404: {"model": ProblemAnswer, "description": "No such pair."}}
    )
    async def get_rate(base: Code, quote: Code) -> TickerEntry:
        """Return one pair's rate."""
        board = await _answer(boards.get(f"{base}/{quote}"))
        if board is None:
            raise HTTPProblem(404, "unknown-pair", "Unknown pair", f"No rate is known for {base}/{quote}.")
        return ticker_entry(board, by_id)

    @router.get("/banks")
    async def list_banks() -> BanksAnswer:
        """Return all banks, with when each was last asked and how that went."""
        return banks_answer(banks, await _answer(claims.health()))

    return router


async def _answer(reading: Awaitable[Read]) -> Read:
    """Await the store, but not for long: who asks has a page to show, with or without us."""
    try:
        async with asyncio.timeout(STORE_ANSWERS_WITHIN_S):
            return await reading
    except (StoreUnavailableError, TimeoutError) as error:
        detail = "The database does not answer now; the same request may succeed in a few seconds."
        raise HTTPProblem(
            503, "store-unavailable", "Store unavailable", detail, headers={"Retry-After": "5"}
        ) from error
