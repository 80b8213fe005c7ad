"""Joins search's rules to the database, the bus and the disk: the one file that sees settings."""

import asyncio
import os
import socket
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass

import structlog

from search.adapters.bounded_index import BoundedIndex, Limits
from search.adapters.folder_slot import FolderSlot
from search.adapters.index_switch import IndexName, IndexSwitch
from search.adapters.mongo_article_store import MongoArticleStore
from search.adapters.mongo_documents import ARTICLES
from search.adapters.mongo_follower import MongoFollower
from search.adapters.mongo_index import MongoIndex
from search.adapters.mongo_story_record import MongoStoryRecord
from search.adapters.mongo_story_worker import MongoStoryWorker
from search.adapters.mongo_walks import MongoWalks
from search.adapters.position_file import PositionFile
from search.adapters.tantivy_schema import VERSION
from search.adapters.tantivy_view import TantivyView
from search.adapters.walking_index import WalkingIndex
from search.api.routes import make_router
from search.handlers import collect, is_visible
from search.metrics import Metrics
from search.ports import ArticleIndex
from search.settings import Settings
from shared import mongo
from shared.bus import Bus, Probe, Subscription, open_bus
from shared.bus.waiting import pause
from shared.contracts.catalogue import SEARCH_ARTICLES
from shared.contracts.envelope import Envelope
from shared.outbox import OutboxMetrics, Relay
from shared.service import Context
from shared.telemetry.health import Health
from shared.telemetry.metrics import watch_loop_lag
from shared.web import PortTakenError, create_api, serve

_PREPARE_RETRY_S = 1.0
_API_DRAIN_SHARE = 0.5
_MONGO_SHARE = 0.9

_log = structlog.get_logger()


async def run(settings: Settings, context: Context) -> None:
    """Serve until `context.stop` is set.

    Order: this process's own folder first, since nothing else can refuse to start; then the database and the bus;
    then the API, which MongoDB answers until the view has caught up; articles are heard once the indexes stand. At a
    stop the batch in hand is stored and acknowledged, the API drains, the view is closed and its folder let go.

    Raises:
        PortTakenError: another program has the port.
    """
    metrics = Metrics(context.registry)
    async with AsyncExitStack() as opened:
        local = await _open_view(settings, opened) if settings.index == "tantivy" else None
        client = mongo.connect(settings.mongodb_uri, driver=settings.mongo_driver, appname="search")
        opened.push_async_callback(client.close)
        bus = context.bus
        if bus is None:
            bus = open_bus(
                settings.amqp_url,
                service="search",
                registry=context.registry,
                retry_delays_s=settings.retry_delays_s,
            )
            opened.push_async_callback(bus.close)
        database = client.database(settings.mongodb_database)
        limits = Limits(seconds=settings.query_seconds, waiting=settings.queries_waiting)
        parts = _assemble(context, database, bus, local, limits=limits, metrics=metrics, probe=client.ping)
        health = Health(context.registry)
        health.dependency("mongodb", client.ping)
        health.dependency("broker", bus.check)
        health.own_job("the view has not caught up with the record", parts.ready)
        await _serve(settings, context, parts, health)


@dataclass(frozen=True, slots=True)
class _Local:
    """This process's own view, in its own folder."""

    view: TantivyView
    position: PositionFile


@dataclass(frozen=True, slots=True)
class _Parts:
    """What runs, ready made."""

    bus: Bus
    subscription: Subscription
    store: MongoArticleStore
    walks: MongoWalks
    index: ArticleIndex
    relay: Relay
    follower: MongoFollower | None
    stories: MongoStoryWorker

    def ready(self) -> bool:
        """Return whether search can do its own job: its view, if it has one, has caught up."""
        return self.follower is None or self.follower.caught_up


async def _open_view(settings: Settings, opened: AsyncExitStack) -> _Local:
    slot = FolderSlot(settings.data_dir)
    opened.callback(slot.release)
    position = PositionFile(slot.path / "position.json")
    view = TantivyView(slot.path / "index", settings.writer_heap_mb * 1024 * 1024)
    if not await view.open():
        position.remove()
    opened.push_async_callback(view.close)
    _log.info("view_opened", folder=str(slot.path), articles=await view.count(), outcome="ok")
    return _Local(view, position)


def _assemble(
    context: Context,
    database: mongo.Database,
    bus: Bus,
    local: _Local | None,
    *,
    limits: Limits,
    metrics: Metrics,
    probe: Probe,
) -> _Parts:
    clock, owner = context.clock, f"{socket.gethostname()}:{os.getpid()}"
    store, walks = MongoArticleStore(database, clock), MongoWalks(database, clock)
    # Before the limit of all: a MongoDB that does not answer is said to be away, not busy.
    record = WalkingIndex(MongoIndex(database, _MONGO_SHARE * limits.seconds), walks)
    view = None if local is None else WalkingIndex(local.view, walks)

    async def gate(_document_id: object, event: Envelope) -> bool:
        return local is None or await is_visible(event, view=local.view)

    relay = Relay(
        database[ARTICLES],
        bus,
        clock=clock,
        owner=owner,
        metrics=OutboxMetrics(context.registry),
        gate=gate,
    )
    follower = None
    if local is not None:
        follower = MongoFollower(
            database,
            schema=VERSION,
            view=local.view,
            file=local.position,
            clock=clock,
            metrics=metrics,
            on_visible=relay.wake,
        )

    def choose() -> tuple[IndexName, ArticleIndex]:
        if view is None or follower is None or not follower.caught_up:
            return "mongo", record
        return "tantivy", view

    async def hear(batch: Sequence[Envelope]) -> None:
        await collect(batch, store=store, clock=clock, metrics=metrics)
        if local is None:
            relay.wake()

    subscription = Subscription(SEARCH_ARTICLES, hear, probe=probe)
    stories = MongoStoryWorker(MongoStoryRecord(database), owner=owner, clock=clock, metrics=metrics)
    index = BoundedIndex(IndexSwitch(choose, metrics), limits, metrics)
    return _Parts(bus, subscription, store, walks, index, relay, follower, stories)


async def _serve(settings: Settings, context: Context, parts: _Parts, health: Health) -> None:
    drained = asyncio.Event()
    api = create_api(
        "Silkwire search",
        "Articles, found by words and filters: exact totals, the same order on every replica.",
        registry=context.registry,
    )
    api.include_router(make_router(parts.index, parts.store, context.clock))
    drain_s = settings.shutdown_s * _API_DRAIN_SHARE

    async def serve_api() -> None:
        try:
            await serve(api, settings.host, settings.port, context.stop, drain_s=drain_s)
        finally:
            drained.set()

    async def tell_stopping() -> None:
        await context.stop.wait()
        health.stopping()

    try:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(serve_api())
            tasks.create_task(serve(health.ops_app(), settings.host, settings.ops_port, drained, drain_s=1))
            tasks.create_task(tell_stopping())
            tasks.create_task(watch_loop_lag(health.metrics.loop_lag_seconds, context.stop))
            tasks.create_task(_work(parts, context.stop))
    except* PortTakenError as taken:
        raise taken.exceptions[0] from None


async def _work(parts: _Parts, stop: asyncio.Event) -> None:
    """Hear, follow, announce and group, as soon as the database has its indexes."""
    while (store_id := await _prepared(parts)) is None:
        if await pause(stop, _PREPARE_RETRY_S):
            return
    async with asyncio.TaskGroup() as tasks:
        if parts.follower is not None:
            tasks.create_task(parts.follower.run(store_id, stop))
        tasks.create_task(parts.bus.consume(parts.subscription, stop))
        tasks.create_task(parts.relay.run(stop))
        tasks.create_task(parts.stories.run(stop))


async def _prepared(parts: _Parts) -> str | None:
    try:
        await parts.walks.prepare()
        return await parts.store.prepare(searched=parts.follower is None)
    except mongo.MongoUnavailableError as error:
        _log.warning("record_not_prepared", outcome="retry", reason=str(error))
        return None
