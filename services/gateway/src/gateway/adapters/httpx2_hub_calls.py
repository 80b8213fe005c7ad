"""Hands hubs' calls on to ingest, over HTTP, as they are."""

import asyncio
from http import HTTPStatus
from urllib.parse import quote

import httpx2

from gateway.ports import Answered, Away, Done, HubCall, Reply

RETRY_AFTER_S = 5


class Httpx2HubCalls:
    """The port `HubCalls`.

    Without the circuit breaker that questions have: what is told while ingest is away is told again by its hub, and hubs
    must not be able to open the breaker for readers.

    Args:
        base_url: where ingest listens.
        client: the connections, shared by all.
        within_s: seconds that it may take.
    """

    def __init__(self, base_url: str, client: httpx2.AsyncClient, within_s: float) -> None:
        self._base_url = base_url.rstrip("/")
        self._client = client
        self._within_s = within_s

    async def hand_on(self, call: HubCall) -> Reply[Done]:
        """Return what ingest answers; away also where it has no such route, being not reached by hubs."""
        try:
            async with asyncio.timeout(self._within_s):
                try:
                    response = await self._send(call)
                except (httpx2.ConnectError, httpx2.RemoteProtocolError, httpx2.ReadError):
                    # A replica that has just gone closes its kept connections; hearing a hub twice does no harm.
                    response = await self._send(call)
        except (TimeoutError, httpx2.TimeoutException):
            return Away("ingest", "timeout", RETRY_AFTER_S)
        except (httpx2.HTTPError, httpx2.InvalidURL):
            return Away("ingest", "unreachable", RETRY_AFTER_S)
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return Away("ingest", "error", RETRY_AFTER_S)
        content = response.content if response.is_success else b""
        return Answered(Done(response.status_code, content, "text/plain"))

    async def _send(self, call: HubCall) -> httpx2.Response:
        return await self._client.request(
            call.method,
            f"{self._base_url}/v1/websub/{quote(call.token, safe='')}",
            params=call.query,
            content=call.content,
            headers={} if call.signature is None else {"X-Hub-Signature": call.signature},
        )
