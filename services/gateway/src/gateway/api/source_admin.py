"""Managing the news sources, for administrators: what is asked here is handed on to ingest, whose rules hold."""

from typing import Annotated, Any

from fastapi import APIRouter, Body, Depends, Path, Query, Response

from gateway.api.answers import value_of
from gateway.api.examples import example, problems
from gateway.ports import Change, SourceAdmin
from shared.contracts.http.source_admin import ImportAnswer, SourceRequest, SourceSettings
from shared.web import AdminOnly

_IMPORT_WITHIN_S = 75.0
"""Longer than ingest itself gives a list, so that its own word is heard."""

_REFUSED = ("administration-off", "token-wrong", "ingest-refuses", "ingest-away")
_BEARER: dict[str, Any] = {"security": [{"AdminToken": []}]}

SourceId = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$", description="Id of a source.")]
OpmlBody = Annotated[
    bytes, Body(media_type="text/x-opml", description="The list, as feed readers export it.")
]


def router(ingest: SourceAdmin, admin: AdminOnly) -> APIRouter:
    """Return the routes that change sources.

    Args:
        ingest: does what is asked.
        admin: lets only administrators in.
    """
    routes = APIRouter(prefix="/api/v1", tags=["administration"], dependencies=[Depends(admin)])
    _add_lists(routes, ingest)
    _add_single(routes, ingest)
    return routes


def _add_lists(routes: APIRouter, ingest: SourceAdmin) -> None:
    @routes.get(
        "/sources.opml",
        summary="All news sources as OPML",
        response_class=Response,
        responses={200: {"content": {"text/x-opml": {}}}, **problems(*_REFUSED)},
        openapi_extra=_BEARER,
    )
    async def export_sources() -> Response:
        """All sources with all their settings; importing the list gives the same sources."""
        return await _handed_on(ingest, Change("GET", "/sources.opml"))

    @routes.post(
        "/sources/opml",
        response_model=ImportAnswer,
        summary="Merge a list of news sources",
        responses={
            200: {"content": {"application/json": {"example": example("sources-import")}}},
            **problems("list-unreadable", *_REFUSED),
        },
        openapi_extra=_BEARER,
    )
    async def import_sources(
        opml: OpmlBody, *, dry_run: Annotated[bool, Query(description="True only tells.")] = False
    ) -> Response:
        """Rows of the list add or change sources, and what a row does not say stays. Safe to repeat.

        Sources that the list does not name stay as they are.
        """
        query = (("dry_run", "1"),) if dry_run else ()
        change = Change("POST", "/sources/opml", opml, "text/x-opml", query=query, within_s=_IMPORT_WITHIN_S)
        return await _handed_on(ingest, change)


def _add_single(routes: APIRouter, ingest: SourceAdmin) -> None:
    @routes.post(
        "/sources",
        status_code=201,
        response_model=SourceSettings,
        summary="Add a news source",
        responses={
            201: {"content": {"application/json": {"example": example("source")}}},
            **problems("source-exists", "invalid-parameter", *_REFUSED),
        },
        openapi_extra=_BEARER,
    )
    async def add_source(request: SourceRequest) -> Response:
        """Add a source; it is polled at once."""
        return await _handed_on(ingest, Change("POST", "/sources", _said(request)))

    @routes.put(
        "/sources/{source_id}",
        response_model=SourceSettings,
        summary="Change a news source",
        responses={
            200: {"content": {"application/json": {"example": example("source")}}},
            **problems("unknown-source", "source-exists", "invalid-parameter", *_REFUSED),
        },
        openapi_extra=_BEARER,
    )
    async def change_source(source_id: SourceId, request: SourceRequest) -> Response:
        """Give a source these settings; what is left out gets its default. Its id stays."""
        return await _handed_on(ingest, Change("PUT", f"/sources/{source_id}", _said(request)))

    @routes.delete(
        "/sources/{source_id}",
        status_code=204,
        response_class=Response,
        summary="Remove a news source",
        responses=problems("unknown-source", *_REFUSED),
        openapi_extra=_BEARER,
    )
    async def remove_source(source_id: SourceId) -> Response:
        """Poll a source no more, and show it no more; its articles stay."""
        return await _handed_on(ingest, Change("DELETE", f"/sources/{source_id}"))


def _said(request: SourceRequest) -> bytes:
    return request.model_dump_json(exclude_unset=True).encode()


async def _handed_on(ingest: SourceAdmin, change: Change) -> Response:
    done = value_of(await ingest.do(change))
    return Response(
        done.content,
        status_code=done.status,
        media_type=done.media_type or None,
        headers={"Cache-Control": "no-store"},
    )
