"""Turns what the services replied into answers of the public API, or into the problem to tell."""

import hashlib
from datetime import UTC, datetime
from http import HTTPStatus
from typing import TypeVar

from fastapi import Response
from pydantic import BaseModel

from gateway.domain.merge import KeptRates
from gateway.ports import Answered, Away, Board, Done, Refused, Reply
from shared.web import HTTPProblem

ValueT = TypeVar("ValueT")
PublicT = TypeVar("PublicT", bound=BaseModel)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def value_of(reply: Reply[ValueT]) -> ValueT:
    """Return what a service answered.

    Raises:
        HTTPProblem: the service's own problem, or 503 with Retry-After when it is away.
    """
    match reply:
        case Answered(value):
            return value
        case Refused(problem):
            kind = problem.type.rpartition(":")[2] or "refused"
            again = {"Retry-After": "1"} if problem.status == HTTPStatus.SERVICE_UNAVAILABLE else {}
            raise HTTPProblem(
                problem.status, kind, problem.title, problem.detail, errors=problem.errors, headers=again
            )
        case Away():
            raise away(reply)


def away(reply: Away) -> HTTPProblem:
    """Return the problem that a service is away."""
    return HTTPProblem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        f"{reply.service}-away",
        f"The {reply.service} service is away",
        f"The {reply.service} service gave no answer. Try again in {reply.retry_after_s} s.",
        headers={"Retry-After": str(reply.retry_after_s)},
    )


def kept_rates(board: Board) -> KeptRates:
    """Return the last good rates.

    Raises:
        HTTPProblem: 503 while rates has never answered.
    """
    kept = board.last()
    if kept is None:
        raise away(Away("rates", "unreachable", 1))
    return kept


def as_json(answer: BaseModel, *, link: str = "") -> Response:
    """Return a model as JSON with an ETag that changes with its content, not with the moment it was asked."""
    headers = {"ETag": etag(_timeless(answer).model_dump_json(by_alias=True)), "Cache-Control": "no-cache"}
    if link:
        headers["Link"] = link
    return Response(answer.model_dump_json(by_alias=True), media_type="application/json", headers=headers)


def as_it_came(done: Done) -> Response:
    """Return a service's answer as it wrote it, with an ETag."""
    headers = {"ETag": etag(done.content), "Cache-Control": "no-cache"}
    return Response(done.content, status_code=done.status, media_type=done.media_type, headers=headers)


def etag(content: str | bytes) -> str:
    """Return a weak ETag for a content."""
    data = content.encode() if isinstance(content, str) else content
    return f'W/"{hashlib.blake2b(data, digest_size=12).hexdigest()}"'


def _timeless(answer: PublicT) -> PublicT:
    return answer.model_copy(update={"as_of": _EPOCH}) if "as_of" in type(answer).model_fields else answer
