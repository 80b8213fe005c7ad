"""Joins ingest's rules to the network: the one file that sees settings and opens connections."""

import asyncio
import os
import socket
import uuid
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import structlog
from fastapi import FastAPI

from ingest.adapters.archive_documents import WorkerArchiveReader
from ingest.adapters.feed_documents import WorkerFeedReader
from ingest.adapters.getaddrinfo_names import GetaddrinfoNames
from ingest.adapters.httpx2_fetcher import Httpx2Fetcher, Limits
from ingest.adapters.mongo_backfill_store import MongoBackfillStore
from ingest.adapters.mongo_clock import MongoClock
from ingest.adapters.mongo_item_store import MongoItemStore
from ingest.adapters.mongo_look_store import MongoLookStore
from ingest.adapters.mongo_source_store import MongoSourceStore
from ingest.adapters.mongo_subscription_store import MongoSubscriptionStore
from ingest.adapters.opml_file import read_source_list
from ingest.adapters.page_documents import WorkerPageReader
from ingest.adapters.protego_pages import PolitePages
from ingest.adapters.workers import WorkerLimits, WorkerPool
from ingest.api.articles import articles_router
from ingest.api.backfills import backfills_router
from ingest.api.source_admin import source_admin_router
from ingest.api.sources import sources_router
from ingest.api.websub import websub_router
from ingest.domain.fetching.hosts import HostsError, read_hosts
from ingest.domain.rhythm.backlog import BacklogLimit
from ingest.domain.rhythm.schedule import Pace
from ingest.domain.sources.opml import OpmlError
from ingest.metrics import Metrics
from ingest.pipeline.backfill import Backfills
from ingest.pipeline.backlog import LOOK_EVERY_S, REASON, Backlog
from ingest.pipeline.counting import ArticleCounts
from ingest.pipeline.discovery import Discovery
from ingest.pipeline.full_text import FullTexts
from ingest.pipeline.managing import SourceManager
from ingest.pipeline.recheck import Rechecks
from ingest.pipeline.scheduler import Scheduler
from ingest.pipeline.storing import Storing
from ingest.pipeline.threads import BackgroundThreads
from ingest.pipeline.update import SourceUpdate
from ingest.pipeline.websub import CallbackRules, Subscriptions
from ingest.pipeline.withdraw import Withdrawals
from ingest.ports import StoreDownError
from ingest.settings import Settings
from shared import mongo
from shared.bus import Bus, open_bus
from shared.bus.waiting import pause
from shared.outbox import OutboxMetrics, Relay
from shared.service import Context
from shared.settings import SettingsError
from shared.telemetry.health import Health
from shared.telemetry.metrics import watch_loop_lag
from shared.web import AdminOnly, PortTakenError, create_api, serve

UPDATE_DEADLINE_S = 60.0
"""Longest one update of one source may take: a fetch, reading what came, storing up to a thousand entries."""

_PREPARE_RETRY_S = 1.0
_PAGES_S = 25.0
"""Of an update's time: for the pages of articles; the rest is for its feed and for storing."""
_LOOKUPS_AT_ONCE = 32
"""Names looked up side by side; where DNS hangs, further ones fail in time instead of piling up threads."""
_OTHER_CONNECTIONS = 16
"""For what is fetched beside the polls: pages, previews, archives."""
_ROBOTS_AT_ONCE = 2
"""Files of a site's rules read side by side."""
_DRAIN_SHARE = 0.5
"""Of the time to stop: for updates in hand; the rest is the relay's, which publishes what they stored."""

_log = structlog.get_logger()


async def run(settings: Settings, context: Context) -> None:
    """Serve until `context.stop` is set.

    Order: database and bus first, since all work ends there, then the fetcher and the workers, the first of which is ready
    when documents come; then health, API and work at once. The work begins when the indexes stand. At a stop no source is claimed, updates in hand are finished,
    then the relay publishes what they stored; health answers to the last.

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
        web = _Web(await _fetcher(settings, context), _workers(settings))
        opened.push_async_callback(web.fetcher.close)
        opened.push_async_callback(web.workers.close)
        web.workers.warm()
        health = Health(context.registry)
        health.dependency("mongodb", client.ping)
        health.dependency("broker", bus.check)
        parts = _assemble(settings, context, client.database(settings.mongodb_database), bus, web)
        opened.push_async_callback(parts.counted.close)
        health.limit(REASON, parts.backlog.has_room)
        await _serve(settings, context, parts, health)


async def _fetcher(settings: Settings, context: Context) -> Httpx2Fetcher:
    try:
        path = settings.hosts_file
        hosts = read_hosts(await asyncio.to_thread(Path(path).read_text, "utf-8") if path else "")
    except (OSError, UnicodeError, HostsError) as error:
        raise SettingsError([f"INGEST_HOSTS_FILE: {settings.hosts_file}: {error}"]) from error
    return Httpx2Fetcher(
        GetaddrinfoNames(BackgroundThreads(_LOOKUPS_AT_ONCE).run, hosts=hosts),
        clock=context.clock,
        user_agent=settings.user_agent,
        allow_private=settings.allow_private_addresses,
        concurrency=settings.concurrency + _OTHER_CONNECTIONS,
        limits=Limits(deadline_s=settings.fetch_deadline_s, patience_s=settings.fetch_deadline_s),
        gap_s=settings.host_gap_s,
    )


@dataclass(frozen=True, slots=True)
class _Web:
    """What meets the outside world: the one that asks, and the processes in which answers are read."""

    fetcher: Httpx2Fetcher
    workers: WorkerPool


def _workers(settings: Settings) -> WorkerPool:
    limits = WorkerLimits(settings.parse_deadline_s, settings.worker_memory_mib * 1024 * 1024)
    documents = ("archive_documents", "feed_documents", "page_documents")
    return WorkerPool(settings.workers, limits, load=tuple(f"ingest.adapters.{name}" for name in documents))


@dataclass(frozen=True, slots=True)
class _Parts:
    """What runs, ready made."""

    clock: MongoClock
    sources: MongoSourceStore
    items: MongoItemStore
    scheduler: Scheduler
    backlog: Backlog
    counted: ArticleCounts
    rechecks: Rechecks | None
    backfills: Backfills
    subscriptions: Subscriptions | None
    relay: Relay
    api: FastAPI


def _assemble(settings: Settings, context: Context, database: mongo.Database, bus: Bus, web: _Web) -> _Parts:
    owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
    pace = Pace(settings.default_interval_s, settings.min_interval_s, settings.max_interval_s)
    metrics = Metrics(context.registry)
    clock = MongoClock(database, context.clock, metrics)
    sources, items = MongoSourceStore(database), MongoItemStore(database)
    relay = Relay(items.collection, bus, clock=clock, owner=owner, metrics=OutboxMetrics(context.registry))
    threads = BackgroundThreads(_ROBOTS_AT_ONCE)
    polite = PolitePages(web.fetcher, clock=clock, in_thread=threads.run)
    pages = polite if settings.recheck else None
    full_texts = FullTexts(
        polite,
        WorkerPageReader(web.workers),
        clock=clock,
        metrics=metrics,
        most=settings.pages_per_poll,
        within_s=_PAGES_S,
    )
    storing = Storing(
        items=items,
        sources=sources,
        clock=clock,
        metrics=metrics,
        published=relay.wake,
        pages=pages,
        full_texts=full_texts if settings.pages_per_poll else None,
    )
    reader = WorkerFeedReader(web.workers)
    subscriptions = _subscriptions(settings, database, web, metrics)
    update = SourceUpdate(
        fetcher=web.fetcher,
        reader=reader,
        sources=sources,
        storing=storing,
        clock=clock,
        pace=pace,
        metrics=metrics,
        deadline_s=UPDATE_DEADLINE_S,
        subscriptions=subscriptions,
    )
    backlog = Backlog(items, BacklogLimit(settings.outbox_max_events), metrics, every_s=LOOK_EVERY_S)
    scheduler = Scheduler(
        sources=sources,
        update=update,
        metrics=metrics,
        owner=owner,
        concurrency=settings.concurrency,
        lease_s=settings.lease_s,
        hold=backlog.hold,
    )
    withdraw = Withdrawals(items, clock, metrics, relay.wake)
    rechecks = None
    if pages is not None:
        rechecks = Rechecks(
            looks=MongoLookStore(database),
            pages=pages,
            withdraw=withdraw,
            clock=clock,
            metrics=metrics,
            per_hour=settings.rechecks_per_hour,
        )
    api = create_api("Silkwire ingest", "How the news sources do.", registry=context.registry)
    counted = ArticleCounts(items, clock)
    api.include_router(sources_router(sources, counted, pace, clock, hubs_tell=subscriptions is not None))
    if subscriptions is not None:
        api.include_router(websub_router(subscriptions))
    admin = AdminOnly(settings.admin_token, "INGEST_ADMIN_TOKEN")
    api.include_router(articles_router(withdraw, admin))
    discover = Discovery(web.fetcher, reader, clock)
    api.include_router(source_admin_router(sources, SourceManager(sources), discover, admin))
    backfills = Backfills(
        jobs=MongoBackfillStore(database),
        sources=sources,
        items=items,
        storing=Storing(items=items, sources=sources, clock=clock, metrics=metrics, published=relay.wake),
        fetcher=web.fetcher,
        reader=WorkerArchiveReader(web.workers),
        clock=clock,
        hold=backlog.hold,
    )
    api.include_router(backfills_router(backfills, sources, admin))
    return _Parts(
        clock, sources, items, scheduler, backlog, counted, rechecks, backfills, subscriptions, relay, api
    )


def _subscriptions(
    settings: Settings, database: mongo.Database, web: _Web, metrics: Metrics
) -> Subscriptions | None:
    """Return what deals with hubs, None where they have no way to reach us."""
    if not settings.websub_callback_url:
        return None
    rules = CallbackRules(settings.websub_callback_url.rstrip("/"), settings.min_interval_s)
    return Subscriptions(MongoSubscriptionStore(database), web.fetcher, metrics, rules)


async def _serve(settings: Settings, context: Context, parts: _Parts, health: Health) -> None:
    done = asyncio.Event()
    drain_s = settings.shutdown_s * _DRAIN_SHARE

    async def work() -> None:
        try:
            await _work(settings, context, parts, drain_s)
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


async def _work(settings: Settings, context: Context, parts: _Parts, drain_s: float) -> None:
    """Poll and relay as soon as the database has its indexes; the relay stops last."""
    while not await _prepared(settings, parts):
        if await pause(context.stop, _PREPARE_RETRY_S):
            return
    polled = asyncio.Event()

    async def poll() -> None:
        try:
            await parts.scheduler.run(context.stop, drain_s=drain_s)
        finally:
            polled.set()

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(parts.relay.run(polled))
        tasks.create_task(parts.clock.run(context.stop))
        tasks.create_task(parts.backlog.run(context.stop))
        tasks.create_task(parts.backfills.run(context.stop))
        if parts.rechecks is not None:
            tasks.create_task(parts.rechecks.run(context.stop))
        if parts.subscriptions is not None:
            tasks.create_task(parts.subscriptions.run(context.stop))
        tasks.create_task(poll())


async def _prepared(settings: Settings, parts: _Parts) -> bool:
    try:
        await parts.clock.ask()
        await parts.sources.ensure_indexes()
        await parts.items.ensure_indexes()
        await _seed(settings.sources, parts.sources)
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
