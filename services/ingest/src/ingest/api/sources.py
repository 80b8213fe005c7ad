"""How the sources do: GET /v1/sources."""

import asyncio

from fastapi import APIRouter

from ingest.domain.rhythm.schedule import Pace
from ingest.domain.sources.source import Source
from ingest.ports import ItemStore, SourceState, SourceStore, StoreDownError
from shared.contracts.http.sources import SourceHealth, SourcesAnswer
from shared.web import HTTPProblem

ANSWER_WITHIN_S = 3.0
"""A lost database is told by then; the driver itself would go on trying for longer."""


def sources_router(sources: SourceStore, items: ItemStore, pace: Pace) -> APIRouter:
    """Return the routes about sources.

    Args:
        sources: where they are kept.
        items: counts their articles.
        pace: gives the interval of sources that name none.
    """
    router = APIRouter(prefix="/v1", tags=["sources"])

    @router.get("/sources", summary="Health of every source")
    async def list_sources() -> SourcesAnswer:
        """Return every source by name, with how it does."""
        try:
            async with asyncio.timeout(ANSWER_WITHIN_S):
                found, counts = await sources.all(), await items.counts()
        except (StoreDownError, TimeoutError) as error:
            raise HTTPProblem(
                503,
                "database-unavailable",
                "Database unavailable",
                "The list of sources cannot be read now; try again in some seconds.",
                headers={"Retry-After": "5"},
            ) from error
        return SourcesAnswer(
            sources=[_health(source, state, counts.get(source.id, 0), pace) for source, state in found]
        )

    return router


def _health(source: Source, state: SourceState, articles: int, pace: Pace) -> SourceHealth:
    return SourceHealth(
        id=source.id,
        name=source.name,
        outlet=source.outlet,
        country=source.country,
        language=source.language,
        rights=source.rights,
        url=source.url,
        interval_s=pace.interval_s(source.interval_s, state.rhythm.arrivals),
        last_success_at=state.last_success_at,
        last_failure_at=state.last_failure_at,
        last_failure=state.last_failure,
        next_poll_at=state.next_poll_at,
        retired_at=state.rhythm.retired_at,
        articles=articles,
    )
