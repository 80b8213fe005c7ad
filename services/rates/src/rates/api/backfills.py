"""Backfills, for administrators: POST /v1/backfills, GET /v1/backfills."""

from collections.abc import Sequence
from datetime import datetime

from fastapi import APIRouter, Depends

from rates.api.routes import answer_soon
from rates.domain.backfill import SETTLED_AFTER, Job
from rates.domain.banks import Bank
from rates.ports.backfills import BackfillDesk
from shared.clock import Clock
from shared.contracts.http.problem import FieldFault, ProblemAnswer
from shared.contracts.http.rate_backfills import RateBackfill, RateBackfillRequest, RateBackfillsAnswer
from shared.web import AdminOnly, HTTPProblem


def make_backfills_router(
    backfiller: BackfillDesk, banks: Sequence[Bank], admin: AdminOnly, clock: Clock
) -> APIRouter:
    """Return the routes about backfills.

    Args:
        backfiller: where they are asked for.
        banks: all banks that have an archive.
        admin: lets only administrators in.
        clock: tells what day it is.
    """
    router = APIRouter(
        prefix="/v1",
        tags=["backfills"],
        dependencies=[Depends(admin)],
        responses={503: {"model": ProblemAnswer, "description": "No store."}},
    )

    @router.post("/backfills", status_code=202, summary="Fetch past sessions from the banks' archives")
    async def start_backfill(request: RateBackfillRequest) -> RateBackfillsAnswer:
        """Begin to fetch past sessions; it goes on by itself, over restarts too. What is known is not asked for."""
        chosen = [bank for bank in banks if request.bank in {None, bank.id}]
        _check(request, banks, chosen, clock.now())
        for bank in chosen:
            await answer_soon(backfiller.begin(bank, request.first_on, request.last_on))
        return await _progress(backfiller, chosen)

    @router.get("/backfills", summary="How far backfills have come")
    async def list_backfills() -> RateBackfillsAnswer:
        """Return how far each bank's last backfill has come."""
        return await _progress(backfiller, banks)

    return router


def _check(
    request: RateBackfillRequest, banks: Sequence[Bank], chosen: Sequence[Bank], now: datetime
) -> None:
    if not chosen:
        raise _invalid("bank", f"should be one of {', '.join(bank.id for bank in banks)}")
    if request.last_on is not None and request.last_on < request.first_on:
        raise _invalid("last_on", "should not be before first_on")
    settled_on = min(bank.today_on(now) for bank in chosen) - SETTLED_AFTER
    if request.first_on > settled_on:
        raise _invalid("first_on", f"should be {settled_on} or earlier: younger sessions are polled for")


async def _progress(backfiller: BackfillDesk, banks: Sequence[Bank]) -> RateBackfillsAnswer:
    known = {job.bank_id: (job, left) for job, left in await answer_soon(backfiller.progress(banks))}
    return RateBackfillsAnswer(backfills=[_told(bank, *known[bank.id]) for bank in banks if bank.id in known])


def _told(bank: Bank, job: Job, left: int) -> RateBackfill:
    return RateBackfill(
        bank=bank.id,
        pair=str(bank.pair),
        first_on=job.first_on,
        last_on=job.last_on,
        state=job.state,
        started_at=job.started_at,
        requests=job.requests,
        stored=job.stored,
        sessions_left=left,
        empty=sum(job.first_on <= day <= job.last_on for day in job.empty),
        left_out=job.left_out,
        detail=job.detail,
    )


def _invalid(field: str, reason: str) -> HTTPProblem:
    return HTTPProblem(
        422,
        "invalid-parameter",
        "Invalid parameter",
        f"{field}: {reason}",
        errors=[FieldFault(name=field, message=reason)],
    )
