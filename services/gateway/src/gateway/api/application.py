"""Puts the public face together: routes, errors, what every answer gets on its way out."""

from typing import Any

from fastapi import FastAPI
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from gateway.api import (
    articles,
    assets,
    feed,
    openapi,
    pages,
    rate_history,
    rates,
    source_admin,
    sources,
    websub,
    withdrawals,
)
from gateway.api.middleware import ApiCorsMiddleware, ConditionalMiddleware, HeadersMiddleware, HeadMiddleware
from gateway.api.parts import Parts
from gateway.api.problem_pages import ProblemPagesMiddleware
from gateway.api.templating import PageMaker
from shared.web import create_api

_COMPRESSED_FROM_BYTES = 1024


def make_api(parts: Parts, maker: PageMaker, loaded: dict[str, assets.Asset]) -> FastAPI:
    """Return the routes with their errors."""
    app = create_api("Silkwire", openapi.DESCRIPTION, registry=parts.registry)
    for area in (feed, articles, rates, rate_history, sources, withdrawals):
        app.include_router(area.router(parts))
    app.include_router(source_admin.router(parts.source_admin, parts.admin))
    app.include_router(websub.router(parts.hub_calls))
    app.include_router(pages.router(parts, maker))
    app.include_router(assets.router(loaded))
    described = openapi.document(app)

    @app.get(openapi.PATH, include_in_schema=False)
    async def openapi_document() -> JSONResponse:
        return JSONResponse(described)

    def tell() -> dict[str, Any]:
        return described

    app.openapi = tell  # type: ignore[method-assign]  # FastAPI's documented way to replace the document
    return app


def build(parts: Parts) -> ASGIApp:
    """Return the whole public face.

    The layers lie around the application rather than in it, so that its answer to a crash gets them too.
    """
    loaded = assets.load_assets()
    maker = PageMaker(parts, loaded)
    app: ASGIApp = ProblemPagesMiddleware(make_api(parts, maker, loaded), maker=maker)
    app = ConditionalMiddleware(app)
    app = GZipMiddleware(app, minimum_size=_COMPRESSED_FROM_BYTES, compresslevel=5)
    app = ApiCorsMiddleware(app)
    app = HeadersMiddleware(app, sample_data=parts.sample_data)
    return HeadMiddleware(app)


def describe(parts: Parts) -> dict[str, Any]:
    """Return the OpenAPI document of the public face."""
    loaded = assets.load_assets()
    return make_api(parts, PageMaker(parts, loaded), loaded).openapi()
