"""Joins gateway's rules to the network: the one file that sees settings and opens connections."""

import asyncio
from dataclasses import dataclass
from typing import Any

import httpx2

from gateway.adapters.httpx2_hub_calls import Httpx2HubCalls
from gateway.adapters.httpx2_ingest import Httpx2Ingest
from gateway.adapters.httpx2_rates import Httpx2Rates
from gateway.adapters.httpx2_search import Httpx2Search
from gateway.adapters.httpx2_source_admin import Httpx2SourceAdmin
from gateway.adapters.httpx2_upstream import Upstream
from gateway.api import Parts, build, describe
from gateway.domain.breaker import BreakerRules
from gateway.metrics import Metrics
from gateway.pipeline import TickerBoard
from gateway.ports import Service
from gateway.settings import Settings
from shared.service import Context
from shared.telemetry.health import Health
from shared.telemetry.metrics import watch_loop_lag
from shared.web import AdminOnly, PortTakenError, serve

CONNECTIONS_MAX = 200
CONNECTIONS_KEPT = 50


async def run(settings: Settings, context: Context) -> None:
    """Serve until `context.stop` is set.

    Order: connections first, since everything asks through them; then the ticker, so that the first page has it;
    then the API. At a stop the API drains first and health answers to the last; connections close when all is done.

    Raises:
        PortTakenError: another program has the port.
    """
    health = Health(context.registry)
    limits = httpx2.Limits(max_connections=CONNECTIONS_MAX, max_keepalive_connections=CONNECTIONS_KEPT)
    async with httpx2.AsyncClient(
        limits=limits, timeout=settings.upstream_timeout_s, follow_redirects=False, trust_env=False
    ) as client:
        behind = _behind(settings, context, client)
        health.dependency("search", behind.search.check)
        health.dependency("rates", behind.rates.check)
        health.dependency("ingest", behind.ingest.check)
        health.own_job(
            "no answer of search and no rates kept",
            lambda: behind.search.answers or behind.board.last() is not None,
        )
        await _serve(settings, context, behind, health)


def openapi_document() -> dict[str, Any]:
    """Return the description of the public API; nothing is opened or asked."""
    settings, context = Settings(), Context()
    return describe(_behind(settings, context, httpx2.AsyncClient(trust_env=False)).parts(settings, context))


@dataclass(frozen=True, slots=True)
class _Behind:
    """The services behind the gateway, and what is kept of them."""

    search: Httpx2Search
    rates: Httpx2Rates
    ingest: Httpx2Ingest
    source_admin: Httpx2SourceAdmin
    hub_calls: Httpx2HubCalls
    board: TickerBoard

    def parts(self, settings: Settings, context: Context) -> Parts:
        return Parts(
            search=self.search,
            board=self.board,
            rates=self.rates,
            rate_history=self.rates,
            sources=self.ingest,
            clock=context.clock,
            registry=context.registry,
            source_admin=self.source_admin,
            withdrawals=self.ingest,
            hub_calls=self.hub_calls,
            admin=AdminOnly(settings.admin_token, "GATEWAY_ADMIN_TOKEN"),
            sample_data=settings.sample_data,
        )


def _behind(settings: Settings, context: Context, client: httpx2.AsyncClient) -> _Behind:
    metrics = Metrics(context.registry)

    def upstream(service: Service, url: str) -> Upstream:
        return Upstream(
            service,
            url,
            client=client,
            metrics=metrics,
            timeout_s=settings.upstream_timeout_s,
            rules=BreakerRules(settings.breaker_failures, settings.breaker_open_s),
        )

    ingest_token = settings.ingest_token or settings.admin_token
    rates = Httpx2Rates(upstream("rates", settings.rates_url))
    return _Behind(
        search=Httpx2Search(upstream("search", settings.search_url)),
        rates=rates,
        ingest=Httpx2Ingest(upstream("ingest", settings.ingest_url), ingest_token),
        source_admin=Httpx2SourceAdmin(settings.ingest_url, ingest_token, client),
        hub_calls=Httpx2HubCalls(settings.ingest_url, client, settings.upstream_timeout_s),
        board=TickerBoard(rates, clock=context.clock, metrics=metrics, every_s=settings.ticker_refresh_s),
    )


async def _serve(settings: Settings, context: Context, behind: _Behind, health: Health) -> None:
    drained = asyncio.Event()
    # Before any task runs: it takes a moment, and would spend the first answer's deadline.
    public = build(behind.parts(settings, context))

    async def serve_public() -> None:
        try:
            await serve(public, settings.host, settings.port, context.stop, drain_s=settings.shutdown_s * 0.8)
        finally:
            drained.set()

    async def tell_stopping() -> None:
        await context.stop.wait()
        health.stopping()

    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(behind.board.run(context.stop))
            tasks.create_task(watch_loop_lag(health.metrics.loop_lag_seconds, context.stop))
            tasks.create_task(tell_stopping())
            tasks.create_task(serve_public())
            tasks.create_task(
                serve(
                    health.ops_app(),
                    settings.host,
                    settings.ops_port,
                    drained,
                    drain_s=settings.shutdown_s * 0.2,
                )
            )
    except* PortTakenError as taken:
        raise taken.exceptions[0] from None
