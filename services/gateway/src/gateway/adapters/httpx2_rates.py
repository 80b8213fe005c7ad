"""Asks the rates service over HTTP."""

from gateway.adapters.httpx2_upstream import Upstream
from gateway.ports import Away, Reply
from shared.contracts.http.rates import RatesAnswer


class Httpx2Rates:
    """Rates, by its internal API.

    Args:
        upstream: the way to the service.
    """

    def __init__(self, upstream: Upstream) -> None:
        self._upstream = upstream

    async def rates(self) -> Reply[RatesAnswer]:
        """Return every known rate."""
        return await self._upstream.get("/v1/rates", RatesAnswer)

    async def check(self) -> bool:
        """Tell whether rates answers now."""
        return not isinstance(await self._upstream.get("/v1/rates", RatesAnswer, probe=True), Away)
