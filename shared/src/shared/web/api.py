"""Makes a FastAPI application the way all our services want it: problems, request ids, metrics."""

import time
import uuid

import structlog
from fastapi import FastAPI
from fastapi.routing import APIRoute
from prometheus_client import CollectorRegistry
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.telemetry.metrics import HttpMetrics
from shared.web import problems

_log = structlog.get_logger()

MAX_BODY_BYTES = 2 * 1024 * 1024
"""Largest request body any of our APIs takes (an OPML list of some thousand sources)."""


def create_api(title: str, description: str, *, registry: CollectorRegistry, version: str = "1") -> FastAPI:
    """Return an API that answers errors as problems, names every request and counts it.

    Args:
        title: shown in the OpenAPI document.
        description: shown in the OpenAPI document.
        registry: where its request metrics go.
        version: version of the API.
    """
    app = FastAPI(
        title=title,
        description=description,
        version=version,
        docs_url=None,
        redoc_url=None,
        generate_unique_id_function=_operation_id,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        max_body_size=MAX_BODY_BYTES,
    )
    problems.install(app)
    app.add_middleware(RequestMiddleware, metrics=HttpMetrics(registry))
    return app


def _operation_id(route: APIRoute) -> str:
    return route.name


class RequestMiddleware:
    """Names a request (X-Request-ID in and out) and counts it by its route's template, never by its address."""

    def __init__(self, app: ASGIApp, *, metrics: HttpMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _given_id(scope) or uuid.uuid4().hex
        scope["silkwire.request_id"] = request_id
        started = time.monotonic()
        status = 0

        async def send_named(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        try:
            await self._app(scope, receive, send_named)
        except Exception:
            _log.exception("request_failed", route=_route(scope), outcome="error")
            if status:
                raise
            await problems.crash_response(Request(scope))(scope, receive, send_named)
        finally:
            route = _route(scope)
            method = scope["method"] if scope["method"] in _METHODS else "other"
            self._metrics.requests.labels(route, method, str(status)).inc()
            self._metrics.seconds.labels(route, method).observe(time.monotonic() - started)


def _route(scope: Scope) -> str:
    return str(getattr(scope.get("route"), "path", "unmatched"))


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
_ID_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


def _given_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text: str = value.decode("latin-1")
            return text if 0 < len(text) <= 100 and set(text) <= _ID_LETTERS else None
    return None
