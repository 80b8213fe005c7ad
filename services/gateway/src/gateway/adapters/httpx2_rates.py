"""Asks the rates service over HTTP."""

from collections.abc import Sequence

from gateway.adapters.httpx2_upstream import Upstream
from gateway.ports import Away, Done, Reply
from shared.contracts.http.rates import RatesAnswer, TickerEntry


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

    async def pair(self, base: str, quote: str) -> Reply[TickerEntry]:
        """Return one pair; the codes are of three letters each."""
        return await self._upstream.get(f"/v1/rates/{base}/{quote}", TickerEntry)

    async def history(self, base: str, quote: str, query: Sequence[tuple[str, str]]) -> Reply[Done]:
        """Return a pair's fixings as rates wrote them; the codes are of three letters each."""
        return await self._upstream.hand_on(f"/v1/rates/{base}/{quote}/history", query=query)

    async def convert(self, query: Sequence[tuple[str, str]]) -> Reply[Done]:
        """Return what an amount comes to."""
        return await self._upstream.hand_on("/v1/convert", query=query)

    async def check(self) -> bool:
        """Tell whether rates answers now."""
        return not isinstance(await self._upstream.get("/v1/rates", RatesAnswer, probe=True), Away)
