"""Shows problems as pages in the same look to those who asked for a page; under /api/ they stay JSON."""

from starlette.datastructures import Headers, QueryParams
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.middleware import API_PREFIX
from gateway.api.parameters import Q_MAX_CHARS
from gateway.api.templating import PageMaker
from gateway.domain import wording
from gateway.domain.question import Question
from shared.contracts.http.problem import PROBLEM_MEDIA_TYPE, ProblemAnswer

_PASSED_ON = ("allow", "retry-after", "x-request-id")


class ProblemPagesMiddleware:
    """Replaces a problem by a page; it sees the answer to a crash too.

    Args:
        app: answers the request.
        maker: makes the page.
    """

    def __init__(self, app: ASGIApp, *, maker: PageMaker) -> None:
        self._app = app
        self._maker = maker

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["path"].startswith(API_PREFIX):
            await self._app(scope, receive, send)
            return
        told: Headers | None = None
        body = b""

        async def send_page(message: Message) -> None:
            nonlocal told, body
            if message["type"] == "http.response.start":
                headers = Headers(raw=message["headers"])
                if headers.get("content-type") == PROBLEM_MEDIA_TYPE:
                    told = headers
                    return
            if told is None:
                await send(message)
                return
            body += message.get("body", b"")
            if not message.get("more_body", False):
                await self._page(scope, told, body)(scope, receive, send)

        await self._app(scope, receive, send_page)

    def _page(self, scope: Scope, told: Headers, body: bytes) -> HTMLResponse:
        problem = ProblemAnswer.model_validate_json(body)
        asked = QueryParams(scope["query_string"]).get("q", "")
        return self._maker.page(
            "problem.html",
            question=Question(q=asked[:Q_MAX_CHARS]),
            status=problem.status,
            headers={name: told[name] for name in _PASSED_ON if name in told},
            problem=problem,
            heading=wording.problem_heading(problem),
            advice=wording.problem_advice(problem),
            here="",
        )
