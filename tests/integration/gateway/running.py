"""The gateway, run before stand-ins of the services it asks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2

from gateway.app import run
from gateway.settings import Settings
from shared.service import Context
from shared.testing.eventually import eventually
from silkwire.backing.ports import free_port
from tests.integration.gateway.standins import (
    HOST,
    IngestStandIn,
    RatesStandIn,
    SearchStandIn,
    listens,
)


@dataclass
class System:
    """The gateway with the services it asks."""

    search: SearchStandIn
    rates: RatesStandIn
    ingest: IngestStandIn
    client: httpx2.AsyncClient
    port: int
    context: Context = field(default_factory=Context)

    @property
    def url(self) -> str:
        """The gateway's address."""
        return f"http://{HOST}:{self.port}"

    @property
    def ops_url(self) -> str:
        """The address of the gateway's health."""
        return f"http://{HOST}:{self.port + 100}"

    async def get(self, path: str, **options: Any) -> httpx2.Response:
        """Ask the gateway."""
        return await self.client.get(self.url + path, **options)

    async def post(self, path: str, **options: Any) -> httpx2.Response:
        """Tell the gateway."""
        return await self.client.post(self.url + path, **options)

    async def has_ticker(self) -> bool:
        """Tell whether the gateway has heard of the rates."""
        return (await self.get("/api/v1/rates")).status_code == 200


@asynccontextmanager
async def system(*, away: tuple[str, ...] = (), total: int = 248, **settings: Any) -> AsyncIterator[System]:
    """Run the gateway before its stand-ins; those named in `away` are not started."""
    standins = {"search": SearchStandIn(total), "rates": RatesStandIn(), "ingest": IngestStandIn()}
    port = free_port(100)
    quick: dict[str, Any] = {
        "upstream_timeout_s": 10,
        "shutdown_s": 30,
        "ticker_refresh_s": 0.05,
        "breaker_open_s": 0.2,
    }
    chosen = Settings(
        host=HOST,
        port=port,
        search_url=standins["search"].url,
        rates_url=standins["rates"].url,
        ingest_url=standins["ingest"].url,
        **{**quick, **settings},
    )
    async with httpx2.AsyncClient(timeout=10) as client:
        made = System(
            standins["search"],  # type: ignore[arg-type]  # as made above
            standins["rates"],  # type: ignore[arg-type]  # as made above
            standins["ingest"],  # type: ignore[arg-type]  # as made above
            client,
            port,
        )
        for name, standin in standins.items():
            if name not in away:
                await standin.start()
        running = asyncio.create_task(run(chosen, made.context))
        try:
            await eventually(lambda: listens(port), what="the gateway listening")
            await eventually(lambda: listens(port + 100), what="the gateway's health listening")
            if "rates" not in away:
                await eventually(made.has_ticker, what="the gateway's ticker")
            yield made
        finally:
            made.context.stop.set()
            await running
            for standin in standins.values():
                await standin.stop()
