"""Managing sources, for administrators: one by one, and as OPML lists."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Annotated, Protocol
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from ingest.api.source_shapes import import_answer, preview_answer, settings_of, source_from
from ingest.api.sources import database_within
from ingest.domain.articles.identity import canonical_url
from ingest.domain.sources.changes import AddressTakenError, BusySourceError, UnknownSourceError
from ingest.domain.sources.merge import Merge
from ingest.domain.sources.opml import OpmlError, SourceList, parse_opml
from ingest.domain.sources.opml_writing import write_opml
from ingest.domain.sources.preview import Discovered
from ingest.domain.sources.source import Source
from ingest.ports import SourceStore
from shared.contracts.http.problem import FieldFault
from shared.contracts.http.source_admin import (
    ImportAnswer,
    PreviewAnswer,
    PreviewRequest,
    SourceRequest,
    SourceSettings,
)
from shared.web import AdminOnly, HTTPProblem

IMPORT_WITHIN_S = 60.0
"""A list of some thousand sources, each one or two writes."""

SourceId = Annotated[str, Path(min_length=1, max_length=100, description="Id of a source.")]


Discover = Callable[[str], Awaitable[Discovered]]
"""Looks for the feeds behind an address."""


class Manager(Protocol):
    """Changes sources; `StoreDownError` where they cannot be reached."""

    async def add(self, source: Source) -> None:
        """Put in a further source, or raise AddressTakenError."""
        ...

    async def change(self, source_id: str, wanted: Callable[[Source], Source]) -> Source:
        """Give a source other settings; raise UnknownSourceError, AddressTakenError or BusySourceError."""
        ...

    async def import_list(self, listed: SourceList, *, dry_run: bool) -> Merge:
        """Merge a list into the sources; with `dry_run` only tell what would become of it."""
        ...

    async def owners(self) -> dict[str, str]:
        """Return which source has which address."""
        ...


@asynccontextmanager
async def _problems() -> AsyncIterator[None]:
    try:
        yield
    except UnknownSourceError as error:
        raise HTTPProblem(404, "unknown-source", "Unknown source", f"There is no source {error}.") from error
    except AddressTakenError as error:
        raise HTTPProblem(
            409,
            "source-exists",
            "Source exists",
            f"The source {error.source_id} has this address or this id; change that one.",
            headers={"Location": f"/v1/sources/{error.source_id}"},
        ) from error
    except BusySourceError as error:
        raise HTTPProblem(
            409, "source-busy", "Source busy", "Others change this source at the moment; do it again."
        ) from error


def source_admin_router(
    sources: SourceStore, manager: Manager, discover: Discover, admin: AdminOnly
) -> APIRouter:
    """Return the routes that change sources.

    Args:
        sources: where they are kept.
        manager: what can be done to them.
        discover: looks for feeds.
        admin: lets only administrators in.
    """
    router = APIRouter(prefix="/v1", tags=["sources"], dependencies=[Depends(admin)])
    _add_lists(router, sources, manager)
    _add_preview(router, manager, discover)
    _add_settings(router, sources, manager)
    _add_actions(router, sources, manager)
    return router


def _add_preview(router: APIRouter, manager: Manager, discover: Discover) -> None:
    @router.post("/sources/preview", summary="Look for feeds behind an address")
    async def preview_source(request: PreviewRequest) -> PreviewAnswer:
        """Ask an address, and where it is a page those that it names, else the usual ones; store nothing."""
        url = request.url.strip()
        if canonical_url(url) is None or "@" in urlsplit(url).netloc:
            raise HTTPProblem(
                422,
                "invalid-parameter",
                "Invalid parameter",
                "url is no http or https address.",
                errors=[FieldFault(name="url", message="an http or https address without a user name")],
            )
        async with database_within():
            owners = await manager.owners()
        return preview_answer(url, await discover(url), owners)


def _add_lists(router: APIRouter, sources: SourceStore, manager: Manager) -> None:
    @router.post("/sources", status_code=201, summary="Add a source")
    async def add_source(request: SourceRequest) -> SourceSettings:
        """Add a source; it is polled at once."""
        source = source_from(request)
        async with database_within(), _problems():
            await manager.add(source)
        return settings_of(source)

    @router.get("/sources.opml", summary="All sources as OPML", response_class=Response)
    async def export_sources() -> Response:
        """All sources by name, with all their settings; importing it gives the same sources."""
        async with database_within():
            found = [source for source, _ in await sources.all()]
        return Response(write_opml(found, "Silkwire sources"), media_type="text/x-opml")

    @router.post("/sources/opml", summary="Merge a list of sources")
    async def import_sources(
        request: Request, *, dry_run: Annotated[bool, Query(description="True only tells.")] = False
    ) -> ImportAnswer:
        """Merge an OPML list: rows add or change sources; sources that it does not name stay. Safe to repeat."""
        try:
            listed = parse_opml(await request.body(), "the list")
        except OpmlError as error:
            raise HTTPProblem(422, "list-unreadable", "List unreadable", str(error)) from error
        async with database_within(IMPORT_WITHIN_S):
            done = await manager.import_list(listed, dry_run=dry_run)
        return import_answer(done, dry_run=dry_run)


def _add_settings(router: APIRouter, sources: SourceStore, manager: Manager) -> None:
    @router.get("/sources/{source_id}", summary="Settings of a source")
    async def get_source(source_id: SourceId) -> SourceSettings:
        """A source as it is set."""
        return await _settings(sources, source_id)

    @router.put("/sources/{source_id}", summary="Change a source")
    async def change_source(source_id: SourceId, request: SourceRequest) -> SourceSettings:
        """Give a source these settings; what is left out gets its default. Its id stays."""
        wanted = source_from(request)
        return await _changed(manager, source_id, lambda _: wanted)

    @router.delete("/sources/{source_id}", status_code=204, summary="Remove a source")
    async def remove_source(source_id: SourceId) -> None:
        """Poll a source no more, and show it no more; its articles stay."""
        async with database_within(), _problems():
            if not await sources.remove(source_id):
                raise UnknownSourceError(source_id)


def _add_actions(router: APIRouter, sources: SourceStore, manager: Manager) -> None:
    @router.post("/sources/{source_id}/pause", summary="Pause a source")
    async def pause_source(source_id: SourceId) -> SourceSettings:
        """Keep a source from being polled until it is resumed. Safe to repeat."""
        return await _changed(manager, source_id, lambda source: replace(source, paused=True))

    @router.post("/sources/{source_id}/resume", summary="Resume a source")
    async def resume_source(source_id: SourceId) -> SourceSettings:
        """Poll a paused source again, at once. Safe to repeat."""
        return await _changed(manager, source_id, lambda source: replace(source, paused=False))

    @router.post("/sources/{source_id}/revive", summary="Revive a retired source")
    async def revive_source(source_id: SourceId) -> SourceSettings:
        """Take a source into use again that was given up, and poll it at once; one in use stays as it is."""
        async with database_within(), _problems():
            await sources.revive(source_id)
        return await _settings(sources, source_id)

    @router.post("/sources/{source_id}/poll", status_code=202, summary="Poll a source now")
    async def poll_source(source_id: SourceId) -> SourceSettings:
        """Make a source due at once; a retired one is in use again as soon as it gives a feed."""
        settings = await _settings(sources, source_id)
        if settings.paused:
            raise HTTPProblem(
                409, "source-paused", "Source paused", f"The source {source_id} is paused; resume it first."
            )
        async with database_within():
            await sources.poll_now(source_id)
        return settings


async def _settings(sources: SourceStore, source_id: str) -> SourceSettings:
    async with database_within(), _problems():
        found = await sources.get(source_id)
        if found is None:
            raise UnknownSourceError(source_id)
    return settings_of(found[0])


async def _changed(manager: Manager, source_id: str, wanted: Callable[[Source], Source]) -> SourceSettings:
    async with database_within(), _problems():
        return settings_of(await manager.change(source_id, wanted))
