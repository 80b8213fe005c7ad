"""What every answer gets on its way out, as pure ASGI: headers, HEAD, conditional answers, CORS."""

from collections.abc import Mapping

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.answers import etag

API_PREFIX = "/api/"

PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
"""Nothing but our own style sheet and icon is loaded, no script runs, and a publisher does not learn who came."""

API_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}

SAMPLE_HEADER = "X-Silkwire-Sample-Data"

_EXPOSED = ("ETag", "Link", "Retry-After", "X-Request-ID", SAMPLE_HEADER)


class HeadMiddleware:
    """Answers HEAD as GET without the body; FastAPI's GET routes alone would say 405."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_bare(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, send_bare)


class HeadersMiddleware:
    """Adds the security headers, and says so when all content is made up."""

    def __init__(self, app: ASGIApp, *, sample_data: bool) -> None:
        extra = {SAMPLE_HEADER: "true"} if sample_data else {}
        self._app = app
        self._page: Mapping[str, str] = {**PAGE_HEADERS, **extra}
        self._api: Mapping[str, str] = {**API_HEADERS, **extra}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        added = self._api if scope["path"].startswith(API_PREFIX) else self._page

        async def send_headed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in added.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_headed)


class ApiCorsMiddleware:
    """Lets any web page read the API, without credentials; the pages themselves are not shared."""

    def __init__(self, app: ASGIApp) -> None:
        self._pages = app
        self._api = CORSMiddleware(
            app,
            allow_origins=["*"],
            allow_methods=["GET", "HEAD"],
            allow_headers=["If-None-Match", "X-Request-ID"],
            expose_headers=_EXPOSED,
            max_age=3600,
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        in_api = scope["type"] == "http" and scope["path"].startswith(API_PREFIX)
        await (self._api if in_api else self._pages)(scope, receive, send)


class ConditionalMiddleware:
    """Answers 304 when the reader already has what would be sent; only answers sent in one piece are looked at."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        known = Headers(scope=scope).get("if-none-match", "")
        held: Message | None = None

        async def send_conditionally(message: Message) -> None:
            nonlocal held
            if message["type"] == "http.response.start" and message["status"] == 200:
                held = message
                return
            if held is not None:
                start, held = held, None
                whole = message["type"] == "http.response.body" and not message.get("more_body", False)
                if whole and _tag(start, message.get("body", b"")) in _tags(known):
                    await send(_not_modified(start))
                    await send({"type": "http.response.body", "body": b""})
                    return
                await send(start)
            await send(message)

        await self._app(scope, receive, send_conditionally)


def _tag(start: Message, body: bytes) -> str:
    """Return the answer's ETag without its `W/`, giving it one where it has none."""
    headers = MutableHeaders(scope=start)
    if "etag" not in headers:
        headers["ETag"] = etag(body)
    return headers["etag"].removeprefix("W/")


def _tags(known: str) -> frozenset[str]:
    return frozenset(tag.strip().removeprefix("W/") for tag in known.split(","))


def _not_modified(start: Message) -> Message:
    kept = [pair for pair in start["headers"] if pair[0].lower() not in {b"content-length", b"content-type"}]
    return {"type": "http.response.start", "status": 304, "headers": kept}
