"""Asks the ingest service over HTTP."""

from gateway.adapters.httpx2_upstream import Upstream
from gateway.ports import Away, Reply
from shared.contracts.http.sources import SourcesAnswer


class Httpx2Ingest:
    """Ingest, by its internal API.

    Args:
        upstream: the way to the service.
    """

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def sources(self) -> Reply[SourcesAnswer]:
        """Return every source's health."""
        return await self._upstream.get("/v1/sources", SourcesAnswer)

    async def check(self) -> bool:
        """Tell whether ingest answers now."""
        return not isinstance(await self._upstream.get("/v1/sources", SourcesAnswer, probe=True), Away)
