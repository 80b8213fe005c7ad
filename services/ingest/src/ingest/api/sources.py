"""How the sources do: GET /v1/sources."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Protocol

from fastapi import APIRouter

from ingest.domain.rhythm.schedule import Pace
from ingest.domain.sources.health import ADVICE, state_of
from ingest.domain.sources.source import Source
from ingest.ports import SourceState, SourceStore, StoreDownError
from shared.clock import Clock
from shared.contracts.http.sources import SourceHealth, SourcesAnswer
from shared.web import HTTPProblem

ANSWER_WITHIN_S = 3.0
"""A lost database is told by then; the driver itself would go on trying for longer."""


class Counted(Protocol):
    """Knows how many articles each source brought, by the source's id; `StoreDownError` where it cannot be known."""

    async def counts(self) -> Mapping[str, int]:
        """Return the counts, which may be some seconds old."""
        ...


@asynccontextmanager
async def database_within(seconds: float = ANSWER_WITHIN_S) -> AsyncIterator[None]:
    """Turn a lost database into the problem that says so, after so many seconds at the latest."""
    try:
        async with asyncio.timeout(seconds):
            yield
    except (StoreDownError, TimeoutError) as error:
        raise HTTPProblem(
            503,
            "database-unavailable",
            "Database unavailable",
            "The sources cannot be reached now; try again in some seconds.",
            headers={"Retry-After": "5"},
        ) from error


def sources_router(
    sources: SourceStore, items: Counted, pace: Pace, clock: Clock, *, hubs_tell: bool = False
) -> APIRouter:
    """Return the routes about sources that everybody may see.

    Args:
        sources: where they are kept.
        items: counts their articles.
        pace: gives the interval of sources that name none.
        clock: how long a source has been silent.
        hubs_tell: whether hubs can reach us; else subscriptions of former days say nothing.
    """
    router = APIRouter(prefix="/v1", tags=["sources"])

    @router.get("/sources", summary="Health of every source")
    async def list_sources() -> SourcesAnswer:
        """Return every source by name, with how it does."""
        async with database_within():
            found, counts = await sources.all(), await items.counts()
        return SourcesAnswer(
            sources=[
                _health(
                    source,
                    state if hubs_tell else replace(state, push=None),
                    counts.get(source.id, 0),
                    pace,
                    clock,
                )
                for source, state in found
            ]
        )

    return router


def _health(source: Source, state: SourceState, articles: int, pace: Pace, clock: Clock) -> SourceHealth:
    rhythm, failure, push = state.rhythm, state.last_failure, state.push
    now = clock.now()
    told = push is not None and push.carries(rhythm.missed_at, now)
    return SourceHealth(
        id=source.id,
        name=source.name,
        outlet=source.outlet,
        country=source.country,
        language=source.language,
        rights=source.rights,
        url=source.url,
        interval_s=pace.interval_s(source.interval_s, rhythm.arrivals, told=told),
        last_success_at=state.last_success_at,
        last_failure_at=state.last_failure_at,
        last_failure=failure,
        next_poll_at=None if source.paused else state.next_poll_at,
        retired_at=rhythm.retired_at,
        articles=articles,
        state=state_of(paused=source.paused, failing=failure is not None, retired_at=rhythm.retired_at),
        failures=state.failures,
        articles_per_day=None if rhythm.arrivals is None else round(rhythm.arrivals.per_day(now), 1),
        last_new_at=state.last_new_at,
        advice=None if failure is None else ADVICE[failure],
        push=None if push is None else push.stage_at(now).value,
        told_at=None if push is None else push.told_at,
    )
