"""Makes the parts of ingest and joins them: what asks and reads, what polls, what looks again, what answers."""

import asyncio
import os
import socket
import uuid
from dataclasses import dataclass
from pathlib import Path

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
from ingest.metrics import Metrics
from ingest.pipeline.backfill import Backfills
from ingest.pipeline.backlog import LOOK_EVERY_S, Backlog
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
from ingest.settings import Settings
from shared import mongo
from shared.bus import Bus
from shared.outbox import OutboxMetrics, Relay
from shared.service import Context
from shared.settings import SettingsError
from shared.web import AdminOnly, create_api

UPDATE_DEADLINE_S = 60.0
"""Longest one update of one source may take: a fetch, reading what came, storing up to a thousand entries."""

_PAGES_S = 25.0
"""Of an update's time: for the pages of articles; the rest is for its feed and for storing."""
_LOOKUPS_AT_ONCE = 32
"""Names looked up side by side; where DNS hangs, further ones fail in time instead of piling up threads."""
_OTHER_CONNECTIONS = 16
"""For what is fetched beside the polls: pages, previews, archives."""
_ROBOTS_AT_ONCE = 2
"""Files of a site's rules read side by side."""


class Base:
    """What all parts stand on: a name among replicas, the database and its time, the bus, the numbers.

    Args:
        context: whose clock is asked where the database's is not known yet.
        database: of this service.
        bus: where events go.
    """

    def __init__(self, context: Context, database: mongo.Database, bus: Bus) -> None:
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:8]}"
        self.database = database
        self.registry = context.registry
        self.metrics = Metrics(context.registry)
        self.clock = MongoClock(database, context.clock, self.metrics)
        self.sources = MongoSourceStore(database)
        self.items = MongoItemStore(database)
        self.relay = Relay(
            self.items.collection,
            bus,
            clock=self.clock,
            owner=self.owner,
            metrics=OutboxMetrics(context.registry),
        )


@dataclass(frozen=True, slots=True)
class Web:
    """What meets the outside world: the one that asks, and the processes in which answers are read."""

    fetcher: Httpx2Fetcher
    workers: WorkerPool


async def open_web(settings: Settings, base: Base) -> Web:
    """Return what asks and what reads; nothing is connected or started yet.

    Raises:
        SettingsError: the hosts file cannot be read.
    """
    try:
        path = settings.hosts_file
        hosts = read_hosts(await asyncio.to_thread(Path(path).read_text, "utf-8") if path else "")
    except (OSError, UnicodeError, HostsError) as error:
        raise SettingsError([f"INGEST_HOSTS_FILE: {settings.hosts_file}: {error}"]) from error
    fetcher = Httpx2Fetcher(
        GetaddrinfoNames(BackgroundThreads(_LOOKUPS_AT_ONCE).run, hosts=hosts),
        clock=base.clock,
        user_agent=settings.user_agent,
        allow_private=settings.allow_private_addresses,
        concurrency=settings.concurrency + _OTHER_CONNECTIONS,
        limits=Limits(deadline_s=settings.fetch_deadline_s, patience_s=settings.fetch_deadline_s),
        gap_s=settings.host_gap_s,
    )
    limits = WorkerLimits(settings.parse_deadline_s, settings.worker_memory_mib * 1024 * 1024)
    documents = ("archive_documents", "feed_documents", "page_documents")
    load = tuple(f"ingest.adapters.{name}" for name in documents)
    return Web(fetcher, WorkerPool(settings.workers, limits, load=load))


@dataclass(frozen=True, slots=True)
class Parts:
    """What runs, ready made."""

    scheduler: Scheduler
    backlog: Backlog
    counted: ArticleCounts
    rechecks: Rechecks | None
    backfills: Backfills
    subscriptions: Subscriptions | None
    api: FastAPI


def assemble(settings: Settings, base: Base, web: Web) -> Parts:
    """Return all parts, joined."""
    pace = Pace(settings.default_interval_s, settings.min_interval_s, settings.max_interval_s)
    polite = PolitePages(web.fetcher, clock=base.clock, in_thread=BackgroundThreads(_ROBOTS_AT_ONCE).run)
    withdraw = Withdrawals(base.items, base.clock, base.metrics, base.relay.wake)
    backlog = Backlog(
        base.items, BacklogLimit(settings.outbox_max_events), base.metrics, every_s=LOOK_EVERY_S
    )
    backfills = _backfills(base, web, backlog)
    subscriptions = _subscriptions(settings, base, web)
    update = _update(settings, base, web, polite=polite, pace=pace, subscriptions=subscriptions)
    counted = ArticleCounts(base.items, base.clock)
    api = _api(settings, base, web, withdraw=withdraw, backfills=backfills)
    hubs_tell = subscriptions is not None
    api.include_router(sources_router(base.sources, counted, pace, base.clock, hubs_tell=hubs_tell))
    if subscriptions is not None:
        api.include_router(websub_router(subscriptions))
    return Parts(
        scheduler=_scheduler(settings, base, update, backlog),
        backlog=backlog,
        counted=counted,
        rechecks=_rechecks(settings, base, polite, withdraw) if settings.recheck else None,
        backfills=backfills,
        subscriptions=subscriptions,
        api=api,
    )


def _update(
    settings: Settings,
    base: Base,
    web: Web,
    *,
    polite: PolitePages,
    pace: Pace,
    subscriptions: Subscriptions | None,
) -> SourceUpdate:
    full_texts = FullTexts(
        polite,
        WorkerPageReader(web.workers),
        clock=base.clock,
        metrics=base.metrics,
        most=settings.pages_per_poll,
        within_s=_PAGES_S,
    )
    storing = Storing(
        items=base.items,
        sources=base.sources,
        clock=base.clock,
        metrics=base.metrics,
        published=base.relay.wake,
        pages=polite if settings.recheck else None,
        full_texts=full_texts if settings.pages_per_poll else None,
    )
    return SourceUpdate(
        fetcher=web.fetcher,
        reader=WorkerFeedReader(web.workers),
        sources=base.sources,
        storing=storing,
        clock=base.clock,
        pace=pace,
        metrics=base.metrics,
        deadline_s=UPDATE_DEADLINE_S,
        subscriptions=subscriptions,
    )


def _scheduler(settings: Settings, base: Base, update: SourceUpdate, backlog: Backlog) -> Scheduler:
    return Scheduler(
        sources=base.sources,
        update=update,
        metrics=base.metrics,
        owner=base.owner,
        concurrency=settings.concurrency,
        lease_s=settings.lease_s,
        hold=backlog.hold,
    )


def _rechecks(settings: Settings, base: Base, polite: PolitePages, withdraw: Withdrawals) -> Rechecks:
    return Rechecks(
        looks=MongoLookStore(base.database),
        pages=polite,
        withdraw=withdraw,
        clock=base.clock,
        metrics=base.metrics,
        per_hour=settings.rechecks_per_hour,
    )


def _backfills(base: Base, web: Web, backlog: Backlog) -> Backfills:
    storing = Storing(
        items=base.items,
        sources=base.sources,
        clock=base.clock,
        metrics=base.metrics,
        published=base.relay.wake,
    )
    return Backfills(
        jobs=MongoBackfillStore(base.database),
        sources=base.sources,
        items=base.items,
        storing=storing,
        fetcher=web.fetcher,
        reader=WorkerArchiveReader(web.workers),
        clock=base.clock,
        hold=backlog.hold,
    )


def _subscriptions(settings: Settings, base: Base, web: Web) -> Subscriptions | None:
    """Return what deals with hubs, None where they have no way to reach us."""
    if not settings.websub_callback_url:
        return None
    rules = CallbackRules(settings.websub_callback_url.rstrip("/"), settings.min_interval_s)
    return Subscriptions(MongoSubscriptionStore(base.database), web.fetcher, base.metrics, rules)


def _api(settings: Settings, base: Base, web: Web, *, withdraw: Withdrawals, backfills: Backfills) -> FastAPI:
    admin = AdminOnly(settings.admin_token, "INGEST_ADMIN_TOKEN")
    discover = Discovery(web.fetcher, WorkerFeedReader(web.workers), base.clock)
    api = create_api("Silkwire ingest", "How the news sources do.", registry=base.registry)
    api.include_router(articles_router(withdraw, admin))
    api.include_router(source_admin_router(base.sources, SourceManager(base.sources), discover, admin))
    api.include_router(backfills_router(backfills, base.sources, admin))
    return api
