"""Backfills, for administrators: POST /v1/backfills, GET /v1/backfills/{id}."""

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Path

from ingest.api.sources import database_within
from ingest.domain.articles.identity import canonical_url, registrable_host
from ingest.domain.backfill.job import Job, Wanted
from ingest.domain.sources.rows import address_key
from ingest.domain.sources.source import Source
from ingest.ports import BackfillDesk, SourceStore
from shared.contracts.http.backfills import BackfillAnswer, BackfillRequest
from shared.contracts.http.problem import FieldFault
from shared.web import AdminOnly, HTTPProblem


def backfills_router(backfills: BackfillDesk, sources: SourceStore, admin: AdminOnly) -> APIRouter:
    """Return the routes about backfills.

    Args:
        backfills: where they are asked for.
        sources: whose articles they are.
        admin: lets only administrators in.
    """
    router = APIRouter(prefix="/v1", tags=["backfills"], dependencies=[Depends(admin)])

    @router.post("/backfills", status_code=202, summary="Fetch a source's older articles")
    async def start_backfill(request: BackfillRequest) -> BackfillAnswer:
        """Begin to fetch older articles; it goes on by itself, over restarts too."""
        if canonical_url(request.url) is None or "@" in urlsplit(request.url).netloc:
            raise _invalid("url", "no http or https address without a user name")
        async with database_within():
            source = _source_of(request, [one for one, _ in await sources.all()])
            job = await backfills.start(
                Wanted(request.url.strip(), source.id, request.since, request.limit, request.dry_run)
            )
        return _answer(job)

    @router.get("/backfills/{job_id}", summary="How far a backfill has come")
    async def get_backfill(job_id: Annotated[str, Path(min_length=1, max_length=40)]) -> BackfillAnswer:
        """How far it has come."""
        async with database_within():
            job = await backfills.job(job_id)
        if job is None:
            raise HTTPProblem(404, "unknown-backfill", "Unknown backfill", f"There is no backfill {job_id}.")
        return _answer(job)

    return router


def _source_of(request: BackfillRequest, known: list[Source]) -> Source:
    """Return the source that is meant: the one named, the one with the address, or the only one of its host."""
    if request.source is not None:
        found = [one for one in known if one.id == request.source]
        if not found:
            raise _invalid("source", f"there is no source {request.source}")
        return found[0]
    key = address_key(request.url)
    found = [one for one in known if address_key(one.url) == key]
    if not found:
        host = registrable_host(request.url)
        found = [one for one in known if registrable_host(one.link or one.url) == host]
    if len(found) != 1:
        if not found:
            raise _invalid(
                "source", "no source has this address or host; add it first, or name the one that is meant"
            )
        several = ", ".join(one.id for one in found[:5])
        raise _invalid("source", f"several sources have this host; name the one that is meant: {several}")
    return found[0]


def _invalid(field: str, reason: str) -> HTTPProblem:
    return HTTPProblem(
        422,
        "invalid-parameter",
        "Invalid parameter",
        f"{field}: {reason}",
        errors=[FieldFault(name=field, message=reason)],
    )


def _answer(job: Job) -> BackfillAnswer:
    counts = {
        name: job.counts.get(name, 0) for name in ("new", "known", "undated", "older", "unusable", "failed")
    }
    return BackfillAnswer(
        id=job.id,
        url=job.url,
        source=job.source_id,
        state=job.state,
        dry_run=job.dry_run,
        started_at=job.started_at,
        pages=len(job.read),
        pages_left=len(job.todo) if job.state == "running" else 0,
        detail=job.detail,
        **counts,
    )
