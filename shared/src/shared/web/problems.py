"""Errors as `application/problem+json` (RFC 9457), the same from every service and for every status."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from shared.contracts.http.problem import PROBLEM_MEDIA_TYPE, FieldFault, ProblemAnswer

_OUR_OWN_WORDS = "Value error, "
"""What pydantic puts before the words of a check of ours, which are a sentence without it."""

_WHAT_TO_DO: Mapping[int, str] = {
    404: "There is nothing at this address.",
    405: "This address takes other methods: those that `Allow` names.",
}
"""Where the framework itself refuses and says no more than the status."""


class HTTPProblem(Exception):  # noqa: N818  RFC 9457 calls it a problem
    """An error to answer with: raise it anywhere below a route.

    Args:
        status: HTTP status.
        kind: the last part of the problem's type, such as `page-too-deep`.
        title: what kind of problem it is, in a few words.
        detail: what was wrong here, and what to do.
        errors: the wrong parameters.
        headers: further headers, such as Retry-After.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        title: str,
        detail: str,
        *,
        errors: Sequence[FieldFault] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(f"{status} {title}: {detail}")
        self.status = status
        self.kind = kind
        self.title = title
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})


def problem_response(request: Request, problem: HTTPProblem) -> Response:
    """Return the answer for a problem; the request's query is not repeated in it."""
    body = ProblemAnswer(
        type=f"urn:silkwire:problem:{problem.kind}",
        title=problem.title,
        status=problem.status,
        detail=problem.detail,
        instance=request.url.path,
        request_id=request.scope.get("silkwire.request_id"),
        errors=problem.errors,
    )
    return Response(
        body.model_dump_json(exclude_none=True),
        status_code=problem.status,
        media_type=PROBLEM_MEDIA_TYPE,
        headers=problem.headers,
    )


def install(app: FastAPI) -> None:
    """Make an API answer every error as a problem; crashes are answered by the request middleware."""

    async def on_problem(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPProblem)  # noqa: S101  registered for this type below
        return problem_response(request, error)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101  registered for this type below
        phrase = HTTPStatus(error.status_code).phrase
        kind = phrase.lower().replace(" ", "-")
        detail = _WHAT_TO_DO.get(error.status_code, "") if error.detail == phrase else str(error.detail)
        return problem_response(
            request, HTTPProblem(error.status_code, kind, phrase, detail, headers=error.headers or {})
        )

    async def on_invalid(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101  registered for this type below
        return problem_response(request, invalid_request(error))

    app.add_exception_handler(HTTPProblem, on_problem)
    app.add_exception_handler(HTTPException, on_http)
    app.add_exception_handler(RequestValidationError, on_invalid)


def crash_response(request: Request) -> Response:
    """Return the answer when our own code failed; it tells nothing of the inside."""
    return problem_response(
        request,
        HTTPProblem(500, "internal-error", "Internal Server Error", "The request could not be answered."),
    )


def invalid_request(error: RequestValidationError) -> HTTPProblem:
    """Return the problem that names each wrong parameter and what is allowed; values are not repeated."""
    faults = [
        FieldFault(
            name=".".join(str(part) for part in fault["loc"][1:]) or str(fault["loc"][0]),
            message=fault["msg"].removeprefix(_OUR_OWN_WORDS),
        )
        for fault in error.errors()
    ]
    names = ", ".join(dict.fromkeys(fault.name for fault in faults))
    return HTTPProblem(
        422,
        "invalid-parameter",
        "Invalid parameter",
        f"These could not be read: {names}. See `errors` for what is allowed.",
        errors=faults,
    )
