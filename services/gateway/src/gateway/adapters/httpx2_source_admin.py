"""Asks ingest to change the sources, over HTTP, with a token of our own."""

import asyncio
from http import HTTPStatus

import httpx2
from pydantic import ValidationError

from gateway.ports import Answered, Away, Change, Done, Refused, Reply
from shared.contracts.http.problem import PROBLEM_MEDIA_TYPE, ProblemAnswer

RETRY_AFTER_S = 5
_TOKEN_REFUSED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


class Httpx2SourceAdmin:
    """The port `SourceAdmin`.

    Changes are rare and nobody but an administrator waits, so there is no circuit breaker; nor is anything asked twice,
    since the first time may have been heard.

    Args:
        base_url: where ingest listens.
        token: ingest's own administration token.
        client: the connections, shared by all.
    """

    def __init__(self, base_url: str, token: str, client: httpx2.AsyncClient) -> None:
        self._base_url = base_url.rstrip("/")
        self._token = token
        self._client = client

    async def do(self, change: Change) -> Reply[Done]:
        """Do it and return ingest's answer."""
        try:
            async with asyncio.timeout(change.within_s):
                response = await self._client.request(
                    change.method,
                    f"{self._base_url}/v1{change.path}",
                    params=change.query,
                    content=change.content,
                    headers={"Authorization": f"Bearer {self._token}", "Content-Type": change.media_type},
                    timeout=change.within_s,
                )
        except (TimeoutError, httpx2.TimeoutException):
            return Away("ingest", "timeout", RETRY_AFTER_S)
        except (httpx2.HTTPError, httpx2.InvalidURL):
            return Away("ingest", "unreachable", RETRY_AFTER_S)
        return _read(response)


def _read(response: httpx2.Response) -> Reply[Done]:
    status: int = response.status_code
    media_type: str = response.headers.get("content-type", "")
    if status < HTTPStatus.BAD_REQUEST:
        return Answered(Done(status, response.content, media_type))
    if status in _TOKEN_REFUSED:
        return Refused(
            ProblemAnswer(
                type="urn:silkwire:problem:ingest-refuses",
                title="Ingest refuses the gateway",
                status=HTTPStatus.BAD_GATEWAY,
                detail="GATEWAY_INGEST_TOKEN must be the INGEST_ADMIN_TOKEN of ingest.",
            )
        )
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or not media_type.startswith(PROBLEM_MEDIA_TYPE):
        return Away("ingest", "error", RETRY_AFTER_S)
    try:
        return Refused(ProblemAnswer.model_validate_json(response.content))
    except ValidationError:
        return Away("ingest", "unreadable", RETRY_AFTER_S)
