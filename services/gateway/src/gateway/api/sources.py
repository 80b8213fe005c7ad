"""Health of the news sources: `/api/v1/sources`."""

from fastapi import APIRouter, Response

from gateway.api.answers import as_json, value_of
from gateway.api.examples import answer, problems
from gateway.api.parts import Parts
from shared.contracts.http.sources import SourcesAnswer


def router(parts: Parts) -> APIRouter:
    """Return the routes of the sources."""
    routes = APIRouter(tags=["sources"])

    @routes.get(
        "/api/v1/sources",
        response_model=SourcesAnswer,
        summary="Every news source",
        responses={**answer("sources"), **problems("ingest-away")},
    )
    async def list_sources() -> Response:
        """Every news source with its last success, the reason class of its last failure and its cadence."""
        return as_json(value_of(await parts.sources.sources()))

    return routes
