"""Runs ingest: opens what it works on, serves, works, and stops in order. parts.py joins the rules to all of it.

The one package that sees settings and opens connections.
"""

import asyncio
from contextlib import AsyncExitStack

import structlog

from ingest.adapters.mongo_source_store import MongoSourceStore
from ingest.adapters.opml_file import read_source_list
from ingest.app.parts import Base, Parts, assemble, open_web
from ingest.domain.sources.opml import OpmlError
from ingest.pipeline.backlog import REASON
from ingest.ports import StoreDownError
from ingest.settings import Settings
from shared import mongo
from shared.bus import open_bus
from shared.bus.waiting import pause
from shared.service import Context
from shared.telemetry.health import Health
from shared.telemetry.metrics import watch_loop_lag
from shared.web import PortTakenError, serve

_PREPARE_RETRY_S = 1.0
_DRAIN_SHARE = 0.5
"""Of the time to stop: for updates in hand; the rest is the relay's, which publishes what they stored."""

_log = structlog.get_logger()


async def run(settings: Settings, context: Context) -> None:
    """Serve until `context.stop` is set.

    Order: database and bus first, since all work ends there, then the fetcher and the workers, the first of which is ready
    when documents come; then health, API and work at once. The work begins when the database's time is known and the indexes
    stand. At a stop no source is claimed, updates in hand are finished, then the relay publishes what they stored; health
    answers to the last.

    Raises:
        PortTakenError: another program has the port.
        SettingsError: the hosts file cannot be read.
    """
    async with AsyncExitStack() as opened:
        client = mongo.connect(settings.mongodb_uri, driver=settings.mongo_driver, appname="ingest")
        opened.push_async_callback(client.close)
        bus = context.bus
        if bus is None:
            bus = open_bus(
                settings.amqp_url,
                service="ingest",
                registry=context.registry,
                retry_delays_s=settings.retry_delays_s,
            )
            opened.push_async_callback(bus.close)
        base = Base(context, client.database(settings.mongodb_database), bus)
        web = await open_web(settings, base)
        opened.push_async_callback(web.fetcher.close)
        opened.push_async_callback(web.workers.close)
        web.workers.warm()
        health = Health(context.registry)
        health.dependency("mongodb", client.ping)
        health.dependency("broker", bus.check)
        parts = assemble(settings, base, web)
        opened.push_async_callback(parts.counted.close)
        health.limit(REASON, parts.backlog.has_room)
        await _serve(settings, context, base, parts, health)


async def _serve(settings: Settings, context: Context, base: Base, parts: Parts, health: Health) -> None:
    done = asyncio.Event()
    drain_s = settings.shutdown_s * _DRAIN_SHARE

    async def work() -> None:
        try:
            await _work(settings, context, base, parts)
        finally:
            done.set()

    async def tell_stopping() -> None:
        await context.stop.wait()
        health.stopping()

    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(serve(parts.api, settings.host, settings.port, context.stop, drain_s=drain_s))
            tasks.create_task(serve(health.ops_app(), settings.host, settings.ops_port, done, drain_s=1))
            tasks.create_task(tell_stopping())
            tasks.create_task(watch_loop_lag(health.metrics.loop_lag_seconds, context.stop))
            tasks.create_task(work())
    except* PortTakenError as taken:
        raise taken.exceptions[0] from None


async def _work(settings: Settings, context: Context, base: Base, parts: Parts) -> None:
    """Poll and relay as soon as the database has its indexes; the relay stops last."""
    while not await _prepared(settings, base):
        if await pause(context.stop, _PREPARE_RETRY_S):
            return
    polled = asyncio.Event()

    async def poll() -> None:
        try:
            await parts.scheduler.run(context.stop, drain_s=settings.shutdown_s * _DRAIN_SHARE)
        finally:
            polled.set()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(base.relay.run(polled))
        tasks.create_task(base.clock.run(context.stop))
        tasks.create_task(parts.backlog.run(context.stop))
        tasks.create_task(parts.backfills.run(context.stop))
        if parts.rechecks is not None:
            tasks.create_task(parts.rechecks.run(context.stop))
        if parts.subscriptions is not None:
            tasks.create_task(parts.subscriptions.run(context.stop))
        tasks.create_task(poll())


async def _prepared(settings: Settings, base: Base) -> bool:
    try:
        await base.clock.ask()
        await base.sources.ensure_indexes()
        await base.items.ensure_indexes()
        await _seed(settings.sources, base.sources)
    except StoreDownError as error:
        _log.warning("updates_paused", outcome="paused", reason="mongodb", detail=str(error)[:200])
        return False
    return True


async def _seed(path: str, sources: MongoSourceStore) -> None:
    """Fill an empty store from the list of sources; a list that cannot be read is told and stops nothing."""
    if not path:
        return
    try:
        listed = await read_source_list(path)
    except OpmlError as error:
        _log.error("sources_refused", outcome="error", file=error.file, line=error.line, reason=error.reason)
        return
    added = await sources.seed(listed.sources)
    if not added:
        _log.info(
            "sources_kept",
            outcome="ok",
            file=path,
            detail="the store has sources; the list seeds an empty one",
        )
        return
    for fault in listed.faults:
        _log.warning("source_refused", outcome="error", file=path, row=fault.row[:100], reason=fault.reason)
    _log.info("sources_seeded", outcome="ok", file=path, sources=added, refused=len(listed.faults))
