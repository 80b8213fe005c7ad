"""Asks the ingest service over HTTP."""

from urllib.parse import quote

from gateway.adapters.httpx2_upstream import Upstream
from gateway.ports import Away, Reply
from shared.contracts.http.sources import SourcesAnswer
from shared.contracts.http.withdrawals import WithdrawalAnswer, WithdrawalRequest


class Httpx2Ingest:
    """Ingest, by its internal API.

    Args:
        upstream: the way to the service.
        token: what it knows its administrators by; empty where nothing is administered.
    """

    def __init__(self, upstream: Upstream, token: str = "") -> None:
        self._upstream = upstream
        self._token = token

    async def sources(self) -> Reply[SourcesAnswer]:
        """Return every source's health."""
        return await self._upstream.get("/v1/sources", SourcesAnswer)

    async def withdraw(self, article_id: str, request: WithdrawalRequest) -> Reply[WithdrawalAnswer]:
        """Take an article down; refused with 404 when there is none."""
        path = f"/v1/articles/{quote(article_id, safe='')}/withdraw"
        return await self._upstream.post(path, WithdrawalAnswer, body=request, token=self._token)

    async def check(self) -> bool:
        """Tell whether ingest answers now."""
        return not isinstance(await self._upstream.get("/v1/sources", SourcesAnswer, probe=True), Away)
